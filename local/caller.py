"""Rehearsal participants of a call: a caller who says recordings and hears, and a hidden listener who only hears."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
from livekit import rtc

from agent.announcer import TRACK as ANNOUNCEMENT
from agent.tracks import publish_options
from local.ear import SAMPLE_RATE as EAR_RATE
from local.ear import Ear
from local.sound import Samples, Sound, rms
from local.transcript import Spoken, Transcript

MOUTH_RATE = 16_000
PIECE_S = 0.01
"""How much sound a participant hears at once."""
SAID_AT_LEAST_S = 0.02
"""What it says at once is never shorter."""
LEAVE_WITHIN_S = 5.0
FAINT_RMS = 30.0
"""What a codec makes of silence once it has carried a voice is below it."""


class Listener:
    """Hears everybody in a room: the agent's voice, its hold music, and people by their identity."""

    def __init__(
        self,
        room: rtc.Room,
        *,
        on_spoken: Callable[[Spoken], None],
        piece_s: float = PIECE_S,
        minds_music: bool = True,
    ) -> None:
        self.room = room
        self._piece_s = piece_s
        self._minds_music = minds_music
        self.agent = Ear()
        self.music = Ear()
        self.people: dict[str, Ear] = {}
        self.transcript = Transcript(room, on_spoken=on_spoken)
        self._tasks: set[asyncio.Task[None]] = set()
        room.on("track_subscribed", self._subscribed)

    @classmethod
    async def join(cls, url: str, token: str, *, on_spoken: Callable[[Spoken], None] = lambda _: None) -> "Listener":
        listener = cls(rtc.Room(), on_spoken=on_spoken)
        await listener.room.connect(url, token)
        return listener

    @property
    def identity(self) -> str:
        return self.room.local_participant.identity

    def person(self, identity: str) -> Ear:
        return self.people.setdefault(identity, Ear())

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transcript.close()
        async with asyncio.timeout(LEAVE_WITHIN_S):
            await self.room.disconnect()

    async def __aenter__(self) -> "Listener":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _subscribed(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
    ) -> None:
        if track.kind != rtc.TrackKind.KIND_AUDIO:
            return
        if participant.kind != rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            ear = self.person(participant.identity)
        elif publication.source == rtc.TrackSource.SOURCE_MICROPHONE:
            ear = self.agent
        elif self._minds_music:
            ear = self.music
        else:
            return
        self._spawn(_hear(track, ear, gaps=publication.name != ANNOUNCEMENT, piece_s=self._piece_s))


class Caller(Listener):
    """Says recordings into the room at the speed of speech, and silence between them, as an open telephone does."""

    def __init__(
        self,
        room: rtc.Room,
        *,
        on_spoken: Callable[[Spoken], None],
        narrow_band: bool,
        piece_s: float,
        minds_music: bool,
    ) -> None:
        super().__init__(room, on_spoken=on_spoken, piece_s=piece_s, minds_music=minds_music)
        self._narrow_band = narrow_band
        self._mouth = rtc.AudioSource(MOUTH_RATE, 1, queue_size_ms=100)
        self._to_say: asyncio.Queue[tuple[Samples, asyncio.Future[float]]] = asyncio.Queue()

    @classmethod
    async def join(
        cls,
        url: str,
        token: str,
        *,
        on_spoken: Callable[[Spoken], None] = lambda _: None,
        narrow_band: bool = False,
        piece_s: float = PIECE_S,
        minds_music: bool = True,
    ) -> "Caller":
        """Enter, and open the microphone. `narrow_band` is for those who call by telephone.

        A caller with larger pieces takes less of the machine, and knows less precisely when it heard something. One who
        does not mind music receives and decodes it like any other, but has not kept what it was.
        """
        caller = cls(rtc.Room(), on_spoken=on_spoken, narrow_band=narrow_band, piece_s=piece_s, minds_music=minds_music)
        await caller.room.connect(url, token)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", caller._mouth)
        options = publish_options()
        options.dtx = False
        await caller.room.local_participant.publish_track(track, options)
        caller._spawn(caller._speak())
        return caller

    async def say(self, sound: Sound) -> tuple[float, float]:
        """Say it; returns when it has been said, with the times of its beginning and its end."""
        sound = sound.at(MOUTH_RATE)
        if self._narrow_band:
            sound = sound.narrowed()
        ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._to_say.put_nowait((sound.samples, ended))
        ended_at = await ended
        return ended_at - sound.duration_s, ended_at

    async def leave(self) -> None:
        await super().leave()
        await self._mouth.aclose()

    async def __aenter__(self) -> "Caller":
        return self

    async def _speak(self) -> None:
        step = int(MOUTH_RATE * max(self._piece_s, SAID_AT_LEAST_S))
        silence = np.zeros(step, dtype=np.int16)
        while True:
            if self._to_say.empty():
                await self._utter(silence)
                continue
            samples, ended = self._to_say.get_nowait()
            for start in range(0, len(samples), step):
                piece = samples[start : start + step]
                await self._utter(np.pad(piece, (0, step - len(piece))))
            if not ended.done():
                ended.set_result(time.time() + self._mouth.queued_duration)

    async def _utter(self, samples: Samples) -> None:
        await self._mouth.capture_frame(rtc.AudioFrame(samples.tobytes(), MOUTH_RATE, 1, len(samples)))


async def _hear(track: rtc.Track, ear: Ear, *, gaps: bool, piece_s: float) -> None:
    """Let the ear hear a track: its silence too, unless another one beside it gives that already."""
    stream = rtc.AudioStream(track, sample_rate=EAR_RATE, num_channels=1, frame_size_ms=round(piece_s * 1000))
    try:
        async for event in stream:
            if gaps or rms(np.frombuffer(event.frame.data, dtype=np.int16)) >= FAINT_RMS:
                ear.take(event.frame)
    finally:
        await stream.aclose()
