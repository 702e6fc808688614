"""How long an organisation's people take to answer, so that a caller is told honestly how long it usually takes.

By topic, which is the skill that a question needs, and by hour of the day. Where too little is known, or too many
questions go unanswered, nothing is said.
"""

import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import ClassVar

from holdline.errors import AlreadyExists, NotFound
from holdline.help_request import HelpRequest, Status
from holdline.records import Id, Instant, Record, Value
from holdline.store import Create, Store, change

KEPT = 200
"""Of each topic, the latest."""
LOOKED_BACK = timedelta(days=30)
HOURS_AROUND = 2
FEWEST = 8
"""Fewer of them say nothing."""
USUALLY = 0.75
"""So many of them took no longer."""
LONGEST = timedelta(minutes=10)
"""What takes longer is no comfort, and not told."""
EVERY_TOPIC = "every topic"
UNANSWERED = (Status.EXPIRED, Status.CALLER_LEFT)


class AnswerTime(Value):
    request: Id
    asked_at: Instant
    took_s: float | None
    """From the question to the answer; None where the caller waited for nothing."""


class AnswerTimes(Record):
    """The id is the topic, or EVERY_TOPIC."""

    collection: ClassVar[str] = "answer_times"

    times: tuple[AnswerTime, ...] = ()


def remember(store: Store, request: HelpRequest) -> None:
    """Take in how a question went, once: a later answer or a correction changes nothing. Raises Unavailable.

    The wish to be called back is none that anybody waits on the line for.
    """
    if request.asks_for_a_call:
        return
    if request.status not in UNANSWERED and request.answer_version != 1:
        return
    answered_at = request.answered_at if request.answer_version else None
    took_s = (answered_at - request.asked_at).total_seconds() if answered_at else None
    time = AnswerTime(request=request.id, asked_at=request.asked_at, took_s=took_s)
    for topic in {topic_of(request.skill), EVERY_TOPIC}:
        _add(store, topic, time)


def usual_wait(store: Store, skill: str | None, *, at: datetime, zone: tzinfo) -> timedelta | None:
    """How long a question like this usually waits at this hour, rounded up; None where that cannot be said honestly.

    Raises InvalidDocument, Unavailable.
    """
    for topic in dict.fromkeys((topic_of(skill), EVERY_TOPIC)):
        stored = store.get(AnswerTimes, topic)
        if stored is not None and (usual := usual_of(stored.record.times, at=at, zone=zone)) is not None:
            return usual
    return None


def usual_of(times: Iterable[AnswerTime], *, at: datetime, zone: tzinfo) -> timedelta | None:
    """The wait that USUALLY is enough, in whole minutes, of what was asked around this hour lately."""
    waits = sorted(
        math.inf if one.took_s is None else one.took_s
        for one in times
        if at - one.asked_at <= LOOKED_BACK and _hours_apart(one.asked_at, at, zone) <= HOURS_AROUND
    )
    if len(waits) < FEWEST:
        return None
    wait_s = waits[math.ceil(len(waits) * USUALLY) - 1]
    return timedelta(minutes=max(1, math.ceil(wait_s / 60))) if wait_s <= LONGEST.total_seconds() else None


def topic_of(skill: str | None) -> str:
    """The document for a skill, however a model writes it; EVERY_TOPIC for none."""
    return re.sub(r"[^\w]+", " ", (skill or "").casefold()).strip()[:80] or EVERY_TOPIC


def _hours_apart(one: datetime, other: datetime, zone: tzinfo) -> int:
    apart = abs(one.astimezone(zone).hour - other.astimezone(zone).hour)
    return min(apart, 24 - apart)


def _add(store: Store, topic: str, time: AnswerTime) -> None:
    def decide(known: AnswerTimes) -> AnswerTimes:
        if any(one.request == time.request for one in known.times):
            return known
        return known.model_copy(update={"times": (*known.times, time)[-KEPT:]})

    try:
        change(store, AnswerTimes, topic, decide)
    except NotFound:
        try:
            store.commit(Create(AnswerTimes(id=topic, times=(time,))))
        except AlreadyExists:  # another answer was faster
            change(store, AnswerTimes, topic, decide)
