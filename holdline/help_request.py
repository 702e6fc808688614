"""A help request: one question of one caller that a person must answer, and the life it can have.

Theory of operation. The agent asks and the request waits. A person may claim it, so that others see it is being looked
at, and may release it; a claim that is not followed up runs out. An answer need not be claimed first. The agent takes
the answer to the caller: speaking begins, and ends heard, or cut, in which case it is answered again and said anew. A
heard answer can still be corrected; that it was heard may be written late, when the caller has left, or when its
beginning never was. Without an answer in time the request expires; the caller may withdraw the question
or leave. An answer that the caller has not heard by then, or that comes later, is not lost: it becomes a follow-up. One
that is corrected after the caller was told is owed again, as is one that turns out not to have reached them. Who asked
for nothing but a call back is owed it whatever they heard.

`TRANSITIONS` is the whole truth of it; when something was received, seen or spoken is a time, not a status.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import Field

from holdline.call import KnowledgeUse, Speaker
from holdline.callback import Callback
from holdline.errors import IllegalTransition, InvalidAnswer
from holdline.ladder import Rung
from holdline.people import PersonRef
from holdline.records import Id, Instant, Record, Value
from holdline.text_message import TextMessage

ANSWER_LIMIT = 500
QUESTION_LIMIT = 500


class Status(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    SPEAKING = "speaking"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CALLER_LEFT = "caller_left"
    FOLLOW_UP = "follow_up"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"


class Event(StrEnum):
    CLAIMED = "claimed"
    RELEASED = "released"
    CLAIM_RAN_OUT = "claim_ran_out"
    ANSWERED = "answered"
    SPEAKING_BEGAN = "speaking_began"
    CUT = "cut"
    HEARD = "heard"
    CORRECTED = "corrected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CALLER_LEFT = "caller_left"
    FOLLOWED_UP = "followed_up"
    NOT_TOLD = "not_told"
    CLOSED = "closed"


TRANSITIONS: dict[Status, dict[Event, Status]] = {
    Status.WAITING: {
        Event.CLAIMED: Status.CLAIMED,
        Event.ANSWERED: Status.ANSWERED,
        Event.EXPIRED: Status.EXPIRED,
        Event.WITHDRAWN: Status.WITHDRAWN,
        Event.CALLER_LEFT: Status.CALLER_LEFT,
    },
    Status.CLAIMED: {
        Event.RELEASED: Status.WAITING,
        Event.CLAIM_RAN_OUT: Status.WAITING,
        Event.ANSWERED: Status.ANSWERED,
        Event.EXPIRED: Status.EXPIRED,
        Event.WITHDRAWN: Status.WITHDRAWN,
        Event.CALLER_LEFT: Status.CALLER_LEFT,
    },
    Status.ANSWERED: {
        Event.SPEAKING_BEGAN: Status.SPEAKING,
        Event.HEARD: Status.DELIVERED,
        Event.CORRECTED: Status.ANSWERED,
        Event.CALLER_LEFT: Status.FOLLOW_UP,
    },
    Status.SPEAKING: {
        Event.HEARD: Status.DELIVERED,
        Event.CUT: Status.ANSWERED,
        Event.CORRECTED: Status.ANSWERED,
        Event.CALLER_LEFT: Status.FOLLOW_UP,
    },
    Status.DELIVERED: {
        Event.CORRECTED: Status.ANSWERED,
        Event.FOLLOWED_UP: Status.FOLLOWED_UP,
        Event.CLOSED: Status.CLOSED,
    },
    Status.EXPIRED: {
        Event.ANSWERED: Status.FOLLOW_UP,
        Event.FOLLOWED_UP: Status.FOLLOWED_UP,
        Event.CLOSED: Status.CLOSED,
    },
    Status.CALLER_LEFT: {
        Event.ANSWERED: Status.FOLLOW_UP,
        Event.FOLLOWED_UP: Status.FOLLOWED_UP,
        Event.CLOSED: Status.CLOSED,
    },
    Status.FOLLOW_UP: {
        Event.HEARD: Status.DELIVERED,
        Event.CORRECTED: Status.FOLLOW_UP,
        Event.FOLLOWED_UP: Status.FOLLOWED_UP,
        Event.CLOSED: Status.CLOSED,
    },
    Status.WITHDRAWN: {},
    Status.FOLLOWED_UP: {
        Event.CORRECTED: Status.FOLLOW_UP,
        Event.NOT_TOLD: Status.FOLLOW_UP,
    },
    Status.CLOSED: {},
}

OPEN = (Status.WAITING, Status.CLAIMED)
"""A person has yet to answer."""
LIVE = (*OPEN, Status.ANSWERED, Status.SPEAKING)
"""The caller is still owed something on this call."""

_STAMPS: dict[Event, str] = {
    Event.CLAIMED: "claimed_at",
    Event.ANSWERED: "answered_at",
    Event.CORRECTED: "answered_at",
    Event.SPEAKING_BEGAN: "speaking_at",
    Event.HEARD: "delivered_at",
    Event.EXPIRED: "closed_at",
    Event.WITHDRAWN: "closed_at",
    Event.CALLER_LEFT: "closed_at",
    Event.FOLLOWED_UP: "closed_at",
    Event.CLOSED: "closed_at",
}
_TELLING = (Event.FOLLOWED_UP, Event.NOT_TOLD)


class ContextTurn(Value):
    """One of the last things said before the question, as the card shows it."""

    who: Speaker
    text: str


class HelpRequest(Record):
    collection: ClassVar[str] = "help_requests"

    call: Id
    question: str = Field(min_length=1, max_length=QUESTION_LIMIT)
    reason: str = ""
    skill: str | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)
    """The model's own, recorded and advisory."""
    teaches: bool = True
    """Whether its answer may become knowledge; not where the caller only wants a person."""
    details: tuple[str, ...] = ()
    """What the caller added, or how they asked again."""
    message: str | None = None
    """What the caller left to be passed on, when nobody answered in time."""
    callback: Callback | None = None
    """Where and when the caller wants to be called back."""
    context: tuple[ContextTurn, ...] = ()
    nearest: tuple[KnowledgeUse, ...] = ()
    caller: str = ""
    """As people may see it: a number with its middle masked."""
    caller_number: str | None = None
    """The whole number, by which a caller who rings again is known."""

    rung: Rung = Rung.ANYONE
    """Who is being asked."""
    duty_text: TextMessage | None = None
    """The text message to the person on duty."""
    caller_text: TextMessage | None = None
    """The text message that takes a late answer to the caller."""
    is_texting: bool = False
    """One of the two is being sent: by this the sweep finds those that stay so."""

    status: Status = Status.WAITING
    asked_at: Instant
    expires_at: Instant

    claimed_by: PersonRef | None = None
    claimed_at: Instant | None = None
    claimed_until: Instant | None = None

    answer: str | None = None
    answer_version: int = 0
    """Counts the answers accepted; 0 while there is none."""
    accepted_answer: str | None = None
    """The answer of that version. An `answer` that differs from it was typed into the document by hand."""
    answered_by: PersonRef | None = None
    answered_at: Instant | None = None

    received_at: Instant | None = None
    """When the job that has the call saw the answer."""
    speaking_at: Instant | None = None
    delivered_at: Instant | None = None
    told_at: Instant | None = None
    """When the caller was told after the call: called back, by text, or as they rang again."""
    told_version: int = 0
    """Which version of the answer they were told then."""
    closed_at: Instant | None = None
    settled_by: PersonRef | None = None
    """Who called back, or closed it; None where a text or the next call told the caller."""
    cuts: int = 0
    latencies_ms: dict[str, float] = Field(default_factory=dict)
    """Of the last relay, from the commit of the answer: to the synthesiser, and to the first published frame."""
    delete_at: Instant | None = None
    """With its call."""

    def after(self, event: Event, /, *, at: datetime, **fields: Any) -> Self:
        """The request once `event` happened, with `fields` set beside it; or IllegalTransition."""
        status = TRANSITIONS[self.status].get(event)
        if status is None:
            raise IllegalTransition(self.status, event)
        stamp = {_STAMPS[event]: at} if event in _STAMPS else {}
        told = self._telling(at if event is Event.FOLLOWED_UP else None) if event in _TELLING else {}
        return self.model_copy(update={"status": status, **stamp, **told, **fields})

    def told(self, *, at: datetime) -> Self:
        """Once the caller was told the answer after the call; who asked for a call is still owed that."""
        if self.status is Status.FOLLOW_UP and self.asks_for_a_call:
            return self.model_copy(update=self._telling(at))
        return self.after(Event.FOLLOWED_UP, at=at)

    def untold(self, *, at: datetime) -> Self:
        """Once it is known that they were not."""
        if self.status is Status.FOLLOW_UP:
            return self.model_copy(update=self._telling(None))
        return self.after(Event.NOT_TOLD, at=at)

    def _telling(self, at: datetime | None) -> dict[str, Any]:
        return {"told_at": at, "told_version": self.answer_version if at else 0}

    def is_kept(self, at: datetime) -> bool:
        """Whether anybody may still see it, as its call says too: see `Call.is_kept`."""
        return self.delete_at is None or at < self.delete_at

    @property
    def asks_for_a_call(self) -> bool:
        """The caller wanted to be called back and nothing else, which no answer on the call does for them."""
        return self.callback is not None and not self.teaches

    @property
    def is_told(self) -> bool:
        """The caller was told this very answer after the call."""
        return 0 < self.answer_version == self.told_version

    @property
    def was_told(self) -> bool:
        """The caller knows an answer, this one or an earlier one: what they hear now is a correction."""
        return self.delivered_at is not None or self.told_at is not None

    @property
    def has_hand_written_answer(self) -> bool:
        """Somebody typed an answer into the document itself, and nobody has accepted or refused it yet."""
        return bool(self.answer) and self.answer != self.accepted_answer

    def as_it_stands(self) -> Self:
        """Waiting, where a hand set the status ahead of an answer that nobody has accepted."""
        is_ahead = self.status in (Status.ANSWERED, Status.SPEAKING) and self.answer_version == 0
        return self.model_copy(update={"status": Status.WAITING}) if is_ahead else self

    def with_claim_in_force(self, at: datetime) -> Self:
        """As it stands at that time: a claim that ran out is only taken away by the next person who acts."""
        if not self.is_claim_over(at):
            return self
        return self.after(Event.CLAIM_RAN_OUT, at=at, claimed_by=None, claimed_until=None)

    def is_claim_over(self, at: datetime) -> bool:
        return self.status is Status.CLAIMED and (self.claimed_until is None or self.claimed_until <= at)


_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\t")
_MARKUP = re.compile(r"</?[A-Za-z!?][^<>]*>|&(?:[A-Za-z]+|#\d+|#x[0-9A-Fa-f]+);|\[\[.*?\]\]")


def speakable(text: str) -> str:
    """An answer fit to be spoken word for word: outer space gone, line breaks made spaces, nothing else touched.

    Raises InvalidAnswer, saying what is wrong and what is allowed.
    """
    text = _LINE_BREAKS.sub(" ", text.strip())
    if not text:
        raise InvalidAnswer("The answer is empty. Type the words the caller should hear.")
    if len(text) > ANSWER_LIMIT:
        raise InvalidAnswer(f"The answer has {len(text)} characters; at most {ANSWER_LIMIT} can be spoken at once.")
    if found := _CONTROL.search(text):
        raise InvalidAnswer(
            f"The answer has a character that cannot be spoken (U+{ord(found[0]):04X} at position {found.start() + 1})."
            " Only plain text is allowed."
        )
    if found := _MARKUP.search(text):
        raise InvalidAnswer(f"The answer has markup ({found[0][:40]}). Only plain words are spoken; take it out.")
    return text
