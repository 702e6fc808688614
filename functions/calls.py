"""Opening a call, the same for a phone and for a browser: voice agent in force, document, room with its agent."""

import logging

from functions.context import Context
from holdline import config, lease, line
from holdline.call import Call, CallKind, Dispatch, Outcome
from holdline.errors import HoldlineError, NotFound, NoVoiceAgent
from holdline.logs import about
from holdline.people import PhoneNumber
from holdline.redaction import masked
from holdline.voice_agent import VoiceAgent

log = logging.getLogger(__name__)


def open_call(
    context: Context,
    number: PhoneNumber,
    *,
    call_id: str,
    kind: CallKind,
    caller: str,
    caller_identity: str,
    opened_by: str,
) -> Call:
    """The call that was opened, or the one that has this id already; its room is open if it is live.

    Raises NoVoiceAgent, RoomNotOpened, Unavailable; a call whose room could not be opened is closed as failed.
    """
    about(call=call_id, org=number.org)
    store, at = context.database.for_org(number.org), context.now()
    try:
        voice_agent, version = config.in_force(store, VoiceAgent, number.voice_agent, at=at)
    except NotFound:
        raise NoVoiceAgent(f"{number.voice_agent} has no valid version.") from None
    if not voice_agent.active:
        raise NoVoiceAgent(f"{number.voice_agent} is switched off.")
    call = line.open_call(
        store,
        Call(
            id=call_id,
            kind=kind,
            caller=caller,
            caller_identity=caller_identity,
            line=number.id,
            voice_agent=voice_agent.id,
            voice_agent_version=version,
            opened_by=opened_by,
            started_at=at,
            delete_at=config.organisation_in_force(store, number.org, at=at).keeps_until(at),
        ),
    )
    if not call.is_live:
        return call
    dispatch = Dispatch(
        org=number.org,
        call=call.id,
        voice_agent=call.voice_agent,
        version=call.voice_agent_version,
        kind=call.kind,
        caller_identity=call.caller_identity,
    )
    try:
        lease.expect(context.database.platform, call.id, org=number.org, at=at)
        context.rooms.open(dispatch)
    except Exception:  # whatever it was, this call will not be held
        _close_as_failed(context, number.org, call.id)
        raise
    log.info("call %s: %s rings %s", call.id, masked(call.caller), masked(call.line))
    return call


def _close_as_failed(context: Context, org: str, call_id: str) -> None:
    try:
        line.close(
            context.database.for_org(org), call_id, outcome=Outcome.FAILED, detail="room_not_opened", at=context.now()
        )
    except HoldlineError:  # what broke first is what is told
        log.error("call %s has no room and could not be closed", call_id)
