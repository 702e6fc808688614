"""The results as a person reads them at two in the morning, and as a program does. No secret gets into either."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import click

from cli.checks.check import Fault, Fine, NotChecked, Result

HEADINGS = {"livekit": "LiveKit"}
NOT_CHECKED = "\N{EN DASH}"
SHORTEST_SECRET = 12
"""A shorter one would be found in words that have nothing to do with it."""


def as_text(results: Sequence[Result], *, examined: str) -> str:
    """A line a check under its part, a fault's remedy below it, and the faults once more at the end."""
    lines = [f"Examined: {examined}"]
    for group, members in groupby(results, key=lambda result: result.check.group):
        lines += ["", click.style(HEADINGS.get(group, group.capitalize()), bold=True)]
        lines += [line for result in members for line in _lines(result)]
    return "\n".join([*lines, "", _summary(results)])


def as_json(results: Sequence[Result], *, examined: str) -> str:
    checks = [
        {"id": result.check.id, "title": result.check.title, "state": _state(result)} | vars(result.answer)
        for result in results
    ]
    return json.dumps({"examined": examined, "ok": is_well(results), "checks": checks}, indent=2)


def is_well(results: Sequence[Result]) -> bool:
    return not any(isinstance(result.answer, Fault) for result in results)


def without_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """The text with every secret's value replaced by its name: whatever some library put into its words."""
    for name, value in sorted(secrets.items(), key=lambda secret: -len(secret[1])):
        if len(value) >= SHORTEST_SECRET:
            text = text.replace(value, f"<{name}>")
    return text


def _lines(result: Result) -> Iterator[str]:
    match result.answer:
        case Fine(said):
            yield f"  {click.style('✓', fg='green')} {result.check.title}: {said}"
        case NotChecked(why):
            yield click.style(f"  {NOT_CHECKED} {result.check.title}: not checked, {why}", dim=True)
        case Fault(said, remedy):
            yield f"  {click.style('✗', fg='red', bold=True)} {click.style(result.check.title, bold=True)}: {said}"
            yield f"      → {remedy}"


def _summary(results: Sequence[Result]) -> str:
    faults = [result.check.id for result in results if isinstance(result.answer, Fault)]
    fine = sum(isinstance(result.answer, Fine) for result in results)
    skipped = len(results) - fine - len(faults)
    rest = f"{fine} fine, {skipped} not checked."
    if not faults:
        return click.style(f"Nothing is wrong: {rest}", fg="green")
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return click.style(f"{count}: {', '.join(faults)}; {rest}", fg="red")


def _state(result: Result) -> str:
    match result.answer:
        case Fine():
            return "fine"
        case Fault():
            return "fault"
        case NotChecked():
            return "not checked"
