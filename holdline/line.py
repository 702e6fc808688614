"""Everything that happens to a call, one function an event; the worker and the webhooks are thin callers.

All raise NotFound and Unavailable; those that move a help request also raise IllegalTransition.
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from holdline.call import Call, Floor, KnowledgeUse, Outcome, Turn
from holdline.callback import Callback
from holdline.errors import AlreadyExists, IllegalTransition
from holdline.help_request import LIVE, OPEN, QUESTION_LIMIT, ContextTurn, Event, HelpRequest, Status
from holdline.ladder import Rung, is_above
from holdline.redaction import masked
from holdline.store import Create, Put, Query, Store, Stored, Update, Write, change, must_get

MESSAGE_LIMIT = 2000


def open_call(store: Store, call: Call) -> Call:
    """Write the call, or return the one that is there: a webhook that is sent twice opens one call."""
    try:
        store.commit(Create(call))
    except AlreadyExists:
        return must_get(store, Call, call.id).record
    return call


def caller_came(store: Store, call_id: str, identity: str) -> Call:
    """Who the caller is in a room that a front end opened; the first to be named stays the caller."""
    return change(
        store,
        Call,
        call_id,
        lambda call: call if call.caller_identity else call.model_copy(update={"caller_identity": identity}),
    )


def agent_joined(store: Store, call_id: str, *, at: datetime) -> Call:
    """The agent has the floor; news of it that comes after the end changes nothing."""
    return change(
        store,
        Call,
        call_id,
        lambda call: (
            call.model_copy(update={"floor": Floor.AGENT, "answered_at": call.answered_at or at})
            if call.is_live
            else call
        ),
    )


def record_turn(store: Store, turn: Turn) -> None:
    """Keep one utterance; writing it again is harmless."""
    store.commit(Put(turn))


def ask(
    store: Store,
    call: Call,
    *,
    request_id: str,
    question: str,
    reason: str,
    skill: str | None,
    confidence: float | None,
    context: Sequence[ContextTurn],
    nearest: Sequence[KnowledgeUse],
    timeout: timedelta,
    at: datetime,
    teaches: bool = True,
    rung: Rung = Rung.ANYONE,
) -> HelpRequest:
    """Ask a person. A repeat or a paraphrase of a question that is live on this call is that question.

    To one that waits for a person it adds a detail; one whose answer is on its way to the caller stays as it is.
    Question and confidence are a model's: the one is cut to what a card holds, the other dropped where it is no share.
    """
    # Here, because webhooks need this module and a caller hears nothing while theirs starts: it brings numpy with it.
    from holdline.knowledge import is_same_question

    for live_one in (stored.record for stored in live_requests(store, call.id)):
        if live_one.id == request_id:
            return live_one
        if is_same_question(live_one.question, question):
            same = add_detail(store, live_one.id, question)
            if same.status in LIVE:  # else it ended meanwhile, and this is a question of its own
                return same
    request = HelpRequest(
        id=request_id,
        call=call.id,
        question=question[:QUESTION_LIMIT].strip(),
        reason=reason,
        skill=skill,
        confidence=confidence if confidence is not None and 0 <= confidence <= 1 else None,
        teaches=teaches,
        context=tuple(context),
        nearest=tuple(nearest),
        caller=masked(call.caller),
        caller_number=call.number,
        rung=rung,
        asked_at=at,
        expires_at=at + timeout,
        delete_at=call.delete_at,
    )
    try:
        store.commit(Create(request))
    except AlreadyExists:
        return must_get(store, HelpRequest, request_id).record
    return request


def add_detail(store: Store, request_id: str, detail: str) -> HelpRequest:
    """What the caller said more, or again, about a question that is open; what was said last is kept once."""
    return change(
        store,
        HelpRequest,
        request_id,
        lambda request: (
            request
            if request.status not in OPEN or request.details[-1:] == (detail,)
            else request.model_copy(update={"details": (*request.details, detail)[-20:]})
        ),
    )


def climb(store: Store, request_id: str, rung: Rung, *, at: datetime) -> HelpRequest:
    """Nobody has answered yet: ask whoever is next. What is claimed stays where it is, and nothing climbs down."""

    def decide(request: HelpRequest) -> HelpRequest:
        is_asked = request.status in OPEN and not (request.status is Status.CLAIMED and not request.is_claim_over(at))
        return request.model_copy(update={"rung": rung}) if is_asked and is_above(rung, request.rung) else request

    return change(store, HelpRequest, request_id, decide)


def received(store: Store, request_id: str, *, version: int, at: datetime) -> HelpRequest:
    """The job that has the call saw this version of the answer."""
    return change(
        store,
        HelpRequest,
        request_id,
        lambda request: (
            request
            if request.answer_version != version or request.received_at is not None
            else request.model_copy(update={"received_at": at})
        ),
    )


def speaking_began(
    store: Store, request_id: str, *, version: int, received_at: datetime | None = None, at: datetime
) -> HelpRequest:
    """The first frame of this version of the answer was published; its receipt, unless that is written already."""

    def move(request: HelpRequest) -> HelpRequest:
        return request.after(Event.SPEAKING_BEGAN, at=at, received_at=request.received_at or received_at)

    return _spoken(store, request_id, version, move)


def cut(store: Store, request_id: str, *, version: int, at: datetime) -> HelpRequest:
    """This version of the answer was not heard to its end; it will be said anew."""
    return _spoken(store, request_id, version, lambda request: request.after(Event.CUT, at=at, cuts=request.cuts + 1))


def heard(store: Store, request_id: str, *, version: int, latencies_ms: dict[str, float], at: datetime) -> HelpRequest:
    """This version of the answer was played to its end, uncut: before the caller left, though it be written after."""

    def move(request: HelpRequest) -> HelpRequest:
        if request.status is Status.FOLLOW_UP and not _was_answered_on_the_call(request, before=at):
            raise IllegalTransition(request.status, Event.HEARD)
        return request.after(Event.HEARD, at=at, latencies_ms=latencies_ms)

    return _spoken(store, request_id, version, move)


def withdraw(store: Store, request_id: str, *, at: datetime) -> HelpRequest:
    """The caller no longer wants to know; withdrawing again changes nothing."""
    return _move(store, request_id, Event.WITHDRAWN, to=Status.WITHDRAWN, at=at)


def expire(store: Store, request_id: str, *, at: datetime) -> HelpRequest:
    """Nobody answered in time; expiring again changes nothing."""
    return _move(store, request_id, Event.EXPIRED, to=Status.EXPIRED, at=at)


def close(store: Store, call_id: str, *, outcome: Outcome, detail: str | None = None, at: datetime) -> Call:
    """The call is over: in one batch, the call ends and every question still live on it says that the caller left.

    Closing a closed call only ends what was asked on it since.
    """

    def decide(call: Call) -> Call:
        if not call.is_live:
            return call
        return call.model_copy(
            update={"ended_at": at, "outcome": outcome, "outcome_detail": detail, "floor": Floor.NOBODY}
        )

    def beside(_: Call) -> list[Write]:
        open_ones = live_requests(store, call_id)
        return [Update(stored, stored.record.as_it_stands().after(Event.CALLER_LEFT, at=at)) for stored in open_ones]

    call = change(store, Call, call_id, decide, beside=beside)
    for late in live_requests(store, call_id):
        with contextlib.suppress(IllegalTransition):  # it ended otherwise meanwhile; the next one must still end
            _move(store, late.record.id, Event.CALLER_LEFT, to=Status.CALLER_LEFT, at=at)
    return call


def caller_left(store: Store, request_id: str, *, at: datetime) -> HelpRequest:
    """End a question that outlived its call; one that has ended already stays as it did."""
    return change(
        store,
        HelpRequest,
        request_id,
        lambda request: request.as_it_stands().after(Event.CALLER_LEFT, at=at) if request.status in LIVE else request,
    )


def take_message(store: Store, request_id: str, message: str) -> HelpRequest:
    """What the caller wants passed on, since nobody could answer: in addition to what they have left already."""

    def decide(request: HelpRequest) -> HelpRequest:
        before = request.message.splitlines() if request.message else []
        if message in before:
            return request
        return request.model_copy(update={"message": "\n".join([*before, message])[:MESSAGE_LIMIT]})

    return change(store, HelpRequest, request_id, decide)


def take_callback(store: Store, request_id: str, callback: Callback | None) -> HelpRequest:
    """Where and when the caller wants to be called back, as far as that is known; None where no longer."""
    return change(store, HelpRequest, request_id, lambda request: request.model_copy(update={"callback": callback}))


def live_requests(store: Store, call_id: str) -> list[Stored[HelpRequest]]:
    """The questions of this call that the caller is still owed something on."""
    return list(store.find(Query(HelpRequest, {"call": call_id, "status": LIVE})).stored)


def _move(store: Store, request_id: str, event: Event, *, to: Status, at: datetime) -> HelpRequest:
    return change(
        store,
        HelpRequest,
        request_id,
        lambda request: request if request.status is to else request.as_it_stands().after(event, at=at),
    )


def _was_answered_on_the_call(request: HelpRequest, *, before: datetime) -> bool:
    """Whether the caller was there at that time, and the answer as well."""
    answered_at, closed_at = request.answered_at, request.closed_at
    return answered_at is not None and closed_at is not None and answered_at <= before <= closed_at


def _spoken(store: Store, request_id: str, version: int, move: Callable[[HelpRequest], HelpRequest]) -> HelpRequest:
    """Move the request if it is still about this version: news of an answer that was corrected since is stale."""
    return change(
        store,
        HelpRequest,
        request_id,
        lambda request: move(request) if request.answer_version == version else request,
    )
