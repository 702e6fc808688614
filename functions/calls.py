"""Opening a call, the same for a phone and for a browser: voice agent in force, document, room with its agent."""

import logging

from functions.binding import RungNumber
from functions.context import Context
from holdline import lease, line
from holdline.call import Call, CallKind, Dispatch, Outcome
from holdline.errors import AlreadyExists, HoldlineError
from holdline.logs import about
from holdline.redaction import masked
from holdline.store import Create

log = logging.getLogger(__name__)


def open_call(
    context: Context,
    rung: RungNumber,
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
    number, at = rung.number, context.now()
    about(call=call_id, org=number.org)
    duty = rung.on_duty(at=at)
    call = _written(
        context,
        Call(
            id=call_id,
            kind=kind,
            caller=caller,
            caller_identity=caller_identity,
            line=number.id,
            voice_agent=duty.voice_agent.id,
            voice_agent_version=duty.version,
            opened_by=opened_by,
            started_at=at,
            delete_at=duty.organisation.keeps_until(at),
        ),
        org=number.org,
    )
    if not call.is_live:
        return call
    try:
        context.rooms.open(Dispatch.to(call, org=number.org))
    except Exception:  # whatever it was, this call will not be held
        _close_as_failed(context, number.org, call.id)
        raise
    log.info("call %s: %s rings %s", call.id, masked(call.caller), masked(call.line))
    return call


def _written(context: Context, call: Call, *, org: str) -> Call:
    """The call with the lease of the job that is to come, in one commit; or the call that is there already."""
    awaited = lease.awaited(call.id, org=org, at=call.started_at)
    try:
        context.database.commit((org, Create(call)), (None, awaited))
    except AlreadyExists:  # the same webhook again
        call = line.open_call(context.database.for_org(org), call)
        if call.is_live:
            lease.expect(context.database.platform, call.id, org=org, at=call.started_at)
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
