"""What came over one voice in a room: each frame with the time at which it came; waiting for speech and for silence."""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable

import numpy as np
from livekit import rtc

from local.sound import Sound, rms

SAMPLE_RATE = 24_000
LOUD_RMS = 300.0
"""About -41 dBFS: above comfort noise and codec rustle, below every spoken vowel."""


class Ear:
    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._came_at: list[float] = []
        self._loud_at: list[float] = []
        self._next = asyncio.Event()

    def take(self, frame: rtc.AudioFrame) -> None:
        now = time.time()
        pcm = bytes(frame.data)
        self._frames.append(pcm)
        self._came_at.append(now)
        if rms(np.frombuffer(pcm, dtype=np.int16)) >= LOUD_RMS:
            self._loud_at.append(now)
        self._next.set()

    def between(self, start: float, end: float | None = None) -> Sound:
        """What came in this stretch of wall clock time."""
        until = time.time() if end is None else end
        first, end_of_it = bisect_left(self._came_at, start), bisect_right(self._came_at, until)
        return Sound.of_bytes(b"".join(self._frames[first:end_of_it]), SAMPLE_RATE)

    def first_loud_after(self, start: float) -> float | None:
        """When the first loud frame after `start` came."""
        n = bisect_left(self._loud_at, start)
        return self._loud_at[n] if n < len(self._loud_at) else None

    def last_loud_before(self, end: float) -> float | None:
        """When the last loud frame before `end` came."""
        n = bisect_left(self._loud_at, end)
        return self._loud_at[n - 1] if n else None

    async def wait_for_speech(self, *, after: float, within_s: float) -> float:
        """When speech began after that time; raises TimeoutError."""
        return await self._wait(lambda: self.first_loud_after(after), within_s=within_s)

    async def wait_for_silence(self, *, lasting_s: float, within_s: float) -> float:
        """Wait until nothing was loud for so long; tells when the last sound was, or raises TimeoutError."""
        since = time.time()

        def quiet() -> float | None:
            last = max(since, self._loud_at[-1]) if self._loud_at else since
            return last if time.time() - last >= lasting_s else None

        return await self._wait(quiet, within_s=within_s)

    async def wait_for_sentence(self, *, after: float, within_s: float, pause_s: float = 0.7) -> tuple[float, float]:
        """When the next uninterrupted stretch of speech began and ended; raises TimeoutError."""
        async with asyncio.timeout(within_s):
            began = await self.wait_for_speech(after=after, within_s=within_s)
            return began, await self.wait_for_silence(lasting_s=pause_s, within_s=within_s)

    async def _wait(self, found: Callable[[], float | None], *, within_s: float) -> float:
        async with asyncio.timeout(within_s):
            while (at := found()) is None:
                self._next.clear()
                await self._next.wait()
        return at
