"""A phone rings one of our numbers: open the call and its room, and tell Twilio to connect the two."""

import logging

from flask import Request, Response
from twilio.twiml.voice_response import VoiceResponse

from functions import twiml
from functions.calls import open_call
from functions.context import Context
from functions.failures import without_words
from functions.phone import PhoneCall
from functions.twilio_request import verified_form
from holdline.call import CallKind
from holdline.errors import NoVoiceAgent
from holdline.logs import about
from holdline.redaction import masked

log = logging.getLogger(__name__)


def answer_phone(request: Request, context: Context) -> Response:
    """TwiML, whatever happens: a caller never hears silence."""
    form = verified_form(request, context.settings, target="twilio_voice")
    try:
        response = connect(PhoneCall.of(form), context)
    except Exception as error:  # the last edge before a caller's ear: whatever broke has words
        log.error("a phone call could not be connected: %s", without_words(error))
        response = twiml.apology(twiml.OUR_FAILURE)
    return twiml.reply(response)


def connect(phone: PhoneCall, context: Context) -> VoiceResponse:
    """Raises what storage, LiveKit and documents raise; the call is then closed as failed."""
    about(call=phone.call_id)
    rung = phone.rung(context.lines, at=context.now())
    if rung is None:
        log.warning("%s was rung and leads nowhere", masked(phone.line))
        return twiml.apology(twiml.UNKNOWN_LINE)
    try:
        call = open_call(
            context,
            rung,
            call_id=phone.call_id,
            kind=CallKind.PHONE,
            caller=phone.caller,
            caller_identity=phone.caller_identity,
            opened_by=phone.sid,
        )
    except NoVoiceAgent:
        log.warning("%s was rung and has no voice agent in force", masked(phone.line))
        return twiml.apology(twiml.CLOSED_LINE)
    if not call.is_live:  # the same webhook again, long after
        return twiml.goodbye()
    return twiml.dial_room(call.id, caller_id=phone.caller, settings=context.settings)
