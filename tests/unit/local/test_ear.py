"""An ear keeps what came and when, and can be waited on."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from livekit import rtc

from local import ear as ears
from local.ear import SAMPLE_RATE, Ear

STEP = SAMPLE_RATE // 100


class Clock:
    """Wall clock time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(ears, "time", clock)
    yield clock


def frame(level: int) -> rtc.AudioFrame:
    return rtc.AudioFrame(np.full(STEP, level, dtype=np.int16).tobytes(), SAMPLE_RATE, 1, STEP)


def listen(ear: Ear, clock: Clock, *levels: int) -> None:
    """Frames of 10 ms, one after the other."""
    for level in levels:
        clock.now += 0.01
        ear.take(frame(level))


def test_the_first_loud_frame_after_a_time_is_told_by_when_it_came(clock: Clock) -> None:
    ear = Ear()
    listen(ear, clock, 0, 5_000, 20, 5_000)
    assert ear.first_loud_after(1_000.0) == pytest.approx(1_000.02)
    assert ear.first_loud_after(1_000.025) == pytest.approx(1_000.04)
    assert ear.first_loud_after(1_000.05) is None
    assert ear.last_loud_before(1_000.035) == pytest.approx(1_000.02)
    assert ear.last_loud_before(1_000.02) is None


def test_a_stretch_of_time_is_the_sound_that_came_in_it(clock: Clock) -> None:
    ear = Ear()
    listen(ear, clock, 1, 2, 3, 4)
    heard = ear.between(1_000.015, 1_000.035)
    assert sorted(set(heard.samples.tolist())) == [2, 3]
    assert heard.duration_s == pytest.approx(0.02)


async def test_silence_counts_from_the_last_loud_frame(clock: Clock) -> None:
    ear = Ear()
    waiting = asyncio.create_task(ear.wait_for_silence(lasting_s=0.05, within_s=5))
    await asyncio.sleep(0)
    listen(ear, clock, 5_000, 5_000, 0, 0, 0, 0)
    await asyncio.sleep(0)
    assert not waiting.done()
    listen(ear, clock, 0, 0)
    assert await waiting == pytest.approx(1_000.02)


async def test_speech_that_never_begins_is_waited_for_no_longer_than_allowed(clock: Clock) -> None:
    ear = Ear()
    listen(ear, clock, 0, 10)
    with pytest.raises(TimeoutError):
        await ear.wait_for_speech(after=1_000.0, within_s=0.01)
