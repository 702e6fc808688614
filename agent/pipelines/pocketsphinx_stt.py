"""PocketSphinx as a LiveKit recogniser, fed by a voice activity detector.

An utterance is decoded whole, in the recogniser's own process. Decoding begins as soon as the caller pauses and is
thrown away if they go on, so the words are usually there when the pause turns out to have been the end.
"""

import asyncio
from typing import Any
from uuid import uuid4

from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectionError,
    APIConnectOptions,
    LanguageCode,
    NotGivenOr,
    stt,
    utils,
    vad,
)

from agent.pipelines.decoder import SAMPLE_RATE
from agent.pipelines.recogniser import Heard, Recogniser, RecogniserFailed

PAUSE_S = 0.2
"""A silence after which decoding begins on the chance that the caller has finished."""
LONGEST_GUESS_S = 6.0
"""Beyond it an utterance is decoded only once it has ended: each pause would cost more than it saves."""


class PocketSphinxSTT(stt.STT[Any]):
    def __init__(self, *, vad: vad.VAD) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=True, interim_results=False, offline_recognize=True)
        )
        self._vad = vad
        self._recogniser = Recogniser()
        self._starting: asyncio.Task[None] | None = None

    @property
    def model(self) -> str:
        return "en-us"

    @property
    def provider(self) -> str:
        return "PocketSphinx"

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _Stream(self, vad=self._vad, recogniser=self._recogniser, conn_options=conn_options)

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        frame = _at_model_rate(rtc.combine_audio_frames(buffer))
        return _final(await _words(self._recogniser, bytes(frame.data)))

    def prewarm(self) -> None:
        """Begin loading the model: somebody's words may be wanted soon."""
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._recogniser.start(), name="pocketsphinx start")

    async def aclose(self) -> None:
        if self._starting is not None:
            await utils.aio.cancel_and_wait(self._starting)
        await self._recogniser.aclose()


class _Stream(stt.RecognizeStream):
    def __init__(
        self, owner: PocketSphinxSTT, *, vad: vad.VAD, recogniser: Recogniser, conn_options: APIConnectOptions
    ) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=SAMPLE_RATE)
        self._vad = vad
        self._recogniser = recogniser

    async def _run(self) -> None:
        activity = self._vad.stream()
        feeding = asyncio.create_task(self._feed(activity), name="pocketsphinx feed")
        try:
            await self._recogniser.start()
            await self._listen(activity)
        finally:
            await utils.aio.cancel_and_wait(feeding)
            await activity.aclose()
            await self._recogniser.aclose()

    async def _feed(self, activity: vad.VADStream) -> None:
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                activity.push_frame(item)
        activity.end_input()

    async def _listen(self, activity: vad.VADStream) -> None:
        spoken = bytearray()
        guess: asyncio.Task[Heard] | None = None
        guesses: set[asyncio.Task[Heard]] = set()
        try:
            async for event in activity:
                if event.type == vad.VADEventType.START_OF_SPEECH:
                    spoken = bytearray(_samples(event))
                    guess = None
                    self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.START_OF_SPEECH))
                elif event.type == vad.VADEventType.INFERENCE_DONE and event.speaking:
                    spoken += _samples(event)
                    if event.raw_accumulated_speech > 0:
                        guess = None  # its words come to nothing; cancelling it would cost a new process
                    elif guess is None and event.raw_accumulated_silence >= PAUSE_S and self._may_guess(spoken):
                        guess = asyncio.create_task(_words(self._recogniser, bytes(spoken)), name="pocketsphinx guess")
                        guesses.add(guess)
                elif event.type == vad.VADEventType.END_OF_SPEECH:
                    self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH))
                    heard = await (guess or _words(self._recogniser, bytes(spoken)))
                    guesses = {task for task in guesses if not task.done()}
                    if heard.text:
                        self._event_ch.send_nowait(_final(heard))
        finally:
            for task in guesses:
                task.cancel()
            await asyncio.gather(*guesses, return_exceptions=True)

    def _may_guess(self, spoken: bytearray) -> bool:
        return not self._recogniser.is_busy and len(spoken) <= LONGEST_GUESS_S * SAMPLE_RATE * 2


async def _words(recogniser: Recogniser, samples: bytes) -> Heard:
    try:
        return await recogniser.recognise(samples)
    except RecogniserFailed as error:
        raise APIConnectionError(str(error)) from error


def _final(heard: Heard) -> stt.SpeechEvent:
    return stt.SpeechEvent(
        stt.SpeechEventType.FINAL_TRANSCRIPT,
        request_id=uuid4().hex,
        alternatives=[stt.SpeechData(language=LanguageCode("en"), text=heard.text, confidence=heard.confidence)],
    )


def _samples(event: vad.VADEvent) -> bytes:
    return b"".join(bytes(frame.data) for frame in event.frames)


def _at_model_rate(frame: rtc.AudioFrame) -> rtc.AudioFrame:
    if frame.sample_rate == SAMPLE_RATE:
        return frame
    resampler = rtc.AudioResampler(frame.sample_rate, SAMPLE_RATE, quality=rtc.AudioResamplerQuality.HIGH)
    return rtc.combine_audio_frames(resampler.push(frame) + resampler.flush())
