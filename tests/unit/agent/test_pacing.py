"""Sound goes out as it is needed: enough ahead to bear a busy moment, and no more."""

import asyncio
from collections.abc import AsyncIterator

from livekit import rtc

from agent.pacing import AHEAD_S, paced

RATE = 16_000


def a_frame(seconds: float) -> rtc.AudioFrame:
    samples = round(RATE * seconds)
    return rtc.AudioFrame(bytes(2 * samples), RATE, 1, samples)


async def sentence(*seconds: float, pause_s: float = 0.0) -> AsyncIterator[rtc.AudioFrame]:
    for duration in seconds:
        await asyncio.sleep(pause_s)
        yield a_frame(duration)


async def given_at(frames: AsyncIterator[rtc.AudioFrame]) -> list[float]:
    clock = asyncio.get_running_loop().time
    return [round(clock(), 3) async for _ in paced(frames)]


async def test_the_first_half_second_goes_out_at_once_and_the_rest_half_a_second_ahead() -> None:
    assert await given_at(sentence(0.01, 0.09, 0.4, 0.5, 0.5)) == [0.0, 0.0, 0.0, AHEAD_S - 0.5, 1.0 - AHEAD_S]


async def test_no_frame_is_lost_or_changed() -> None:
    given = [frame.samples_per_channel async for frame in paced(sentence(0.01, 2.0, 0.3))]
    assert given == [160, 32_000, 4_800]


async def test_a_voice_that_is_slower_than_speech_is_not_kept_back() -> None:
    assert await given_at(sentence(0.1, 0.1, 0.1, pause_s=0.4)) == [0.4, 0.8, 1.2]


async def test_after_a_gap_the_sound_counts_from_where_it_went_on() -> None:
    async def with_a_gap() -> AsyncIterator[rtc.AudioFrame]:
        yield a_frame(0.2)
        await asyncio.sleep(3.0)
        for _ in range(3):
            yield a_frame(0.4)

    assert await given_at(with_a_gap()) == [0.0, 3.0, 3.0, 3.3]
