"""Hold music: a quiet tune under nobody's voice, silenced within a frame. What plays when is decided in `hold.py`."""

import asyncio
import contextlib
import logging
from functools import cache

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from agent.tracks import publish_options

log = logging.getLogger(__name__)

SAMPLE_RATE = 24_000
FRAME_S = 0.2
QUEUE_MS = 400
FADE_IN_S = 0.6
LOUDNESS = 0.05
"""Peak of full scale: well below speech."""
CHORDS_HZ = (
    (261.63, 329.63, 392.00, 493.88),
    (220.00, 261.63, 329.63, 392.00),
    (174.61, 220.00, 261.63, 329.63),
    (196.00, 246.94, 293.66, 392.00),
)
NOTE_S = 0.5


class HoldMusic:
    """A track of its own in the room, so that speech never queues behind it."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=QUEUE_MS)
        self._is_wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def play(self) -> None:
        """Begin, or go on; publishes the track the first time."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="hold music")
        self._is_wanted.set()

    def hush(self) -> None:
        """Stop now, dropping what is queued."""
        if self._is_wanted.is_set():
            self._is_wanted.clear()
            self._source.clear_queue()

    async def close(self) -> None:
        self.hush()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._source.aclose()

    async def _run(self) -> None:
        track = rtc.LocalAudioTrack.create_audio_track("hold-music", self._source)
        options = publish_options(rtc.TrackSource.SOURCE_UNKNOWN)
        await self._room.local_participant.publish_track(track, options)
        tune = await asyncio.to_thread(render)
        samples = int(SAMPLE_RATE * FRAME_S)
        position = 0
        while True:
            await self._is_wanted.wait()
            played = 0
            while self._is_wanted.is_set():
                gain = np.minimum(1.0, np.arange(played, played + samples) / (FADE_IN_S * SAMPLE_RATE))
                chunk = np.take(tune, range(position, position + samples), mode="wrap") * gain
                position = (position + samples) % len(tune)
                played += samples
                await self._source.capture_frame(
                    rtc.AudioFrame(chunk.astype(np.int16).tobytes(), SAMPLE_RATE, 1, samples)
                )
            self._source.clear_queue()  # the frame that was under way when the music was hushed


@cache
def render() -> NDArray[np.float32]:
    """A slow arpeggio over four chords, one loop of it, as int16-scaled samples at 24 kHz, mono."""
    notes = [hz for chord in CHORDS_HZ for hz in (*chord, *chord[2:0:-1])]
    spacing = int(SAMPLE_RATE * NOTE_S)
    ring = int(SAMPLE_RATE * 2.4)
    loop = np.zeros(spacing * len(notes), dtype=np.float64)
    time_s = np.arange(ring) / SAMPLE_RATE
    for index, hz in enumerate(notes):
        attack = np.minimum(1.0, time_s / 0.02)
        tone = sum(np.sin(2 * np.pi * hz * k * time_s) / k**2 for k in (1, 2, 3))
        place = np.arange(index * spacing, index * spacing + ring) % len(loop)
        loop[place] += tone * attack * np.exp(-time_s * 2.2)
    scaled: NDArray[np.float32] = (loop / np.abs(loop).max() * LOUDNESS * 32767).astype(np.float32)
    return scaled
