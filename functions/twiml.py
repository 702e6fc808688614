"""What Twilio is told to do with a caller, and the words that a caller hears when we cannot help: never silence."""

from flask import Response
from twilio.twiml.voice_response import Dial, VoiceResponse

from holdline.settings import FunctionsSettings

UNKNOWN_LINE = "We're sorry. The number you have called is not in service. Please check the number. Goodbye."
CLOSED_LINE = "We're sorry. Nobody can take your call on this line right now. Please call again later. Goodbye."
# deploy/twilio/fallback.xml says the same where no function answers at all.
OUR_FAILURE = "We're sorry. We cannot take your call because of a technical problem. Please try again soon. Goodbye."

RING_TIMEOUT_S = 30
"""The caller hears ringing until the agent's voice is in the room."""


def dial_room(room: str, *, caller_id: str, settings: FunctionsSettings) -> VoiceResponse:
    """Ring the room over SIP; what became of it is told to `twilio_status`."""
    response = VoiceResponse()
    dial = Dial(
        answer_on_bridge=True,
        action=f"{settings.functions_url.rstrip('/')}/twilio_status",
        method="POST",
        timeout=RING_TIMEOUT_S,
        caller_id=caller_id,
    )
    dial.sip(
        f"sip:{room}@{settings.sip_host};transport=tcp",
        username=settings.sip_username,
        password=settings.sip_password.get_secret_value(),
    )
    response.append(dial)
    return response


def apology(words: str) -> VoiceResponse:
    response = VoiceResponse()
    response.say(words)
    response.hangup()
    return response


def goodbye() -> VoiceResponse:
    response = VoiceResponse()
    response.hangup()
    return response


def reply(response: VoiceResponse) -> Response:
    return Response(str(response), mimetype="text/xml")
