"""Twilio tells how a call went: what the dial into the room came to, and that the phone call is over."""

import logging

from flask import Request, Response

from functions import twiml
from functions.context import Context
from functions.phone import NoSuchPhoneCall, PhoneCall
from functions.twilio_request import verified_form
from holdline import line
from holdline.call import Outcome
from holdline.errors import HoldlineError, NotFound, Unavailable

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


def call_status(request: Request, context: Context) -> Response:
    """TwiML after a dial, 204 after any other news; 503 asks for that news again."""
    form = verified_form(request, context.settings, target="twilio_status")
    dial = form.get("DialCallStatus")
    outcome = DIALS.get(dial, Outcome.NOT_CONNECTED) if dial else CALLS.get(form.get("CallStatus", ""))
    try:
        if outcome:
            close(PhoneCall.of(form), context, outcome=outcome, detail=dial or form.get("CallStatus"))
        is_known = True
    except NoSuchPhoneCall:
        log.warning("Twilio told of a call without a CallSid")
        is_known = True  # telling it again would not help
    except Unavailable:
        log.error("a call could not be closed: storage does not answer")
        is_known = False
    except HoldlineError as error:
        log.error("a call could not be closed: %s", type(error).__name__)
        is_known = True
    if dial is None:
        return Response(status=204 if is_known else 503)
    # The caller may still be on the line, so a dial is answered whether or not we could write it down.
    return twiml.reply(twiml.goodbye() if outcome is Outcome.CALLER_LEFT else twiml.apology(twiml.OUR_FAILURE))


def close(phone: PhoneCall, context: Context, *, outcome: Outcome, detail: str | None) -> None:
    """Close the call if it is ours and still live; raises InvalidDocument, Unavailable."""
    number = phone.number(context.database)
    if number is None:
        return
    try:
        line.close(
            context.database.for_org(number.org), phone.call_id, outcome=outcome, detail=detail, at=context.now()
        )
    except NotFound:
        log.info("Twilio told of a call that was never opened")
