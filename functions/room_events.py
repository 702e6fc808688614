"""LiveKit tells what happens in the rooms. The worker, where it lives, says the same, and sooner."""

import logging
from datetime import datetime

from flask import Request, Response
from livekit.api import TokenVerifier, WebhookReceiver
from livekit.protocol.models import DisconnectReason, ParticipantInfo, RoomEndReason
from livekit.protocol.webhook import WebhookEvent
from pydantic import ValidationError

from functions.context import Context
from functions.front_end import send_agent
from functions.json_api import Refused, refused
from holdline import front_end, line
from holdline.call import COMES_BACK, Call, Dispatch, Outcome
from holdline.errors import HoldlineError, NotFound, StoreError
from holdline.logs import about
from holdline.settings import LiveKitSettings
from holdline.store import Store, must_get

log = logging.getLogger(__name__)

TOLD = ("participant_joined", "participant_left", "room_finished")
"""The events that change anything; for others, such as each track's, storage need not be asked."""
STILL_HERE = frozenset(map(DisconnectReason.Value, COMES_BACK))
SENT_AWAY = (DisconnectReason.ROOM_DELETED, DisconnectReason.ROOM_CLOSED, DisconnectReason.PARTICIPANT_REMOVED)
"""Only our own programs do this to a caller."""


def room_event(request: Request, context: Context) -> Response:
    """204 for what was taken in or does not concern us; 503 asks for the event again."""
    try:
        event = _verified(request, context.settings)
    except Refused as refusal:
        return refused(refusal)
    try:
        dispatch = _ours(event)
        wanted = front_end.line_of(event.room.name, default=context.settings.default_voice_agent)
        if dispatch is not None:
            take_in(event, dispatch.call, context.database.for_org(dispatch.org), at=context.now())
        elif wanted is not None and event.event == "room_started":
            send_agent(event.room, wanted, context)
        elif wanted is not None:
            store = context.database.for_org(wanted.org)
            take_in(event, front_end.call_id(event.room.sid), store, at=context.now())
    except StoreError:
        log.error("a room's event could not be taken in: storage fails")
        return refused(Refused("unavailable", "Storage does not answer. Please send the event again."))
    except NotFound:
        log.info("a room's event tells of a call that is not there")
    except HoldlineError as error:  # sending it again would not help
        log.error("a room's event could not be taken in: %s", type(error).__name__)
    return Response(status=204)


def take_in(event: WebhookEvent, call_id: str, store: Store, *, at: datetime) -> None:
    """Raises NotFound, InvalidDocument, StoreError. Events come late, twice and in any order."""
    if event.event not in TOLD:
        return
    about(call=call_id, org=store.org)
    call = must_get(store, Call, call_id).record
    if not call.is_live:
        return
    participant = event.participant
    if event.event == "participant_joined" and participant.kind == ParticipantInfo.Kind.AGENT:
        line.agent_joined(store, call.id, at=at)
    elif event.event == "participant_left" and participant.identity == call.caller_identity:
        if participant.disconnect_reason not in STILL_HERE:
            was_sent = participant.disconnect_reason in SENT_AWAY
            line.close(store, call.id, outcome=Outcome.AGENT_ENDED if was_sent else Outcome.CALLER_LEFT, at=at)
    elif event.event == "room_finished":
        line.close(store, call.id, outcome=_outcome(event, call), detail="the room closed", at=at)


def _outcome(event: WebhookEvent, call: Call) -> Outcome:
    """What became of a call whose room is gone and which nobody closed."""
    if event.room_end_reason == RoomEndReason.ROOM_END_API_DELETE:
        return Outcome.AGENT_ENDED
    return Outcome.CALLER_LEFT if call.answered_at else Outcome.NOT_CONNECTED


def _verified(request: Request, settings: LiveKitSettings) -> WebhookEvent:
    if request.method != "POST":
        raise Refused("method_not_allowed", "Use POST.")
    receiver = WebhookReceiver(TokenVerifier(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()))
    try:
        return receiver.receive(request.get_data().decode(), request.headers.get("Authorization", ""))
    except Exception:  # the library raises whatever the token's decoder, its own checks and the parser do
        raise Refused("not_signed_in", "This is not signed by LiveKit.") from None


def _ours(event: WebhookEvent) -> Dispatch | None:
    """The call that the room belongs to, or None for a room that is not one of ours."""
    try:
        dispatch = Dispatch.model_validate_json(event.room.metadata)
    except ValidationError:
        return None
    return dispatch if dispatch.call == event.room.name else None
