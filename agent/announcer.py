"""A voice that needs nothing but the room: recorded sentences on a track of their own, whatever the session does.

Used only where the floor cannot speak: before there is a session, beside one that hangs, and after one that failed.
"""

import asyncio
import contextlib
import logging

from livekit import rtc

from agent.clips import Clip

log = logging.getLogger(__name__)

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
        if self._playing is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._playing
        await self._source.aclose()

    async def _play(self, clip: Clip) -> None:
        """On a track that is there for as long as it has something to say."""
        track = rtc.LocalAudioTrack.create_audio_track("announcement", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        us = self._room.local_participant
        publication = await us.publish_track(track, options)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(publication.wait_for_subscription(), HEARD_WITHIN_S)
            async for frame in clip.frames():
                await self._source.capture_frame(frame)
            await self._source.wait_for_playout()
            await asyncio.sleep(LINGER_S)
        finally:
            await us.unpublish_track(publication.sid)
