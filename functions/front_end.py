"""A room that somebody else opened: our agent is sent into it, once, if its name or the settings say which."""

import logging

from livekit.protocol.models import Room

from functions.context import Context
from functions.rooms import AgentNotSent, RoomNotClosed
from holdline import front_end, lease, line
from holdline.call import Call, Dispatch, Outcome
from holdline.errors import NoVoiceAgent, StoreError
from holdline.store import Store

log = logging.getLogger(__name__)


def send_agent(room: Room, wanted: front_end.Line, context: Context) -> None:
    """Open the call and send the agent; nothing where that was done before. Raises InvalidDocument, StoreError."""
    store, at = context.database.for_org(wanted.org), context.now()
    try:
        call = front_end.open_call(store, wanted, room=room.name, room_sid=room.sid, at=at)
    except NoVoiceAgent as refusal:
        log.warning("a room asks for a voice agent that cannot answer: %s", refusal)
        return
    if call is None:
        return
    try:
        lease.expect(context.database.platform, call.id, org=wanted.org, at=at)
    except StoreError:  # asked for again, the call would be there already and nobody be sent: send at once
        log.error("call %s: nobody will notice if its agent does not come, since storage fails", call.id)
    try:
        context.rooms.send_agent(call.room_name, Dispatch.to(call, org=wanted.org))
    except AgentNotSent as error:
        log.error("call %s: %s", call.id, error)
        _give_up(call, store, context)
        return
    log.info("call %s: a front end rings %s of %s", call.id, call.voice_agent, wanted.org)


def _give_up(call: Call, store: Store, context: Context) -> None:
    """Better no room than one in which nobody answers; sending again might send a second agent."""
    try:
        line.close(store, call.id, outcome=Outcome.FAILED, detail="no agent could be sent", at=context.now())
        context.rooms.close(call.room_name)
    except (StoreError, RoomNotClosed) as error:
        log.error("call %s has no agent and could not be ended: %s", call.id, error)
