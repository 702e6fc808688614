"""A voice that needs nothing but the room: recorded sentences on a track of their own, whatever the session does.

Used only where the floor cannot speak: before there is a session, beside one that hangs, and after one that failed.
"""

import asyncio
import contextlib
import logging

from livekit import rtc

from agent.clips import Clip
from agent.tracks import publish_options

log = logging.getLogger(__name__)

TRACK = "announcement"
SAMPLE_RATE = 22_050
QUEUE_MS = 200
HEARD_WITHIN_S = 2.0
"""How long the caller's side may take to listen to the new track."""
LINGER_S = 0.3
"""What is still on its way to the caller when the last frame has gone out."""


class Announcer:
    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=QUEUE_MS)
        self._opening = asyncio.Lock()
        self._publication: rtc.LocalTrackPublication | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._playing: asyncio.Task[None] | None = None

    async def play(self, clip: Clip) -> bool:
        """Say it to the end; tells whether it was. What was being said gives way."""
        self.hush()
        playing = self._playing = asyncio.create_task(self._play(clip), name=f"announce {clip.value}")
        await asyncio.wait([playing])
        if playing.cancelled():
            return False
        if (error := playing.exception()) is not None:
            log.error("%s could not be announced: %s", clip.value, error)
        return error is None

    def hush(self) -> None:
        """Stop now: somebody speaks."""
        if self._playing is not None and not self._playing.done():
            self._playing.cancel()
            self._source.clear_queue()

    async def close(self) -> None:
        self.hush()
        tasks = [task for task in (self._preparing, self._playing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._source.aclose()

    def prepare(self) -> None:
        """Begin to publish the track, which takes a moment that nobody should wait for in silence."""
        if self._preparing is None:
            self._preparing = asyncio.create_task(self._open(), name="prepare announcements")

    async def _open(self) -> None:
        async with self._opening:
            if self._publication is None:
                track = rtc.LocalAudioTrack.create_audio_track(TRACK, self._source)
                options = publish_options()
                self._publication = await self._room.local_participant.publish_track(track, options)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._publication.wait_for_subscription(), HEARD_WITHIN_S)

    async def _play(self, clip: Clip) -> None:
        await self._open()
        async for frame in clip.frames():
            await self._source.capture_frame(frame)
        await self._source.wait_for_playout()
        await asyncio.sleep(LINGER_S)
