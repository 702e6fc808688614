"""Who is texted when nobody at the desk answers, and what that phone was asked, by which a reply finds its question."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Self

from holdline.errors import HoldlineError, InvalidDocument
from holdline.help_request import OPEN, HelpRequest
from holdline.people import E164, Organisation, Person
from holdline.records import Id, Instant, Record, Value
from holdline.store import Create, Put, Store, Update, Write

KEPT = 20
"""Of each phone, the latest."""
REMEMBERED_FOR = timedelta(days=1)
"""A reply is to what was asked within this time."""
STANDS_FOR = timedelta(minutes=30)
"""So long after a question was texted, words without a code may be for it, whatever has become of it meanwhile."""
LETTERS, DIGITS = "ACDEFHJKMNPRTUVWXY", "23456789"
"""Of codes: none that looks like another, and no code that is a word or a price."""


class NobodyToText(HoldlineError):
    """The text says what to set, so that there is somebody."""


class Asked(Value):
    """A question that was texted."""

    request: Id
    code: str
    at: Instant


class Reply(Value):
    """A text that came back, so that one which comes twice is the same."""

    sid: str
    request: Id | None
    """What it was for; None where that could not be told."""


class DutyPhone(Record):
    """The id is the number, in E.164: a phone that goes from hand to hand is asked, and answers, as one."""

    collection: ClassVar[str] = "duty_phones"

    asked: tuple[Asked, ...] = ()
    """The latest last."""
    replies: tuple[Reply, ...] = ()
    count: int = 0
    """Of all questions ever, which makes the codes."""

    def asking(self, request: str, *, at: datetime) -> Self:
        """With this question, under a code that no other of those kept has; one that is asked again keeps its own."""
        if self.code_of(request) is not None:
            return self
        code = LETTERS[self.count % len(LETTERS)] + DIGITS[self.count // len(LETTERS) % len(DIGITS)]
        asked = (*self.asked_lately(at), Asked(request=request, code=code, at=at))[-KEPT:]
        return self.model_copy(update={"asked": asked, "count": self.count + 1})

    def asked_lately(self, at: datetime) -> Sequence[Asked]:
        return [one for one in self.asked if at - one.at < REMEMBERED_FOR]

    def code_of(self, request: str) -> str | None:
        return next((one.code for one in self.asked if one.request == request), None)


def person_on_duty(store: Store, organisation: Organisation) -> tuple[Person, E164]:
    """Who is to be texted, and where; raises NobodyToText, Unavailable."""
    uid = organisation.on_duty
    if uid is None:
        raise NobodyToText("Nobody is on duty: set on_duty of the organisation to the id of one of its people.")
    try:
        stored = store.get(Person, uid)
    except InvalidDocument as error:
        raise NobodyToText(f"{error.path} is on duty, and is not valid: {error.problem}.") from error
    if stored is None:
        raise NobodyToText(f"people/{uid} is on duty, and does not exist: correct on_duty of the organisation.")
    if stored.record.phone is None:
        raise NobodyToText(f"{stored.record.name} is on duty and has no phone: set phone in people/{uid}.")
    return stored.record, stored.record.phone


def read_phone(store: Store, number: str) -> tuple[DutyPhone, Callable[[DutyPhone], Write]]:
    """What this phone was asked, and the write of what it is to be unless somebody is faster; raises Unavailable."""
    try:
        stored = store.get(DutyPhone, number)
    except InvalidDocument:  # nobody needs to keep what a hand broke
        return DutyPhone(id=number), Put
    return (DutyPhone(id=number), Create) if stored is None else (stored.record, partial(Update, stored))


def questions_of(store: Store, phone: DutyPhone, *, at: datetime) -> list[tuple[Asked, HelpRequest]]:
    """What this phone was asked lately, the latest first; raises Unavailable.

    Not what is gone or broken, nor what was noted and then could not be sent: nobody answers what they have not read.
    """
    found = ((one, _read(store, one.request)) for one in reversed(phone.asked_lately(at)))
    return [(asked, request) for asked, request in found if request is not None and not _never_left(request)]


def may_be_meant(asked: Asked, request: HelpRequest, *, by: str, at: datetime) -> bool:
    """Whether `by`, a person's id, may mean this question with words that have no code.

    Whoever is slow does not know that a question ran out, or that somebody else answered it.
    """
    is_theirs = request.answered_by is not None and request.answered_by.uid == by
    return request.status in OPEN or (not is_theirs and at - asked.at < STANDS_FOR)


def _never_left(request: HelpRequest) -> bool:
    return request.duty_text is not None and request.duty_text.never_left


def _read(store: Store, request_id: str) -> HelpRequest | None:
    try:
        stored = store.get(HelpRequest, request_id)
    except InvalidDocument:
        return None
    return stored.record if stored else None
