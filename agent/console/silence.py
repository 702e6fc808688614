"""A voice without sound, and an output without a device: speech takes the time that it would, and can be cut."""

import asyncio
import time
from typing import Any
from uuid import uuid4

from livekit import rtc
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, tts
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

SAMPLE_RATE = 8_000


class SilentVoice(tts.TTS[Any]):
    """Takes so many seconds a character, and makes no sound."""

    def __init__(self, *, seconds_a_character: float) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=SAMPLE_RATE, num_channels=1)
        self.seconds_a_character = seconds_a_character

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Speech(self, text, takes_s=self.seconds_a_character * len(text), conn_options=conn_options)


class _Speech(tts.ChunkedStream):
    def __init__(self, voice: SilentVoice, text: str, *, takes_s: float, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=voice, input_text=text, conn_options=conn_options)
        self._takes_s = takes_s

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=uuid4().hex, sample_rate=SAMPLE_RATE, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(bytes(2 * int(SAMPLE_RATE * self._takes_s)))
        output_emitter.flush()


class NoLoudspeaker(AudioOutput):
    """Plays nothing, in the loop's time."""

    def __init__(self, *, sample_rate: int = SAMPLE_RATE) -> None:
        super().__init__(
            label=type(self).__name__, capabilities=AudioOutputCapabilities(pause=False), sample_rate=sample_rate
        )
        self._began_at: float | None = None
        self._of_s = 0.0
        self._playing: asyncio.Task[None] | None = None

    @property
    def is_playing(self) -> bool:
        return self._began_at is not None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._began_at is None:
            self._began_at, self._of_s = asyncio.get_running_loop().time(), 0.0
            self.on_playback_started(created_at=time.time())
        self._of_s += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._began_at is not None and self._playing is None:
            left_s = self._began_at + self._of_s - asyncio.get_running_loop().time()
            self._playing = asyncio.create_task(self._play_out(left_s))

    def clear_buffer(self) -> None:
        if self._began_at is not None:
            if self._playing is not None:
                self._playing.cancel()
            self._finish(was_cut=True)

    async def _play_out(self, left_s: float) -> None:
        await asyncio.sleep(left_s)
        self._finish(was_cut=False)

    def _finish(self, *, was_cut: bool) -> None:
        began_at, self._began_at, self._playing = self._began_at, None, None
        played_s = asyncio.get_running_loop().time() - (began_at or 0.0)
        self.on_playback_finished(
            playback_position=min(played_s, self._of_s) if was_cut else self._of_s, interrupted=was_cut
        )
