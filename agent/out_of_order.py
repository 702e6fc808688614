"""A call that cannot be answered, or can no longer be, still hears why. Needs a room, and no provider at all."""

import asyncio
import logging

from livekit.agents import JobContext

from agent.announcer import Announcer
from agent.clips import Clip
from agent.ending import Ending
from agent.floor import Floor
from holdline.call import Outcome

log = logging.getLogger(__name__)

APOLOGISE_WITHIN_S = 20


async def apologise(ctx: JobContext, *, caller_identity: str) -> None:
    """Say to this caller that something is wrong on our side."""
    announcer = Announcer(ctx.room)
    try:
        async with asyncio.timeout(APOLOGISE_WITHIN_S):
            await ctx.wait_for_participant(identity=caller_identity)
            await announcer.play(Clip.OUT_OF_ORDER)
    except (TimeoutError, RuntimeError):
        log.warning("nobody was there to hear the apology")
    finally:
        await announcer.close()


async def give_up(announcer: Announcer, detail: str, *, floor: Floor, ending: Ending) -> None:
    """End a call that cannot be held any longer: say so, and write down why."""
    floor.silence()
    await announcer.play(Clip.OUT_OF_ORDER)
    ending.begin(Outcome.FAILED, detail=detail)
