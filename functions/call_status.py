"""Twilio tells how a call went: what the dial into the room came to, and that the phone call is over."""

import logging

from flask import Request, Response
from werkzeug.datastructures import MultiDict

from functions import twiml
from functions.context import Context
from functions.failures import without_words
from functions.phone import PhoneCall
from functions.rooms import RoomNotClosed
from functions.twilio_request import verified_form
from holdline import line
from holdline.call import Outcome
from holdline.errors import NotFound, StoreError
from holdline.logs import about

log = logging.getLogger(__name__)

DIALS: dict[str, Outcome] = {
    "completed": Outcome.CALLER_LEFT,
    "answered": Outcome.CALLER_LEFT,
    "canceled": Outcome.CALLER_LEFT,
    "busy": Outcome.NOT_CONNECTED,
    "no-answer": Outcome.NOT_CONNECTED,
    "failed": Outcome.NOT_CONNECTED,
}
"""What a call came to if nobody said so before: the worker closes a call that the agent ends."""
CALLS: dict[str, Outcome] = {
    "completed": Outcome.CALLER_LEFT,
    "canceled": Outcome.CALLER_LEFT,
    "no-answer": Outcome.CALLER_LEFT,
    "busy": Outcome.FAILED,
    "failed": Outcome.FAILED,
}
"""The caller's own leg. One that was never answered is a caller who gave up while it rang."""
CONNECTED = ("completed", "answered")
"""The caller was in the room: its agent sees the call to the end. Otherwise it would wait there for nobody."""


def call_status(request: Request, context: Context) -> Response:
    """TwiML after a dial, 204 after any other news; 503 asks for that news again."""
    form = verified_form(request, context.settings, target="twilio_status")
    dial = form.get("DialCallStatus")
    outcome = DIALS.get(dial, Outcome.NOT_CONNECTED) if dial else CALLS.get(form.get("CallStatus", ""))
    is_told = outcome is None or _told(form, context, outcome=outcome)
    if dial is None:
        return Response(status=204 if is_told else 503)
    # The caller may still be on the line, so a dial is answered whether or not we could write it down.
    return twiml.reply(twiml.goodbye() if outcome is Outcome.CALLER_LEFT else twiml.apology(twiml.OUR_FAILURE))


def _told(form: MultiDict[str, str], context: Context, *, outcome: Outcome) -> bool:
    """Whether this is settled; False where telling it again could help."""
    status = form.get("DialCallStatus") or form.get("CallStatus")
    try:
        phone = PhoneCall.of(form)
        about(call=phone.call_id)
        is_ours = close(phone, context, outcome=outcome, detail=status)
        if is_ours and status not in CONNECTED:
            context.rooms.close(phone.call_id)
    except StoreError:
        log.error("a call could not be closed: storage fails")
        return False
    except RoomNotClosed as error:
        log.warning("a call is over and its room is not: %s", error)
    except Exception as error:  # nothing of ours may keep the caller from hearing what comes next
        log.error("a call could not be closed: %s", without_words(error))
    return True


def close(phone: PhoneCall, context: Context, *, outcome: Outcome, detail: str | None) -> bool:
    """Close the call if it is ours and still live, and tell whether it is ours; raises InvalidDocument, StoreError."""
    number = phone.number(context.database, at=context.now())
    if number is None:
        return False
    about(call=phone.call_id, org=number.org)
    try:
        line.close(
            context.database.for_org(number.org), phone.call_id, outcome=outcome, detail=detail, at=context.now()
        )
    except NotFound:
        log.info("Twilio told of a call that was never opened")
        return False
    return True
