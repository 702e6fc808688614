"""Sound that is made faster than it is heard, given on at the pace at which it is needed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable

from livekit import rtc

AHEAD_S = 0.5
"""More than what the room's output holds ready for a moment in which the loop is busy."""


async def paced(frames: AsyncIterable[rtc.AudioFrame]) -> AsyncGenerator[rtc.AudioFrame, None]:
    """The same frames, each half a second before its turn.

    A synthesiser may make a whole sentence at once. Given on at once, resampling it and measuring its rhythm for the
    transcript would take the processor for some hundredths of a second, just when its first words are to go out.
    """
    clock = asyncio.get_running_loop().time
    heard_until: float | None = None
    async for frame in frames:
        now = clock()
        heard_until = now if heard_until is None else max(heard_until, now)
        if (early_s := heard_until - AHEAD_S - now) > 0:
            await asyncio.sleep(early_s)
        heard_until += frame.duration
        yield frame
