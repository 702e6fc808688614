"""A synthesiser held to a telephone's pace, and mended where it breaks off.

No sound within a moment is a failure, which the next synthesiser in line takes over. A voice that dies in the middle
of a sentence is a failure too, but a part has been heard by then: an understudy says the whole sentence again, so that
nothing is half said and taken for said.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from livekit import rtc
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, APIError, APITimeoutError, tts

from agent.measurements import provider_failed

log = logging.getLogger("holdline.pipeline")

FIRST_SOUND_WITHIN_S = 1.5
STALLED_AFTER_S = 2.0
"""A gap so long, with nothing left to play, is the end of it."""


class PunctualTTS(tts.TTS[Any]):
    def __init__(self, first: tts.TTS[Any], *, understudy: tts.TTS[Any]) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False),
            sample_rate=first.sample_rate,
            num_channels=first.num_channels,
        )
        self.first = first
        self.understudy = understudy
        first.on("metrics_collected", self._pass_on)

    @property
    def model(self) -> str:
        return self.first.model

    @property
    def provider(self) -> str:
        return self.first.provider

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Speech(self, text, conn_options=APIConnectOptions(max_retry=0, timeout=conn_options.timeout))

    def prewarm(self) -> None:
        self.first.prewarm()

    async def aclose(self) -> None:
        self.first.off("metrics_collected", self._pass_on)
        await self.first.aclose()

    def _pass_on(self, *args: Any, **kwargs: Any) -> None:
        self.emit("metrics_collected", *args, **kwargs)


class _Speech(tts.ChunkedStream):
    def __init__(self, owner: PunctualTTS, text: str, *, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=owner, input_text=text, conn_options=conn_options)
        self._owner = owner

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        rate = self._owner.sample_rate
        output_emitter.initialize(
            request_id=uuid4().hex, sample_rate=rate, num_channels=self._owner.num_channels, mime_type="audio/pcm"
        )
        begun = False
        try:
            async for frame in self._in_time():
                begun = True
                output_emitter.push_frame(frame)
        except APIError as error:
            if not begun:
                raise
            log.warning("%s broke off in mid-sentence, it is said again: %s", self._owner.provider, error)
            provider_failed("tts")
            async for frame in _spoken(self._owner.understudy, self._input_text, rate=rate):
                output_emitter.push_frame(frame)

    async def _in_time(self) -> AsyncIterator[rtc.AudioFrame]:
        """The first one's frames; raises APITimeoutError where they are late."""
        clock = asyncio.get_running_loop().time
        options = APIConnectOptions(max_retry=0, timeout=FIRST_SOUND_WITHIN_S)
        async with self._owner.first.synthesize(self._input_text, conn_options=options) as stream:
            played_until = clock() + FIRST_SOUND_WITHIN_S - STALLED_AFTER_S
            while True:
                try:
                    async with asyncio.timeout_at(played_until + STALLED_AFTER_S):
                        frame = (await anext(stream)).frame
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise APITimeoutError(f"{self._owner.provider}: no sound in time", retryable=False) from None
                played_until = max(played_until, clock()) + frame.duration
                yield frame


async def _spoken(synthesiser: tts.TTS[Any], text: str, *, rate: int) -> AsyncIterator[rtc.AudioFrame]:
    """The whole text, at this sample rate."""
    resampler = rtc.AudioResampler(synthesiser.sample_rate, rate) if synthesiser.sample_rate != rate else None
    async with synthesiser.synthesize(text) as stream:
        async for audio in stream:
            for frame in resampler.push(audio.frame) if resampler else [audio.frame]:
                yield frame
    for frame in resampler.flush() if resampler else []:
        yield frame
