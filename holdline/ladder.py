"""The answer ladder: who is asked first, and who next while nobody answers. Pure.

First the people who have the skill that the question needs, alone; then everybody at the desk; then whoever is on duty,
by text message. Where nobody is left, the caller is offered a call back. A question never climbs down: whoever was
asked may still answer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from holdline.records import Value

if TYPE_CHECKING:  # an organisation's document holds its ladder
    from holdline.presence import Presence


class Rung(StrEnum):
    """In the order in which they are climbed."""

    SKILLED = "skilled"
    ANYONE = "anyone"
    ON_DUTY = "on_duty"
    NOBODY = "nobody"


RUNGS = tuple(Rung)


class Ladder(Value):
    """How long each rung has, in seconds from the question; a part of the organisation's document."""

    skilled_first_s: int = Field(default=20, ge=0, le=600)
    text_after_s: int = Field(default=45, ge=0, le=900)


def rung_now(
    *,
    skill: str | None,
    asked_at: datetime,
    ladder: Ladder,
    there: "Sequence[Presence] | None",
    can_text: bool,
    at: datetime,
    since: Rung = Rung.SKILLED,
) -> Rung:
    """Where a question stands that stood on `since`.

    `there` are the people who are at the desk now; None where that is not known, which is taken for somebody.
    """
    waited = at - asked_at
    is_anyone_there = there is None or bool(there)
    is_manned = {
        Rung.SKILLED: any(one.has(skill) for one in there or ()) and waited < timedelta(seconds=ladder.skilled_first_s),
        Rung.ANYONE: is_anyone_there and (waited < timedelta(seconds=ladder.text_after_s) or not can_text),
        Rung.ON_DUTY: can_text or (since is Rung.ON_DUTY and is_anyone_there),
        Rung.NOBODY: True,
    }
    return next(rung for rung in RUNGS[RUNGS.index(since) :] if is_manned[rung])


def is_above(rung: Rung, other: Rung) -> bool:
    """Whether `rung` is climbed after `other`."""
    return RUNGS.index(rung) > RUNGS.index(other)
