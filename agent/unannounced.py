"""A job that comes without metadata: somebody asked LiveKit for our agent, and none of our doors opened a call.

That is how LiveKit's playground and its console do it. Such a job opens the call itself, where the settings name a
voice agent for it. If the webhook was faster, the call is there already and has its own job: this one leaves unheard.
"""

import asyncio
import logging
from datetime import datetime

from livekit import rtc
from livekit.agents import JobContext
from livekit.agents.utils import wait_for_participant
from pydantic import ValidationError

from holdline import front_end
from holdline.call import Dispatch
from holdline.errors import HoldlineError
from holdline.settings import WorkerSettings
from holdline.store import Database

log = logging.getLogger("holdline.call")

SOMEBODY_WITHIN_S = 30.0


async def dispatch_of(
    ctx: JobContext, settings: WorkerSettings, database: Database, *, at: datetime
) -> Dispatch | None:
    """The call that this job is for, or None, with the reason in the log, where there is none for it."""
    metadata = ctx.job.metadata
    try:
        return Dispatch.model_validate_json(metadata) if metadata else await _opened(ctx, settings, database, at=at)
    except ValidationError as error:
        log.error("a job without a usable dispatch is refused: %s", error.errors(include_input=False))
    except HoldlineError as error:
        log.error("a job without metadata is refused: %s", error)
    return None


async def _opened(ctx: JobContext, settings: WorkerSettings, database: Database, *, at: datetime) -> Dispatch | None:
    room, default = ctx.job.room, settings.default_voice_agent
    wanted = front_end.line_of(room.name, default=default) if default else None
    if wanted is None:
        log.error("a job without metadata is refused: DEFAULT_VOICE_AGENT names nobody, or the room is one of ours")
        return None
    # LiveKit's console makes rooms up, and gives each one the id of its job.
    sid = ctx.job.id if ctx.is_fake_job() else room.sid
    store = database.for_org(wanted.org)
    call = await asyncio.to_thread(front_end.open_call, store, wanted, room=room.name, room_sid=sid, at=at)
    if call is None:
        log.info("call %s: has an agent already; this one leaves", front_end.call_id(sid))
        return None
    return Dispatch.to(call, org=wanted.org)


async def caller_of(room: rtc.Room, dispatch: Dispatch) -> str:
    """The caller's identity: the announced one, else that of the first person to come; raises TimeoutError.

    Agents are another kind of participant, and LiveKit shows nobody those who are hidden.
    """
    if dispatch.caller_identity is not None:
        return dispatch.caller_identity
    person = wait_for_participant(room, kind=rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
    return (await asyncio.wait_for(person, SOMEBODY_WITHIN_S)).identity
