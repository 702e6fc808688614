"""The rules of a help request's life told a second time, in other words, for the machine to hold the use cases to.

`Rules` and `Product` have the same verbs: the one says what must come of them, the other does them.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from holdline import desk, line
from holdline.call import Outcome
from holdline.help_request import HelpRequest, Status
from holdline.memory_store import MemoryDatabase
from holdline.people import PersonRef
from holdline.store import Store, must_get
from tests.builders import ANA, BEN, a_call, later

PEOPLE: dict[str, PersonRef] = {"ana": ANA, "ben": BEN}
QUESTIONS = {
    "do you have parking": "parking",
    "can i park my car there": "parking",
    "can i bring my dog": "dog",
    "am i allowed to bring my dog": "dog",
}
"""And what each is about: two of one kind are one question."""
ANSWERS = ("Yes, behind the house.", "No, none at all.", "Ask at the desk.")
UNSPEAKABLE = "Ask <b>Ana</b>."
CLAIM_S = 120
GIVEN_UP_ON = ("expired", "caller_left")
"""Nobody answered while the caller was there."""
CORRECTABLE = ("answered", "speaking", "delivered", "follow_up", "followed_up")
MOST_DETAILS = 20
LATE_S = 2.0


class Refused(Exception):
    """Nothing comes of it; `by` is the name of who was first."""

    def __init__(self, by: str | None = None) -> None:
        self.by = by
        super().__init__(by)


@dataclass
class Told:
    """What must be true of one request."""

    question: str
    status: str = "waiting"
    version: int = 0
    accepted: str | None = None
    answer: str | None = None
    """What stands in the document, accepted or only typed."""
    by: str | None = None
    """The name of whoever answered last."""
    claimant: str | None = None
    claimed_until: float = 0.0
    settled_by: str | None = None
    answered_at: float = math.inf
    closed_at: float = -math.inf
    is_received: bool = False
    is_refused: bool = False
    cuts: int = 0
    details: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status in ("waiting", "claimed")

    @property
    def is_live(self) -> bool:
        return self.is_open or self.status in ("answered", "speaking")

    def is_claimed_by_other(self, who: str, at: float) -> bool:
        return self.status == "claimed" and self.claimed_until > at and self.claimant != who

    def accept(self, words: str, *, by: str, to: str, at: float) -> None:
        self.answered_at = at
        self.status, self.answer, self.accepted, self.by = to, words, words, by
        self.version += 1
        self.settled_by = None
        self.is_received = self.is_refused = False
        self.cuts = 0


@dataclass
class Rules:
    requests: dict[str, Told] = field(default_factory=dict)
    is_over: bool = False
    """The call has been closed."""

    def ask(self, request_id: str, question: str, *, at: float) -> None:
        for other_id, told in sorted(self.requests.items()):
            if told.is_live and other_id == request_id:
                return
            if told.is_live and QUESTIONS[told.question] == QUESTIONS[question]:
                if told.is_open and told.details[-1:] != (question,):
                    told.details = (*told.details, question)[-MOST_DETAILS:]
                return
        self.requests.setdefault(request_id, Told(question))

    def claim(self, request_id: str, who: str, *, at: float) -> None:
        told = self._one(request_id)
        if told.is_claimed_by_other(who, at):
            raise Refused(_name(told.claimant))
        if not told.is_open:
            raise Refused(told.by)
        told.status, told.claimant, told.claimed_until = "claimed", who, at + CLAIM_S

    def release(self, request_id: str, who: str, *, at: float) -> None:
        told = self._one(request_id)
        if told.status != "claimed":
            raise Refused
        if told.claimant != who:
            raise Refused(_name(told.claimant))
        told.status = "waiting"

    def answer(self, request_id: str, who: str, words: str, *, at: float) -> None:
        told = self._one(request_id)
        if (told.by, told.accepted) == (_name(who), words):
            return
        if told.is_claimed_by_other(who, at):
            raise Refused(_name(told.claimant))
        if told.answer != told.accepted and not told.is_refused:
            raise Refused("Console")
        if not told.is_open and told.by is not None:
            raise Refused(told.by)
        told.accept(words, by=_name(who), to=_answered(told), at=at)

    def type_by_hand(self, request_id: str, words: str, *, at: float) -> None:
        self._one(request_id).answer = words

    def accept_by_hand(self, request_id: str, is_call_over: bool, *, at: float) -> None:
        told = self._one(request_id)
        if told.answer is None or told.answer == told.accepted:
            return
        may = told.status in CORRECTABLE if told.version else told.is_open or told.status in GIVEN_UP_ON
        if told.answer == UNSPEAKABLE or not may:
            told.is_refused = True
            return
        told.accept(told.answer, by="Console", to=_corrected(told) if told.version else _answered(told), at=at)
        if is_call_over and told.status == "answered":
            told.status, told.closed_at = "follow_up", at

    def correct(self, request_id: str, who: str, words: str, *, at: float) -> None:
        told = self._one(request_id)
        if told.answer != told.accepted and not told.is_refused:
            raise Refused("Console")
        if told.accepted == words:
            told.answer, told.is_refused = words, False
            return
        if told.status not in CORRECTABLE or not told.version:
            raise Refused
        told.accept(words, by=_name(who), to=_corrected(told), at=at)
        if self.is_over and told.status == "answered":
            told.status, told.closed_at = "follow_up", at

    def received(self, request_id: str, version: int, *, at: float) -> None:
        told = self._one(request_id)
        told.is_received |= told.version == version

    def speaking_began(self, request_id: str, version: int, *, at: float) -> None:
        self._spoken(request_id, version, {"answered": "speaking"})

    def cut(self, request_id: str, version: int, *, at: float) -> None:
        if self._spoken(request_id, version, {"speaking": "answered"}):
            self.requests[request_id].cuts += 1

    def heard(self, request_id: str, version: int, *, at: float) -> None:
        told = self._one(request_id)
        heard_on_the_call = told.answered_at <= at <= told.closed_at
        late = {"follow_up": "delivered"} if heard_on_the_call else {}
        self._spoken(request_id, version, {"answered": "delivered", "speaking": "delivered", **late})

    def heard_before(self, request_id: str, version: int, *, at: float) -> None:
        """Where the caller has left: a moment ago, and told now."""
        is_late = self._one(request_id).status == "follow_up"
        self.heard(request_id, version, at=at - LATE_S if is_late else at)

    def withdraw(self, request_id: str, *, at: float) -> None:
        self._end(request_id, "withdrawn", at)

    def expire(self, request_id: str, *, at: float) -> None:
        self._end(request_id, "expired", at)

    def close(self, *, at: float) -> None:
        self.is_over = True
        for told in self.requests.values():
            if told.is_live:
                told.status, told.closed_at = "caller_left" if told.is_open else "follow_up", at

    def follow_up(self, request_id: str, who: str, *, at: float) -> None:
        self._settle(request_id, who, "followed_up", at)

    def give_up(self, request_id: str, who: str, *, at: float) -> None:
        self._settle(request_id, who, "closed", at)

    def _settle(self, request_id: str, who: str, status: str, at: float) -> None:
        told = self._one(request_id)
        if told.status == status and told.settled_by != _name(who):
            raise Refused(told.settled_by)
        if told.status not in (*GIVEN_UP_ON, "follow_up", status):
            raise Refused
        if told.status != status:
            told.closed_at = at
        told.status, told.settled_by = status, _name(who)

    def _one(self, request_id: str) -> Told:
        if request_id not in self.requests:
            raise Refused
        return self.requests[request_id]

    def _spoken(self, request_id: str, version: int, moves: dict[str, str]) -> bool:
        told = self._one(request_id)
        if told.version != version:
            return False
        if told.status not in moves:
            raise Refused
        told.status = moves[told.status]
        return True

    def _end(self, request_id: str, status: str, at: float) -> None:
        told = self._one(request_id)
        if told.status != status and not told.is_open:
            raise Refused
        if told.status != status:
            told.closed_at = at
        told.status = status


def _answered(told: Told) -> str:
    if told.is_open:
        return "answered"
    if told.status in GIVEN_UP_ON:
        return "follow_up"
    raise Refused


def _corrected(told: Told) -> str:
    return "follow_up" if told.status in ("follow_up", "followed_up") else "answered"


def _name(who: str | None) -> str:
    return PEOPLE[who].name if who is not None else ""


@dataclass
class Product:
    """The verbs through the use cases, as their doors call them."""

    database: MemoryDatabase
    store: Store

    def ask(self, request_id: str, question: str, *, at: float) -> None:
        line.ask(
            self.store,
            a_call(),
            request_id=request_id,
            question=question,
            reason="",
            skill=None,
            confidence=None,
            context=(),
            nearest=(),
            timeout=later(60) - later(0),
            at=later(at),
        )

    def claim(self, request_id: str, who: str, *, at: float) -> None:
        desk.claim(self.store, request_id, by=PEOPLE[who], at=later(at))

    def release(self, request_id: str, who: str, *, at: float) -> None:
        desk.release(self.store, request_id, by=PEOPLE[who], at=later(at))

    def answer(self, request_id: str, who: str, words: str, *, at: float) -> None:
        desk.answer(self.store, request_id, words, by=PEOPLE[who], at=later(at))

    def type_by_hand(self, request_id: str, words: str, *, at: float) -> None:
        self.database.write_by_hand(f"orgs/salon/help_requests/{request_id}", {"answer": words})

    def correct(self, request_id: str, who: str, words: str, *, at: float) -> None:
        desk.correct(self.store, request_id, words, by=PEOPLE[who], at=later(at))

    def accept_by_hand(self, request_id: str, is_call_over: bool, *, at: float) -> None:
        desk.accept_hand_written_answer(self.store, request_id, is_call_over=is_call_over, at=later(at))

    def received(self, request_id: str, version: int, *, at: float) -> None:
        line.received(self.store, request_id, version=version, at=later(at))

    def speaking_began(self, request_id: str, version: int, *, at: float) -> None:
        line.speaking_began(self.store, request_id, version=version, at=later(at))

    def cut(self, request_id: str, version: int, *, at: float) -> None:
        line.cut(self.store, request_id, version=version, at=later(at))

    def heard(self, request_id: str, version: int, *, at: float) -> None:
        line.heard(self.store, request_id, version=version, latencies_ms={}, at=later(at))

    def heard_before(self, request_id: str, version: int, *, at: float) -> None:
        is_late = must_get(self.store, HelpRequest, request_id).record.status is Status.FOLLOW_UP
        self.heard(request_id, version, at=at - LATE_S if is_late else at)

    def withdraw(self, request_id: str, *, at: float) -> None:
        line.withdraw(self.store, request_id, at=later(at))

    def expire(self, request_id: str, *, at: float) -> None:
        line.expire(self.store, request_id, at=later(at))

    def close(self, *, at: float) -> None:
        line.close(self.store, "call-1", outcome=Outcome.CALLER_LEFT, at=later(at))

    def follow_up(self, request_id: str, who: str, *, at: float) -> None:
        desk.follow_up(self.store, request_id, by=PEOPLE[who], at=later(at))

    def give_up(self, request_id: str, who: str, *, at: float) -> None:
        desk.close(self.store, request_id, by=PEOPLE[who], at=later(at))


def seen(request: HelpRequest) -> dict[str, Any]:
    """What the rules speak of, as the document shows it."""
    return {
        "question": request.question,
        "status": str(request.status),
        "version": request.answer_version,
        "accepted": request.accepted_answer,
        "answer": request.answer,
        "by": request.answered_by.name if request.answered_by else None,
        "claimant": request.claimed_by.name if request.claimed_by and request.status is Status.CLAIMED else None,
        "settled_by": request.settled_by.name if request.settled_by else None,
        "is_received": request.received_at is not None,
        "is_refused": request.problem is not None,
        "cuts": request.cuts,
        "details": request.details,
    }


def wanted(told: Told) -> dict[str, Any]:
    """The same of a request as the rules tell it."""
    claimant = _name(told.claimant) if told.status == "claimed" else None
    times = ("claimed_until", "answered_at", "closed_at")
    return {name: value for name, value in vars(told).items() if name not in times} | {"claimant": claimant}
