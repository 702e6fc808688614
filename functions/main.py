"""Every entry point of the Cloud Functions, and nothing else: each is deployed as a function of its own name."""

import functions_framework
from cloudevents.http.event import CloudEvent
from flask import Request, Response

from functions.browser_call import CreateRoom, open_browser_call
from functions.call_status import call_status
from functions.context import context, settings
from functions.incoming_text import take_text
from functions.join import JoinToken, join_call
from functions.json_api import Refused, refused, respond
from functions.learn import take_in_write
from functions.room_events import room_event
from functions.sweep import sweep_all
from functions.texting import send_due_text
from functions.voice import answer_phone
from holdline.garbage import spare_what_is_loaded

settings()  # A revision that lacks a setting must fail to start, so that the one before it goes on answering.
spare_what_is_loaded()


@functions_framework.http
def twilio_voice(request: Request) -> Response:
    """Twilio: somebody rings one of our numbers."""
    return answer_phone(request, context())


@functions_framework.http
def twilio_status(request: Request) -> Response:
    """Twilio: what became of the dial into the room, and of the call."""
    return call_status(request, context())


@functions_framework.http
def twilio_message(request: Request) -> Response:
    """Twilio: somebody texts one of our numbers, or a text of ours was not delivered."""
    return take_text(request, context())


@functions_framework.http
def livekit_webhook(request: Request) -> Response:
    """LiveKit: who came into a room, who left, and that a room is gone."""
    return room_event(request, context())


@functions_framework.http
def create_room(request: Request) -> Response:
    """The dashboard, for a visitor: call a line from the browser."""
    return respond(request, context(), CreateRoom, open_browser_call)


@functions_framework.http
def join_token(request: Request) -> Response:
    """The dashboard, for a person: listen to a call; or for a visitor: come back to one."""
    return respond(request, context(), JoinToken, join_call)


@functions_framework.http
def sweep(request: Request) -> Response:
    """Cloud Scheduler, once a minute: end what no event ended."""
    return sweep_all(request, context())


@functions_framework.cloud_event
def learn(event: CloudEvent) -> None:
    """Firestore: a help request was written."""
    take_in_write(event, context())


@functions_framework.cloud_event
def send_texts(event: CloudEvent) -> None:
    """Firestore: a help request was written, and may ask for a text to go out."""
    send_due_text(event, context())


@functions_framework.errorhandler(500)  # type: ignore[untyped-decorator]
def broken(_: Exception) -> Response:
    """The framework would show the exception's text to whoever caused it."""
    return refused(Refused("internal", "Something went wrong on our side."))
