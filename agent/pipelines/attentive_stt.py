"""A recogniser that loses no utterance: what a provider's stream gives no words for, another recogniser is given whole.

The provider hears everything as it is spoken. Beside it a voice activity detector keeps the sound of the utterance
under way; if the provider is away, breaks off in the middle of it, or is late with its words, the sound goes to the
reserves, in their order. The provider is called again all the while, and hears the next utterance once it is back.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    NotGivenOr,
    stt,
    utils,
    vad,
)

from agent.measurements import provider_failed
from agent.pipelines.reserves import SAMPLE_RATE, Reserves
from agent.pipelines.utterances import Utterance, Wordless

log = logging.getLogger("holdline.pipeline")

CONNECT_WITHIN_S = 2.0
CALL_AGAIN_AFTER_S = (0.2, 0.5, 1.0, 2.0, 5.0)
PATIENCE_S = 0.9
"""How long after the end of a breath a provider's words may take, while it is known to be in time."""
LITTLE_PATIENCE_S = 0.2
"""And once it was not."""
A_WORD_S = 0.3
"""A shorter sound for which a provider in touch gives no words was none."""


class AttentiveSTT(stt.STT[Any]):
    def __init__(self, first: stt.STT[Any], *, reserves: Sequence[stt.STT[Any]], detector: vad.VAD) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=True, interim_results=first.capabilities.interim_results)
        )
        self.first = first
        self.reserves = Reserves(reserves)
        self.detector = detector
        first.on("metrics_collected", self._pass_on)

    @property
    def model(self) -> str:
        return self.first.model

    @property
    def provider(self) -> str:
        return self.first.provider

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _Stream(self, conn_options=conn_options)

    def prewarm(self) -> None:
        self.first.prewarm()

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.SpeechEvent:
        return await self.first.recognize(buffer, conn_options=conn_options)

    async def aclose(self) -> None:
        self.first.off("metrics_collected", self._pass_on)
        await self.first.aclose()
        await self.reserves.aclose()

    def _pass_on(self, *args: Any, **kwargs: Any) -> None:
        self.emit("metrics_collected", *args, **kwargs)


