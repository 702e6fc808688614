"""Everything a person can do to a live call, one function a verb.

The dashboard and every other door are thin callers of these. Each writes one batch: the new state and its audit line.
All raise NotFound, Unavailable, and IllegalTransition (AlreadyTaken where somebody else was first).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from holdline.call import Call
from holdline.errors import AlreadyTaken, IllegalTransition, InvalidAnswer
from holdline.help_request import OPEN, Event, HelpRequest, Status, speakable
from holdline.people import AuditEntry, PersonRef
from holdline.store import Put, Store, Write, change, must_get

CLAIM_LASTS = timedelta(seconds=120)
CONSOLE = PersonRef(uid="console", name="Console")
"""Who is named when the console does not say who typed an answer."""


def claim(store: Store, request_id: str, *, by: PersonRef, at: datetime) -> HelpRequest:
    """Show everybody that `by` is looking at it; claiming one's own claim again prolongs it."""

    def decide(request: HelpRequest) -> HelpRequest:
        request = request.with_claim_in_force(at)
        if request.status is Status.CLAIMED and request.claimed_by is not None:
            if request.claimed_by.uid != by.uid:
                raise AlreadyTaken(request.status, Event.CLAIMED, by=request.claimed_by.name)
            return request.model_copy(update={"claimed_until": at + CLAIM_LASTS})
        _refuse_if_answered(request, Event.CLAIMED)
        return request.after(Event.CLAIMED, at=at, claimed_by=by, claimed_until=at + CLAIM_LASTS)

    return _change(store, request_id, decide, by=by, did="claimed", at=at)


def release(store: Store, request_id: str, *, by: PersonRef, at: datetime) -> HelpRequest:
    """Give one's claim back to the queue."""

    def decide(request: HelpRequest) -> HelpRequest:
        if request.status is Status.CLAIMED and request.claimed_by is not None and request.claimed_by.uid != by.uid:
            raise AlreadyTaken(request.status, Event.RELEASED, by=request.claimed_by.name)
        return request.after(Event.RELEASED, at=at, claimed_by=None, claimed_until=None)

    return _change(store, request_id, decide, by=by, did="released", at=at)


def answer(store: Store, request_id: str, text: str, *, by: PersonRef, at: datetime) -> HelpRequest:
    """Send the words that the caller is to hear; also raises InvalidAnswer.

    Sending the same words again is the same answer. Another person's claim protects the request while it lasts.
    """
    words = speakable(text)

    def decide(request: HelpRequest) -> HelpRequest:
        request = request.as_it_stands().with_claim_in_force(at)
        if request.answered_by is not None and request.answered_by.uid == by.uid and request.accepted_answer == words:
            return request
        if request.status is Status.CLAIMED and request.claimed_by is not None and request.claimed_by.uid != by.uid:
            raise AlreadyTaken(request.status, Event.ANSWERED, by=request.claimed_by.name)
        _refuse_if_typed_by_hand(request, Event.ANSWERED)
        _refuse_if_answered(request, Event.ANSWERED)
        return _answered(request, words, Event.ANSWERED, by=by, at=at)

    return _change(store, request_id, decide, by=by, did="answered", at=at)


def correct(
    store: Store, request_id: str, text: str, *, of_version: int | None = None, by: PersonRef, at: datetime
) -> HelpRequest:
    """Replace an answer that was sent: the caller hears the new words, as a correction. Also raises InvalidAnswer.

    Where the call is over they become a follow-up, whatever the caller had been told by then. Sending the same words
    again is the same correction. `of_version` is the answer that was read by who corrects it: a newer one stays.
    """
    words = speakable(text)
    asked_on = store.get(Call, must_get(store, HelpRequest, request_id).record.call)
    is_call_over = asked_on is None or not asked_on.record.is_live

    def decide(request: HelpRequest) -> HelpRequest:
        _refuse_if_typed_by_hand(request, Event.CORRECTED)
        if request.accepted_answer == words:  # and what was refused in the console goes
            return request.model_copy(update={"answer": words, "problem": None})
        if not request.answer_version:
            raise IllegalTransition(request.status, Event.CORRECTED)
        if of_version is not None and request.answer_version > of_version and request.answered_by is not None:
            raise AlreadyTaken(request.status, Event.CORRECTED, by=request.answered_by.name)
        return _unheard(_answered(request, words, Event.CORRECTED, by=by, at=at), is_call_over, at)

    return _change(store, request_id, decide, by=by, did="corrected", at=at)


