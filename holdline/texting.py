"""The texts that go out because of a help request: to the person on duty, and with a late answer to its caller.

A text is claimed on the request before it is sent, and what became of it is written afterwards: so news of the request
that comes twice, late or out of order sends once. Who sends it is the doors' business. To a caller a text is never sent
again, whatever is not known about it; to the person on duty, with a caller on the line, it is, once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from holdline.duty import NobodyToText, may_be_meant, person_on_duty, questions_of, read_phone
from holdline.errors import AlreadyExists, Stale
from holdline.help_request import OPEN, HelpRequest, Status
from holdline.ladder import Rung
from holdline.people import Organisation, PersonRef
from holdline.store import CHANGE_ATTEMPTS, Store, Stored, Update, Write, change, must_get
from holdline.text_message import TextMessage, TextStatus

STUCK_AFTER = timedelta(minutes=2)
"""A text that is being sent for longer is not being sent any more: whoever did is gone."""
TRIES = 2
"""To the person on duty."""
LONGEST = 1500
"""In characters; Twilio takes 1600."""
NOT_KNOWN = "it is not known whether it was sent"


class Which(StrEnum):
    """Each is the field of the request that it is kept in."""

    DUTY = "duty_text"
    CALLER = "caller_text"


@dataclass(frozen=True)
class Outgoing:
    """A text that was claimed: whoever holds this sends it, and says what came of it."""

    request: str
    which: Which
    at: datetime
    to: str
    words: str


def due(request: HelpRequest) -> Which | None:
    """The text that this request asks for as it stands."""
    duty, caller = request.duty_text, request.caller_text
    if request.rung is Rung.ON_DUTY and request.status in OPEN:
        is_due = duty is None or (duty.status is TextStatus.FAILED and not is_out_of_reach(request))
        return Which.DUTY if is_due else None
    wants_it = request.callback is not None and request.callback.consents_to_text and number_of(request) is not None
    was_tried = caller is not None and (caller.is_under_way or caller.version >= request.answer_version)
    is_unheard = request.status is Status.FOLLOW_UP and bool(request.accepted_answer) and not request.is_told
    is_pending = request.has_hand_written_answer and request.problem is None  # it will be the answer in a moment
    if is_unheard and wants_it and not was_tried and not is_pending:
        return Which.CALLER
    return None


def is_with_the_caller(request: HelpRequest) -> bool:
    """Whether the answer as it stands was texted, or is being."""
    text = request.caller_text
    return text is not None and text.status is not TextStatus.FAILED and text.version == request.answer_version


def is_about_to_be_sent(request: HelpRequest, *, at: datetime) -> bool:
    """Whether the answer is on its way into a text; one that is due for long has nobody to send it."""
    is_fresh = request.answered_at is not None and at - request.answered_at < STUCK_AFTER
    return is_fresh and due(request) is Which.CALLER


def is_out_of_reach(request: HelpRequest) -> bool:
    """Whether the person on duty could not be texted this question, and will not be."""
    text = request.duty_text
    return text is not None and text.status is TextStatus.FAILED and not (text.may_repeat and text.tries < TRIES)


def number_of(request: HelpRequest) -> str | None:
    """Where the caller wants to be reached."""
    return (request.callback.number if request.callback else None) or request.caller_number


def claim(
    store: Store, request_id: str, *, organisation: Organisation, obstacle: str | None, at: datetime
) -> Outgoing | None:
    """The text that is now this caller's to send; None where none is due, or where it cannot be sent, which is then
    written beside the request.

    `obstacle` is why nothing can be sent at all. Raises NotFound, InvalidDocument, Unavailable, Stale.
    """
    for _ in range(CHANGE_ATTEMPTS):
        stored = must_get(store, HelpRequest, request_id)
        which = due(stored.record)
        if which is None:
            return None
        try:
            return (_claim_duty if which is Which.DUTY else _claim_caller)(store, stored, organisation, obstacle, at)
        except (AlreadyExists, Stale):  # another delivery of the news was faster, or the phone was asked something else
            continue
    raise Stale(f"{HelpRequest.collection}/{request_id} kept changing")


def sent(store: Store, text: Outgoing, *, sid: str, at: datetime) -> HelpRequest:
    """Twilio has it. A caller has thereby been told, if the answer is still the one that the text has."""
    return on_its_way(store, text.request, text.which, claimed_at=text.at, sid=sid, at=at)


def on_its_way(
    store: Store, request_id: str, which: Which, *, claimed_at: datetime, sid: str, at: datetime
) -> HelpRequest:
    """The same, told by Twilio itself: whoever sent the text may not have come to write it down."""

    def decide(request: HelpRequest, message: TextMessage) -> HelpRequest:
        if message.status is TextStatus.SENT or (message.status is TextStatus.FAILED and not message.may_have_arrived):
            return request  # that it was sent, or did not arrive, was told sooner
        known = {"status": TextStatus.SENT, "sid": sid, "problem": None, "may_repeat": False, "may_have_arrived": False}
        is_told_by_it = (
            which is Which.CALLER
            and message.version == request.answer_version
            and request.status is Status.FOLLOW_UP
            and not request.is_told
        )
        after = _with(request, which, message.model_copy(update={**known, "has_told": is_told_by_it}))
        return after.told(at=at) if is_told_by_it else after

    return _end(store, request_id, which, claimed_at, decide)


def not_sent(
    store: Store, text: Outgoing, *, problem: str, may_repeat: bool = False, may_have_arrived: bool = False
) -> HelpRequest:
    """It was not sent, or nobody knows: `problem` says which, and what to do."""

    def decide(request: HelpRequest, message: TextMessage) -> HelpRequest:
        if message.status is TextStatus.SENT:
            return request  # which Twilio told sooner
        return _failed(request, text.which, message, problem, may_repeat=may_repeat, may_have_arrived=may_have_arrived)

    return _end(store, text.request, text.which, text.at, decide)


def not_delivered(
    store: Store, request_id: str, which: Which, *, claimed_at: datetime, problem: str, at: datetime
) -> HelpRequest:
    """Twilio had it, and it did not arrive: whoever counts as told has not been. Again is harmless."""

    def decide(request: HelpRequest, message: TextMessage) -> HelpRequest:
        is_caller_untold = message.has_told and message.version == request.answer_version and request.settled_by is None
        after = _failed(request, which, message, problem)
        return after.untold(at=at) if is_caller_untold else after

    return _end(store, request_id, which, claimed_at, decide)


def give_up_stuck(store: Store, request_id: str, *, at: datetime) -> HelpRequest:
    """Texts that nobody sends any more; whether they were sent is for people to find out."""

    def decide(request: HelpRequest) -> HelpRequest:
        for which in Which:
            message: TextMessage | None = getattr(request, which)
            if message is not None and message.is_under_way and at - message.at >= STUCK_AFTER:
                request = _failed(request, which, message, NOT_KNOWN, may_repeat=True, may_have_arrived=True)
        return request

    return change(store, HelpRequest, request_id, decide)


def _claim_duty(
    store: Store, stored: Stored[HelpRequest], organisation: Organisation, obstacle: str | None, at: datetime
) -> Outgoing | None:
    request, before = stored.record, stored.record.duty_text
    message = TextMessage(status=TextStatus.SENDING, at=at, tries=before.tries + 1 if before else 1)
    try:
        person, number = person_on_duty(store, organisation)
        if obstacle is not None:
            raise NobodyToText(obstacle)
    except NobodyToText as nobody:
        store.commit(Update(stored, _failed(request, Which.DUTY, message, str(nobody))))
        return None
    phone, write = read_phone(store, number)
    asking = phone.asking(request.id, at=at)
    to = PersonRef(uid=person.id, name=person.name)
    others = [(one, of) for one, of in questions_of(store, phone, at=at) if of.id != request.id]
    needs_code = any(may_be_meant(one, of, by=to.uid, at=at) for one, of in others)
    code = asking.code_of(request.id) if needs_code else None
    message = message.model_copy(update={"to": to, "code": code or ""})
    beside: list[Write] = [write(asking)] if asking != phone else []
    store.commit(Update(stored, _with(request, Which.DUTY, message)), *beside)
    return Outgoing(request.id, Which.DUTY, at, number, _for_duty(request, organisation, code))


def _claim_caller(
    store: Store, stored: Stored[HelpRequest], organisation: Organisation, obstacle: str | None, at: datetime
) -> Outgoing | None:
    request = stored.record
    message = TextMessage(status=TextStatus.SENDING, at=at, version=request.answer_version)
    if obstacle is not None:
        store.commit(Update(stored, _failed(request, Which.CALLER, message, obstacle)))
        return None
    store.commit(Update(stored, _with(request, Which.CALLER, message)))
    return Outgoing(request.id, Which.CALLER, at, number_of(request) or "", _for_caller(request, organisation))


def _for_duty(request: HelpRequest, organisation: Organisation, code: str | None) -> str:
    """Never cut where the reply is told of: what the caller added gives way first."""
    begins = f'{organisation.name}: a caller is waiting and asks: "{request.question}"'
    ends = f"Reply with {code} and the words" if code else "Reply with the words"
    ends += " the caller should hear."
    room = LONGEST - len(begins) - len(ends) - 2
    added = " ".join(request.details)
    details = f"They added: {added}"[:room] if added and room > 0 else ""
    return "\n".join(part for part in (begins, details, ends) if part)


def _for_caller(request: HelpRequest, organisation: Organisation) -> str:
    """The answer whole, in the words that were accepted."""
    before = request.caller_text
    was_texted = before is not None and (before.status is TextStatus.SENT or before.may_have_arrived)
    answer = "A correction of our answer" if was_texted or request.was_told else "Our answer"
    return f'{organisation.name}: you asked "{request.question}" {answer}: {request.accepted_answer}'


def _end(
    store: Store,
    request_id: str,
    which: Which,
    claimed_at: datetime,
    decide: Callable[[HelpRequest, TextMessage], HelpRequest],
) -> HelpRequest:
    """Of the text that was claimed then; of one that was claimed anew since, this is no news."""

    def decide_if_ours(request: HelpRequest) -> HelpRequest:
        message: TextMessage | None = getattr(request, which)
        return decide(request, message) if message is not None and message.at == claimed_at else request

    return change(store, HelpRequest, request_id, decide_if_ours)


def _failed(
    request: HelpRequest,
    which: Which,
    message: TextMessage,
    problem: str,
    *,
    may_repeat: bool = False,
    may_have_arrived: bool = False,
) -> HelpRequest:
    failed = {
        "status": TextStatus.FAILED,
        "problem": problem,
        "may_repeat": may_repeat and which is Which.DUTY,
        "may_have_arrived": may_have_arrived,
        "has_told": False,
    }
    return _with(request, which, message.model_copy(update=failed))


def _with(request: HelpRequest, which: Which, message: TextMessage) -> HelpRequest:
    fields: dict[str, Any] = {Which.DUTY.value: request.duty_text, Which.CALLER.value: request.caller_text}
    fields[which.value] = message
    is_texting = any(one is not None and one.is_under_way for one in fields.values())
    return request.model_copy(update={**fields, "is_texting": is_texting})
