"""Opening a call, the same for a phone and for a browser: voice agent in force, document, room with its agent."""

import logging

from functions.context import Context
from holdline import config, lease, line
from holdline.call import Call, CallKind, Dispatch, Outcome
from holdline.errors import HoldlineError
from holdline.logs import about
from holdline.people import PhoneNumber
from holdline.redaction import masked
from holdline.voice_agent import on_duty

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
    voice_agent, version = on_duty(store, number.voice_agent, at=at)
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
    try:
        lease.expect(context.database.platform, call.id, org=number.org, at=at)
        context.rooms.open(Dispatch.to(call, org=number.org))
    except Exception:  # whatever it was, this call will not be held
        _close_as_failed(context, number.org, call.id)
        raise
    log.info("call %s: %s rings %s", call.id, masked(call.caller), masked(call.line))
    return call


def _close_as_failed(context: Context, org: str, call_id: str) -> None:
    try:
        line.close(
            context.database.for_org(org),
            call_id,
            outcome=Outcome.FAILED,
            detail="the room could not be opened",
            at=context.now(),
        )
    except HoldlineError:  # what broke first is what is told
        log.error("call %s has no room and could not be closed", call_id)