def follow_up(
    store: Store, request_id: str, *, of_version: int | None = None, by: PersonRef, at: datetime
) -> HelpRequest:
    """The caller was called back, and knows; saying so again changes nothing.

    `of_version` is the answer that was read by who says so: with a newer one, the caller does not know it yet.
    """
    return _settle(store, request_id, Event.FOLLOWED_UP, of_version, to=Status.FOLLOWED_UP, by=by, at=at)


def close(store: Store, request_id: str, *, of_version: int | None = None, by: PersonRef, at: datetime) -> HelpRequest:
    """Nothing more is to be done about it; closing again changes nothing. `of_version` as for `follow_up`."""
    return _settle(store, request_id, Event.CLOSED, of_version, to=Status.CLOSED, by=by, at=at)


def accept_hand_written_answer(
    store: Store, request_id: str, *, is_call_over: bool = False, at: datetime
) -> HelpRequest:
    """Take an answer that was typed into the document itself, or write beside it why it cannot be spoken.

    The console overrides a claim. On a request that was already answered it is a correction, which on a call that
    `is_call_over` comes too late for the caller.
    """
    refused: list[str] = []

    def decide(request: HelpRequest) -> HelpRequest:
        refused.clear()
        typed = request.answer
        if typed is None or not request.has_hand_written_answer:
            return request
        request = request.as_it_stands()
        try:
            words = speakable(typed)
            event = Event.CORRECTED if request.answer_version else Event.ANSWERED
            return _unheard(_answered(request, words, event, by=CONSOLE, at=at), is_call_over, at)
        except (InvalidAnswer, IllegalTransition) as refusal:
            refused.append(str(refusal))
            return request.model_copy(update={"problem": str(refusal)})

    def beside(request: HelpRequest) -> list[Write]:
        return [] if refused else [Put(AuditEntry.of(CONSOLE, "answered", request, at=at))]

    return change(store, HelpRequest, request_id, decide, beside=beside)


def _change(
    store: Store,
    request_id: str,
    decide: Callable[[HelpRequest], HelpRequest],
    *,
    by: PersonRef,
    did: str,
    at: datetime,
) -> HelpRequest:
    def beside(request: HelpRequest) -> list[Write]:
        return [Put(AuditEntry.of(by, did, request, at=at))]

    return change(store, HelpRequest, request_id, decide, beside=beside)


def _settle(
    store: Store, request_id: str, event: Event, of_version: int | None, *, to: Status, by: PersonRef, at: datetime
) -> HelpRequest:
    def decide(request: HelpRequest) -> HelpRequest:
        settled_by = request.settled_by
        if request.status is to and settled_by is not None and settled_by.uid != by.uid:
            raise AlreadyTaken(
                request.status, event, by=settled_by.name, why=f"{settled_by.name} has done that already."
            )
        if request.status is to:
            return request
        if of_version is not None and request.answer_version > of_version and request.answered_by is not None:
            name = request.answered_by.name
            why = f"{name} has answered this meanwhile: read the words, and decide anew."
            raise AlreadyTaken(request.status, event, by=name, why=why)
        if request.status is Status.DELIVERED and not request.asks_for_a_call:
            raise IllegalTransition(request.status, event)
        return request.after(event, at=at, settled_by=by)

    return _change(store, request_id, decide, by=by, did=event.value, at=at)


def _unheard(answered: HelpRequest, is_call_over: bool, at: datetime) -> HelpRequest:
    """An answer to a caller who is not there to hear it."""
    is_too_late = is_call_over and answered.status is Status.ANSWERED
    return answered.after(Event.CALLER_LEFT, at=at) if is_too_late else answered


def _answered(request: HelpRequest, words: str, event: Event, *, by: PersonRef, at: datetime) -> HelpRequest:
    return request.after(
        event,
        at=at,
        answer=words,
        accepted_answer=words,
        answer_version=request.answer_version + 1,
        answered_by=by,
        settled_by=None,
        received_at=None,
        claimed_until=None,
        problem=None,
        cuts=0,
        latencies_ms={},
    )


def _refuse_if_typed_by_hand(request: HelpRequest, event: Event) -> None:
    if request.has_hand_written_answer and request.problem is None:
        raise AlreadyTaken(request.status, event, by=CONSOLE.name)


def _refuse_if_answered(request: HelpRequest, event: Event) -> None:
    if request.status not in OPEN and request.answered_by is not None:
        raise AlreadyTaken(request.status, event, by=request.answered_by.name)
