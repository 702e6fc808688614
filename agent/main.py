"""The worker: takes jobs from LiveKit, one a call. `answer` is the table of contents of a call.

Run by `python -m livekit.agents start agent/main.py`.
"""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial

from livekit.agents import JobContext, JobProcess
from livekit.agents.tokenize.basic import hyphenate_word

from agent import clips
from agent.announcer import Announcer
from agent.briefing import Briefing, brief
from agent.library import Library
from agent.line_up import LineUp
from agent.log_privacy import keep_words_out_of_logs
from agent.measurements import hearing_changed
from agent.music import HoldMusic, render
from agent.out_of_order import apologise, give_up
from agent.pipelines import Pipeline
from agent.pipelines.choose import choose, prewarm
from agent.session import make_session, room_options
from agent.silence_guard import SilenceGuard
from agent.tenure import Tenure
from agent.tracing import trace_calls
from agent.unannounced import caller_of, dispatch_of
from agent.worker import Worker
from holdline import line
from holdline.call import Outcome
from holdline.errors import CallOver, HoldlineError, LeaseLost
from holdline.firestore import connect
from holdline.garbage import spare_what_is_loaded
from holdline.logs import log_what_nobody_caught
from holdline.settings import WorkerSettings, load
from holdline.store import Store

log = logging.getLogger("holdline.call")

settings = load(WorkerSettings)


def warm_up(process: JobProcess) -> None:
    """Load once a process what would stop the first call's voice for a moment, and mind what is logged."""
    keep_words_out_of_logs()
    log_what_nobody_caught()
    trace_calls(settings)
    process.userdata["models"] = prewarm(settings)
    hyphenate_word("transcript")
    render()
    clips.load()
    spare_what_is_loaded()


server = Worker(settings, warm_up=warm_up)


def now() -> datetime:
    return datetime.now(UTC)


@server.rtc_session(agent_name=settings.agent_name)
async def answer(ctx: JobContext) -> None:
    """One call, from the dispatch to the end."""
    database = await asyncio.to_thread(connect, settings)
    dispatch = await dispatch_of(ctx, settings, database, at=now())
    if dispatch is None:
        ctx.shutdown(reason="there is no call for this job")
        return
    ctx.log_context_fields = {"call": dispatch.call, "org": dispatch.org}
    store = database.for_org(dispatch.org)
    tenure = Tenure(database.platform, dispatch, job=ctx.job.id, clock=now)
    try:
        await tenure.begin()
    except LeaseLost as lost:
        log.info("call %s: is not for this job: %s", dispatch.call, lost)
        ctx.shutdown(reason="another job has the call")
        return
    await ctx.connect()
    try:
        caller = await caller_of(ctx.room, dispatch)
    except (TimeoutError, RuntimeError):  # nobody came, or the room went away
        await hang_up(ctx, store, tenure, dispatch.call, outcome=Outcome.NOT_CONNECTED, detail="nobody came")
        return
    try:
        briefing = await brief(store, dispatch, caller=caller, at=now(), library=Library.of(settings))
    except CallOver as over:
        log.info("call %s: was over before it was answered", dispatch.call)
        await hang_up(ctx, store, tenure, dispatch.call, detail=str(over))
        return
    except HoldlineError as error:
        log.error("call %s: cannot be answered: %s", dispatch.call, error)
        await apologise(ctx, caller_identity=caller)
        await hang_up(ctx, store, tenure, dispatch.call, detail=str(error))
        return
    models = ctx.proc.userdata["models"]
    # In a thread: the providers' clients read certificates, which takes a tenth of a second.
    language, terms = briefing.voice_agent.language, briefing.terms
    pipeline = await asyncio.to_thread(choose, settings, models=models, language=language, terms=terms)
    await converse(ctx, pipeline, store, tenure, briefing)


async def hang_up(
    ctx: JobContext, store: Store, tenure: Tenure, call_id: str, *, outcome: Outcome = Outcome.FAILED, detail: str
) -> None:
    """End a call that never began: first the document, since a room that is gone is taken for an ended call."""
    try:
        await asyncio.to_thread(line.close, store, call_id, outcome=outcome, detail=detail, at=now())
    except HoldlineError as error:
        log.error("call %s: its end is not written: %s", call_id, error)
    await tenure.end()
    await ctx.delete_room()
    ctx.shutdown(reason=outcome)


async def converse(ctx: JobContext, pipeline: Pipeline, store: Store, tenure: Tenure, briefing: Briefing) -> None:
    """Put the parts together, greet, and leave the call to them."""
    call = briefing.call
    parts = LineUp.of(
        briefing,
        store=store,
        music=HoldMusic(ctx.room),
        job=ctx,
        clock=now,
        tenure=tenure,
        on_deaf=lambda is_deaf: hearing_changed(ctx.job.id, is_deaf=is_deaf),
    )
    tenure.when_lost(parts.ending.leave)
    session = make_session(pipeline)
    parts.serve(session)
    announcer = Announcer(ctx.room)
    guard = SilenceGuard(
        floor=parts.floor,
        announcer=announcer,
        is_kept_company=lambda: parts.questions.is_kept_company,
        give_up=partial(give_up, announcer, floor=parts.floor, ending=parts.ending),
    )
    parts.ending.on_end(guard.close)
    parts.ending.on_end(announcer.close)
    ctx.add_shutdown_callback(parts.ending.finish)
    parts.ending.when_the_caller_leaves(ctx.room, briefing.caller_identity)

    try:
        await parts.inbox.open(call.id)
        await session.start(
            parts.receptionist,
            room=ctx.room,
            room_options=room_options(briefing.caller_identity),
            session_host=False,  # else whoever may send data into the room could speak for the caller
            record=False,
        )
        parts.floor.attach(session)
        guard.attach(session)
        await asyncio.wait_for(ctx.wait_for_participant(identity=briefing.caller_identity), briefing.caller_within_s)
    except TimeoutError:
        parts.ending.begin(Outcome.NOT_CONNECTED)
        return
    except Exception as error:  # whatever keeps a call from beginning must still end it, and free what it holds
        log.exception("call %s: could not begin", call.id)
        parts.ending.begin(Outcome.FAILED, detail=type(error).__name__)
        return
    log.info("call %s: answered by voice agent %s (%s)", call.id, briefing.voice_agent.id, pipeline.name)
    guard.expect_a_voice()
    await parts.answer()