class _Stream(stt.RecognizeStream):
    def __init__(self, owner: AttentiveSTT, *, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=SAMPLE_RATE)
        self._owner = owner
        self._line: stt.RecognizeStream | None = None
        """The provider's ear, while it is there."""
        self._line_s = 0.0
        """How much sound went into it."""
        self._line_offset_s = 0.0
        self._settled_until_s = 0.0
        """Words that the provider gives for sound before this are late: others stand for them."""
        self._is_in_time = True
        self._has_ended = False
        self._utterance: Utterance | None = None
        """The last one that began."""
        self._wordless = Wordless()
        self._is_speaking = False
        self._settling: set[asyncio.Task[None]] = set()

    async def _run(self) -> None:
        activity = self._owner.detector.stream()
        calling = asyncio.create_task(self._keep_calling(), name="call the provider")
        feeding = asyncio.create_task(self._feed(activity), name="feed the ears")
        try:
            await self._watch(activity)
            await calling
            await asyncio.gather(*self._settling)
        finally:
            await utils.aio.cancel_and_wait(calling, feeding, *self._settling)
            await activity.aclose()

    async def _feed(self, activity: vad.VADStream) -> None:
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                activity.push_frame(item)
                if self._tell_line(lambda line, frame=item: line.push_frame(frame)):  # type: ignore[misc]
                    self._line_s += item.duration
            else:
                self._tell_line(lambda line: line.flush())
        self._has_ended = True
        activity.end_input()
        self._tell_line(lambda line: line.end_input())

    def _tell_line(self, what: Callable[[stt.RecognizeStream], None]) -> bool:
        if self._line is None:
            return False
        try:
            what(self._line)
        except RuntimeError:  # it is breaking off at this moment
            return False
        return True

    async def _keep_calling(self) -> None:
        """Listen through the provider for as long as there is sound, however often it breaks off."""
        failures = 0
        while not self._has_ended:
            began_at = time.monotonic()
            try:
                await self._listen()
            except Exception as error:  # whatever it is, it must not make the line deaf
                if time.monotonic() - began_at > CONNECT_WITHIN_S:
                    failures = 0
                log.warning("%s is away (%s: %s)", self._owner.provider, type(error).__name__, error)
                provider_failed("stt")
            self._line = None
            self._is_in_time = False
            if self._utterance is not None and self._is_speaking:
                self._utterance.was_cut_off = True
            self._owner.reserves.prewarm()
            if not self._has_ended:
                await asyncio.sleep(CALL_AGAIN_AFTER_S[min(failures, len(CALL_AGAIN_AFTER_S) - 1)])
            failures += 1

    async def _listen(self) -> None:
        options = APIConnectOptions(max_retry=0, timeout=CONNECT_WITHIN_S)
        async with self._owner.first.stream(conn_options=options) as line:
            self._line_offset_s = line.start_time_offset = self.start_time_offset + (time.time() - self._start_time)
            self._line_s = self._settled_until_s = 0.0
            self._line = line
            self._wordless.start_anew()
            async for event in line:
                self._heard(event)

    def _heard(self, event: stt.SpeechEvent) -> None:
        has_words = bool(event.alternatives and event.alternatives[0].text.strip())
        if has_words and self._is_late(event):
            return
        if has_words:
            utterances = self._wordless.spoken_in(event.alternatives[0], since_s=self._line_offset_s)
            for one in utterances:
                one.was_noticed = True
            if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                if any(one.was_cut_off for one in utterances):
                    return  # it knows only the end of it
                for one in utterances:
                    one.has_words.set()
                    one.was_noticed = False
                    one.unheard_s = 0.0
                    one.sound.clear()
                self._is_in_time = True
        self._event_ch.send_nowait(event)

    def _is_late(self, event: stt.SpeechEvent) -> bool:
        """Whether it begins in what reserves have given the words of; without times, whether it must be about that."""
        words = event.alternatives[0]
        if words.end_time > self._line_offset_s:
            return words.start_time - self._line_offset_s < self._settled_until_s
        return self._settled_until_s > 0.0 and not self._is_speaking

    async def _watch(self, activity: vad.VADStream) -> None:
        async for event in activity:
            if event.type is vad.VADEventType.START_OF_SPEECH:
                self._is_speaking = True
                self._utterance = Utterance(
                    sound=bytearray(_samples(event)),
                    was_cut_off=self._line is None,
                    from_s=self._line_s - event.speech_duration,
                    unheard_s=event.speech_duration,
                )
                self._wordless.add(self._utterance)
            elif event.type is vad.VADEventType.INFERENCE_DONE and event.speaking and self._utterance is not None:
                self._utterance.sound += _samples(event)
                if event.raw_accumulated_speech > 0:
                    self._utterance.unheard_s += sum(frame.duration for frame in event.frames)
                if self._utterance.unheard_s >= A_WORD_S:
                    self._utterance.has_words.clear()  # there is more of it
            elif event.type is vad.VADEventType.END_OF_SPEECH and self._utterance is not None:
                self._is_speaking = False
                self._utterance.until_s = self._line_s
                settling = asyncio.create_task(self._settle(self._utterance))
                self._settling.add(settling)
                settling.add_done_callback(self._settling.discard)

    async def _settle(self, utterance: Utterance) -> None:
        try:
            await self._see_to_its_words(utterance)
        finally:
            self._wordless.remove(utterance)

    async def _see_to_its_words(self, utterance: Utterance) -> None:
        """The provider has some time for them; then a reserve tells them."""
        if not utterance.was_cut_off:
            if utterance.has_words.is_set():
                return
            if utterance.unheard_s < A_WORD_S and not utterance.was_noticed:
                return
            if not utterance.was_noticed:
                self._owner.reserves.prewarm()
            try:
                async with asyncio.timeout(PATIENCE_S if self._is_in_time else LITTLE_PATIENCE_S):
                    await utterance.has_words.wait()
                return
            except TimeoutError:
                pass
        if not utterance.sound:
            return
        found = await self._owner.reserves.recognise(bytes(utterance.sound))
        if utterance.has_words.is_set() or found is None or not found.alternatives or not found.alternatives[0].text:
            return
        self._is_in_time = self._is_in_time and utterance.was_cut_off
        utterance.has_words.set()
        self._settled_until_s = max(self._settled_until_s, utterance.until_s)
        self._event_ch.send_nowait(found)


def _samples(event: vad.VADEvent) -> bytes:
    return b"".join(bytes(frame.data) for frame in event.frames)
