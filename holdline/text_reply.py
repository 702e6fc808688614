"""What the person on duty texts back: which question it is for, and what is said in return.

A wrong answer to a caller is worse than a question more to the person: words without a code go to the question that was
texted last, and only where no other one can be meant. The words themselves are held to the rules of every answer, in
`desk`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from holdline import desk
from holdline.duty import Asked, DutyPhone, Reply, may_be_meant, questions_of, read_phone
from holdline.errors import AlreadyExists, AlreadyTaken, IllegalTransition, InvalidAnswer, NotFound, Stale
from holdline.help_request import OPEN, HelpRequest, Status
from holdline.people import PersonRef
from holdline.store import CHANGE_ATTEMPTS, Store

REPLIES_KEPT = 50
LISTED = 5
"""More questions than these are not named in one text."""
SHOWN = 60
"""Characters of a question, where a text names it."""

JUST_ANSWERED = timedelta(minutes=5)
"""So long after an answer, a courtesy is still about that one."""

WHICH = "Which question is it for? Reply with its code and then the words."
STILL_WAITING = "Still waiting. Reply with its code and then the words."
NOTHING_OPEN = "No question is waiting for your answer, so nothing was passed on."
NO_WORDS = "There were no words in your message, so nothing was passed on. Reply with the words the caller should hear."
SETTLED = "This question needs no answer any more, so nothing was passed on."

_CODE = re.compile(r"\s*#?([A-Z]\d)\b[\s:.,;)-]*(.*)", re.DOTALL | re.IGNORECASE)
_COURTESY = re.compile(
    r"[\s.,!]*(?:(?:ok(?:ay)?|great|perfect|good|got it|no problem|thanks?|thank you|thx|cheers"
    r"|you(?:'re| are) welcome)[\s.,!]*)+",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    # What the network itself takes for an order, and answers.
    r"\s*(?:stop(?:all)?|unsubscribe|cancel|end|quit|revoke|optout|start|unstop|help|info)[\s.!]*"
    # What a phone sends in place of a thumb that was put on our own text.
    r"|\s*(?:liked|loved|laughed at|emphasized|questioned|disliked|reacted .{1,20} to|removed an? .{1,20} from)"
    r" [“\"].*",
    re.DOTALL | re.IGNORECASE,
)


class Outcome(StrEnum):
    RELAYED = "relayed"
    FOLLOW_UP = "follow_up"
    TAKEN = "taken"
    WHICH = "which"
    NO_WORDS = "no_words"
    UNSPEAKABLE = "unspeakable"
    NOTHING_OPEN = "nothing_open"
    SETTLED = "settled"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Taken:
    """What became of a reply, and what is texted in return; None for nothing."""

    outcome: Outcome
    words: str | None
    request: str | None = None


@dataclass(frozen=True)
class _Question:
    asked: Asked
    request: HelpRequest

    @property
    def is_open(self) -> bool:
        return self.request.status in OPEN

    @property
    def is_unanswered(self) -> bool:
        return self.is_open or self.request.status in (Status.EXPIRED, Status.CALLER_LEFT)

    def is_answered_by(self, person: PersonRef) -> bool:
        return self.request.answered_by is not None and self.request.answered_by.uid == person.uid

    @property
    def shown(self) -> str:
        question = self.request.question
        return question if len(question) <= SHOWN else f"{question[: SHOWN - 3].rstrip()}..."


def take_reply(store: Store, body: str, *, sid: str, phone: str, by: PersonRef, at: datetime) -> Taken:
    """Take in what was texted from this phone, as `by`'s answer; the same `sid` again comes to the same.

    Raises InvalidDocument, Unavailable, Stale.
    """
    if _NO_ANSWER.fullmatch(body):
        return Taken(Outcome.NO_ANSWER, None)
    asked, _ = read_phone(store, phone)
    questions = [_Question(one, request) for one, request in questions_of(store, asked, at=at)]
    if not questions:
        return Taken(Outcome.NOTHING_OPEN, NOTHING_OPEN)
    chosen, words = _chosen(questions, body, by=by, at=at)
    kept = _keep(store, phone, Reply(sid=sid, request=chosen.asked.request if chosen else None))
    if chosen is None or kept.request != chosen.asked.request:
        chosen = next((one for one in questions if one.asked.request == kept.request), None)
    if chosen is None:
        return _which(questions)
    if not any(letter.isalnum() for letter in words):
        return Taken(Outcome.NO_WORDS, NO_WORDS, chosen.request.id)
    taken = _answered(store, chosen, words, by=by, at=at)
    left = [one for one in questions if one.is_open and one is not chosen]
    if taken.outcome not in (Outcome.RELAYED, Outcome.FOLLOW_UP) or not left:
        return taken
    return replace(taken, words="\n".join([f"{taken.words}", STILL_WAITING, *_listed(left)]))


def _chosen(questions: Sequence[_Question], body: str, *, by: PersonRef, at: datetime) -> tuple[_Question | None, str]:
    """The question that is meant, and the words without its code."""
    named = _CODE.fullmatch(body)
    if named is not None:
        for one in questions:
            if one.asked.code == named[1].upper():
                return one, named[2]
    latest, older = questions[0], questions[1:]
    if _COURTESY.fullmatch(body) and any(_was_just_answered(one, by=by, at=at) for one in older):
        return None, body  # it may be about that answer
    meant = [one for one in older if may_be_meant(one.asked, one.request, by=by.uid, at=at)]
    waiting = [one for one in older if one.is_unanswered]
    if latest.is_answered_by(by):  # thanks for the confirmation, a correction, or the answer to an older one
        stand_in_the_way = [one for one in waiting if one in meant]
    elif latest.is_open:
        stand_in_the_way = meant
    elif latest.is_unanswered:
        stand_in_the_way = meant + waiting
    else:
        stand_in_the_way = waiting
    return (None if stand_in_the_way else latest), body


def _was_just_answered(question: _Question, *, by: PersonRef, at: datetime) -> bool:
    answered_at = question.request.answered_at
    return question.is_answered_by(by) and answered_at is not None and at - answered_at < JUST_ANSWERED


def _keep(store: Store, number: str, reply: Reply) -> Reply:
    """Note what this reply is for, or see what it was for when it came before."""
    for _ in range(CHANGE_ATTEMPTS):
        phone, write = read_phone(store, number)
        before = next((one for one in phone.replies if one.sid == reply.sid), None)
        if before is not None:
            return before
        try:
            store.commit(write(phone.model_copy(update={"replies": (*phone.replies, reply)[-REPLIES_KEPT:]})))
        except (AlreadyExists, Stale):
            continue
        return reply
    raise Stale(f"{DutyPhone.collection} kept changing")


def _which(questions: Sequence[_Question]) -> Taken:
    waiting = [one for one in questions if one.is_open] + [
        one for one in questions if one.is_unanswered and not one.is_open
    ]
    if not waiting:
        return Taken(Outcome.NOTHING_OPEN, NOTHING_OPEN)
    return Taken(Outcome.WHICH, "\n".join([WHICH, *_listed(waiting)]))


def _listed(questions: Sequence[_Question]) -> list[str]:
    return [f"{one.asked.code}: {one.shown}" for one in questions[:LISTED]]


def _answered(store: Store, question: _Question, words: str, *, by: PersonRef, at: datetime) -> Taken:
    def taken(outcome: Outcome, said: str) -> Taken:
        return Taken(outcome, said, question.request.id)

    try:
        request = desk.answer(store, question.request.id, words, by=by, at=at)
    except InvalidAnswer as refusal:
        return taken(Outcome.UNSPEAKABLE, f"Nothing was passed on. {refusal}")
    except AlreadyTaken as refusal:
        return taken(Outcome.TAKEN, _by_whom(refusal, by=by))
    except (IllegalTransition, NotFound):
        return taken(Outcome.SETTLED, SETTLED)
    if request.status is Status.FOLLOW_UP:
        is_texted = request.callback is not None and request.callback.consents_to_text
        goes = "The caller gets it by text" if is_texted else "It is kept as a follow-up"
        return taken(Outcome.FOLLOW_UP, f"Too late for the call. {goes}: {question.shown}")
    return taken(Outcome.RELAYED, f"Passed on to the caller who asked: {question.shown}")


def _by_whom(refusal: AlreadyTaken, *, by: PersonRef) -> str:
    if refusal.status == Status.CLAIMED:
        return f"{refusal.by} is answering this one right now, so nothing was passed on."
    if refusal.by == by.name:
        return "You have answered this one already, and nothing was changed. The dashboard takes a correction."
    return f"Already answered by {refusal.by}, so nothing was passed on."
