"""Checks are asked together, each within its time; a cause is told once, and not by everything that it breaks."""

import asyncio
import time

from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject
from cli.checks.everything import EVERYTHING
from cli.checks.examination import examine
from cli.checks.given import every_kind
from local.parts import names_of
from tests.unit.cli.examined import a_subject

FINE, FAULT = Fine("as it should be"), Fault("it is broken", "Mend it.")


def a_check(name: str, answer: Answer = FINE, *, needs: tuple[str, ...] = (), settings: tuple[str, ...] = ()) -> Check:
    async def ask(_: Subject) -> Answer:
        return answer

    return Check(name, f"the {name}", ask, needs=needs, settings=settings)


async def answers(*checks: Check) -> list[Answer]:
    return [result.answer for result in await examine(checks, a_subject())]


async def test_each_check_answers_for_itself_in_the_given_order() -> None:
    assert await answers(a_check("a"), a_check("b", FAULT), a_check("c")) == [FINE, FAULT, FINE]


async def test_what_needs_a_check_that_failed_is_not_checked_and_names_it() -> None:
    found = await answers(a_check("a", FAULT), a_check("b", needs=("a",)), a_check("c", needs=("b",)))
    assert found == [FAULT, NotChecked("needs a (the a)"), NotChecked("needs b (the b)")]


async def test_what_needs_a_check_that_could_not_be_asked_is_not_checked_either() -> None:
    found = await answers(a_check("a", NotChecked("why")), a_check("b", needs=("a",)))
    assert found[1] == NotChecked("needs a (the a)")


async def test_a_check_without_its_settings_says_which() -> None:
    assert await answers(a_check("a", settings=("TWILIO_ACCOUNT_SID",))) == [
        NotChecked("TWILIO_ACCOUNT_SID is not given")
    ]


async def test_a_check_whose_address_is_none_is_left_to_the_check_of_the_settings() -> None:
    subject = a_subject(settings={"FUNCTIONS_URL": "functions.holdline.app"})
    (result,) = await examine([a_check("a", settings=("FUNCTIONS_URL",))], subject)
    assert result.answer == NotChecked("FUNCTIONS_URL is no address")


async def test_a_check_that_takes_too_long_is_a_fault_and_holds_up_nothing_else() -> None:
    async def hang(_: Subject) -> Answer:
        await asyncio.sleep(60)
        return FINE

    began = time.monotonic()
    slow = [Check(f"slow.{n}", "slow", hang, within_s=0.05, otherwise="Look at its log.") for n in range(20)]
    found = await answers(*slow, a_check("quick"))
    assert found == [Fault("no answer within 0.05 s", "Look at its log.")] * 20 + [FINE]
    assert time.monotonic() - began < 1


async def test_a_check_that_breaks_hides_nothing_and_repeats_no_words_of_the_error() -> None:
    async def stumble(_: Subject) -> Answer:
        raise ValueError("the secret is 1234")

    broken, quick = await answers(Check("broken.check", "broken", stumble), a_check("quick"))
    assert isinstance(broken, Fault) and "ValueError" in broken.said and "1234" not in str(broken)
    assert quick == FINE


def test_no_two_checks_have_one_name_and_what_is_needed_comes_first() -> None:
    names = [check.id for check in EVERYTHING]
    assert len(set(names)) == len(names)
    for place, check in enumerate(EVERYTHING):
        assert set(check.needs) <= set(names[:place]), check.id


def test_checks_ask_for_settings_that_exist() -> None:
    known = {name for kind in every_kind() for name in names_of(kind)}
    assert {name for check in EVERYTHING for name in check.settings} <= known
