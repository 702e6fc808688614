"""Ask every check, all at once but for those that wait for others: a cause is told once, and no check holds up all."""

import asyncio
from collections.abc import Sequence

from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Result, Subject, is_address


async def examine(checks: Sequence[Check], subject: Subject) -> list[Result]:
    """One result a check, in the order of `checks`; what a check needs stands before it there."""
    titles = {check.id: check.title for check in checks}
    asked: dict[str, asyncio.Task[Answer]] = {}
    for check in checks:
        before = {need: asked[need] for need in check.needs}
        asked[check.id] = asyncio.create_task(_answer(check, subject, before, titles=titles), name=check.id)
    answers = await asyncio.gather(*asked.values())
    return [Result(check, answer) for check, answer in zip(checks, answers, strict=True)]


async def _answer(
    check: Check, subject: Subject, before: dict[str, asyncio.Task[Answer]], *, titles: dict[str, str]
) -> Answer:
    lacking = [name for name in check.settings if name not in subject.settings]
    if lacking:
        return NotChecked(f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not given")
    wrong = [name for name in check.settings if name.endswith("_URL") and not is_address(name, subject[name])]
    if wrong:
        return NotChecked(f"{' and '.join(wrong)} {'is no address' if len(wrong) == 1 else 'are no addresses'}")
    for need, task in before.items():
        if not isinstance(await task, Fine):
            return NotChecked(f"needs {need} ({titles[need]})")
    try:
        return await asyncio.wait_for(check.ask(subject), check.within_s)
    except TimeoutError:
        return Fault(f"no answer within {check.within_s:g} s", check.otherwise)
    except Exception as error:  # a check that breaks must not hide what the others found
        return Fault(f"the check itself broke: {type(error).__name__}", "Report it with this line and what was set up.")
