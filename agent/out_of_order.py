"""A call that cannot be answered still hears why."""

import asyncio
import logging

from livekit.agents import Agent, AgentSession, JobContext

from agent.pipelines import Pipeline
from agent.session import room_options
from agent.words import line as words

log = logging.getLogger(__name__)

APOLOGISE_WITHIN_S = 20


async def apologise(ctx: JobContext, pipeline: Pipeline, *, caller_identity: str) -> None:
    """Say that something is wrong on our side; needs nothing but a room and a synthesiser."""
    session: AgentSession[None] = AgentSession(tts=pipeline.tts, vad=None, turn_handling={"turn_detection": None})
    try:
        async with asyncio.timeout(APOLOGISE_WITHIN_S):
            await session.start(
                Agent(instructions=""), room=ctx.room, room_options=room_options(caller_identity), record=False
            )
            await ctx.wait_for_participant(identity=caller_identity)
            await session.say(words("apology", "out_of_order"), allow_interruptions=False)
    except (TimeoutError, RuntimeError):
        log.warning("nobody was there to hear the apology")
    finally:
        await session.aclose()
