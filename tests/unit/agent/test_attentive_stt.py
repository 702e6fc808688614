"""No utterance is lost and none is heard twice, however the provider fails; once it is back, it is listened to."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
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

from agent.pipelines.attentive_stt import PATIENCE_S, AttentiveSTT
from agent.pipelines.offline import BREATH_S
from agent.pipelines.reserves import SAMPLE_RATE, WITHIN_S

FRAME_S = 0.05
QUESTION_S = 1.5
FRAME = rtc.AudioFrame(bytes(2 * int(SAMPLE_RATE * FRAME_S)), SAMPLE_RATE, 1, int(SAMPLE_RATE * FRAME_S))


class Provider(stt.STT[Any]):
    """Its streams hear what the test lets them hear."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.is_dead = False
        self.calls = 0
        self.line: _Line | None = None

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        self.calls += 1
        self.line = _Line(stt=self, conn_options=conn_options, sample_rate=SAMPLE_RATE)
        return self.line

    def die(self) -> None:
        self.is_dead = True
        assert self.line is not None
        self.line.broken.set()

    def hears(self, text: str, *, is_final: bool = True, until_s: float = 0.0) -> None:
        assert self.line is not None
        kind = stt.SpeechEventType.FINAL_TRANSCRIPT if is_final else stt.SpeechEventType.INTERIM_TRANSCRIPT
        self.line._event_ch.send_nowait(_event(text, kind=kind, until_s=until_s))

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.SpeechEvent:
        raise NotImplementedError


class _Line(stt.RecognizeStream):
    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self.broken = asyncio.Event()
        self.sound_s = 0.0

    async def _run(self) -> None:
        owner = self._stt
        assert isinstance(owner, Provider)
        if owner.is_dead:
            raise APIConnectionError("nobody listens")
        listening = asyncio.create_task(self._listen())
        breaking = asyncio.create_task(self.broken.wait())
        try:
            await asyncio.wait((listening, breaking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await utils.aio.cancel_and_wait(listening, breaking)
        if self.broken.is_set():
            raise APIConnectionError("the line broke")

    async def _listen(self) -> None:
        async for item in self._input_ch:
            if isinstance(item, rtc.AudioFrame):
                self.sound_s += item.duration


class Reserve(stt.STT[Any]):
    """Knows the words of whatever it is given, unless it hangs; tells how long each was."""

    def __init__(self, text: str) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        self.text = text
        self.hangs = False
        self.given_s: list[float] = []

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.SpeechEvent:
        self.given_s.append(rtc.combine_audio_frames(buffer).duration)
        await asyncio.sleep(3600 if self.hangs else 0.1)
        return _event(self.text)


class Detector:
    """Finds speech where the test says that there is some."""

    def __init__(self) -> None:
        self.events: utils.aio.Chan[vad.VADEvent] = utils.aio.Chan()

    def stream(self) -> "Detector":
        return self

    def push_frame(self, frame: rtc.AudioFrame) -> None:
        pass

    def end_input(self) -> None:
        self.events.close()

    def __aiter__(self) -> AsyncIterator[vad.VADEvent]:
        return self.events

    async def aclose(self) -> None:
        pass

    def tell(self, kind: vad.VADEventType, *, speech_s: float, frames: list[rtc.AudioFrame], loud: bool = True) -> None:
        self.events.send_nowait(
            vad.VADEvent(
                type=kind,
                samples_index=0,
                timestamp=0.0,
                speech_duration=speech_s,
                silence_duration=0.0,
                frames=frames,
                speaking=kind is not vad.VADEventType.END_OF_SPEECH,
                raw_accumulated_speech=speech_s if loud else 0.0,
            )
        )


class Line:
    def __init__(self) -> None:
        self.provider = Provider()
        self.first_reserve, self.last_reserve = Reserve("by the first"), Reserve("by the last")
        detector: Any = Detector()
        self.detector: Detector = detector
        self.stt = AttentiveSTT(self.provider, reserves=(self.first_reserve, self.last_reserve), detector=detector)
        self.stream = self.stt.stream()
        self.words: list[tuple[str, float]] = []
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self.stream:
            if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                self.words.append((event.alternatives[0].text, asyncio.get_running_loop().time()))

    @property
    def texts(self) -> list[str]:
        return [text for text, _ in self.words]

    async def silence(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.stream.push_frame(FRAME)
            await asyncio.sleep(FRAME_S)

    async def speech(self, seconds: float = QUESTION_S) -> None:
        """The caller says something, up to the moment at which they pause."""
        self.detector.tell(vad.VADEventType.START_OF_SPEECH, speech_s=FRAME_S, frames=[FRAME])
        await self.more_speech(seconds - FRAME_S)

    async def more_speech(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.stream.push_frame(FRAME)
            self.detector.tell(vad.VADEventType.INFERENCE_DONE, speech_s=FRAME_S, frames=[FRAME])
            await asyncio.sleep(FRAME_S)

    async def pause(self) -> float:
        """The caller has finished; tells when the detector noticed."""
        await self.silence(BREATH_S)
        self.detector.tell(vad.VADEventType.END_OF_SPEECH, speech_s=QUESTION_S, frames=[])
        return asyncio.get_running_loop().time()

    async def close(self) -> None:
        await self.stream.aclose()
        await self._listening
        await self.stt.aclose()


@pytest.fixture
async def on() -> AsyncIterator[Line]:
    line = Line()
    await line.silence(0.5)
    yield line
    await line.close()


async def test_a_provider_in_time_is_the_only_one_that_is_asked(on: Line) -> None:
    await on.speech()
    on.provider.hears("do you", is_final=False)
    await on.silence(0.2)
    on.provider.hears("do you have parking")
    await on.pause()
    await on.silence(10)
    assert on.texts == ["do you have parking"]
    assert on.first_reserve.given_s == on.last_reserve.given_s == []


async def test_an_utterance_without_words_goes_whole_to_the_reserve_in_time(on: Line) -> None:
    await on.speech()
    paused_at = await on.pause()
    await on.silence(10)
    ((text, at),) = on.words
    assert text == "by the first"
    assert at - paused_at < PATIENCE_S + 0.2
    assert on.first_reserve.given_s == [pytest.approx(QUESTION_S, abs=0.1)]


async def test_words_that_come_late_are_not_heard_a_second_time(on: Line) -> None:
    await on.speech()
    await on.pause()
    await on.silence(5)
    on.provider.hears("do you have parking", until_s=1.9)
    await on.silence(5)
    assert on.texts == ["by the first"]


async def test_late_words_are_told_from_those_of_the_next_utterance(on: Line) -> None:
    await on.speech()
    await on.pause()
    await on.silence(5)
    await on.speech()
    on.provider.hears("do you have parking", until_s=1.9)
    on.provider.hears("never mind", until_s=8.8)
    await on.pause()
    await on.silence(5)
    assert on.texts == ["by the first", "never mind"]


@pytest.mark.parametrize("until_s", [(1.9, 4.2), (0.0, 0.0)], ids=["with times", "without"])
async def test_words_that_come_once_the_caller_goes_on_are_those_of_what_was_said_before(
    on: Line, until_s: tuple[float, float]
) -> None:
    await on.speech()
    await on.pause()
    await on.silence(0.15)
    await on.speech(0.2)
    on.provider.hears("do you have parking", until_s=until_s[0])
    await on.more_speech(1.5)
    on.provider.hears("on sundays", until_s=until_s[1])
    await on.pause()
    await on.silence(3)
    assert on.texts == ["do you have parking", "on sundays"]
    assert on.first_reserve.given_s == []


async def test_what_a_caller_goes_on_with_goes_whole_to_the_reserve_where_only_the_first_words_came(on: Line) -> None:
    await on.speech()
    await on.pause()
    await on.silence(0.15)
    await on.speech(0.2)
    on.provider.hears("do you have parking", until_s=1.9)
    await on.more_speech(1.3)
    await on.pause()
    await on.silence(3)
    assert on.texts == ["do you have parking", "by the first"]
    assert on.first_reserve.given_s == [pytest.approx(1.5, abs=0.1)]


async def test_a_provider_that_was_late_is_waited_for_less_until_it_is_in_time_again(on: Line) -> None:
    await on.speech()
    await on.pause()
    await on.silence(5)
    await on.speech()
    paused_at = await on.pause()
    await on.silence(5)
    assert on.words[-1][1] - paused_at < PATIENCE_S / 2


async def test_a_line_that_breaks_in_the_middle_of_a_sentence_loses_none_of_it(on: Line) -> None:
    await on.speech(0.8)
    on.provider.die()
    await on.more_speech(0.7)
    paused_at = await on.pause()
    await on.silence(3)
    ((text, at),) = on.words
    assert text == "by the first"
    assert at - paused_at < 0.3
    assert on.first_reserve.given_s == [pytest.approx(QUESTION_S, abs=0.1)]


async def test_a_provider_that_came_back_in_the_middle_does_not_tell_the_end_alone(on: Line) -> None:
    await on.speech(0.5)
    on.provider.die()
    on.provider.is_dead = False
    await on.more_speech(1.0)
    on.provider.hears("parking")
    await on.pause()
    await on.silence(3)
    assert on.texts == ["by the first"]


async def test_what_the_provider_has_told_of_a_sentence_is_not_told_again_by_a_reserve(on: Line) -> None:
    await on.speech(1.0)
    on.provider.hears("do you have parking")
    await on.more_speech(0.5)
    on.provider.die()
    await on.more_speech(0.5)
    await on.pause()
    await on.silence(3)
    assert on.texts == ["do you have parking", "by the first"]
    assert on.first_reserve.given_s == [pytest.approx(1.0, abs=0.1)]


async def test_a_provider_that_is_back_is_listened_to_again(on: Line) -> None:
    on.provider.die()
    await on.silence(20)
    assert on.provider.calls > 3
    on.provider.is_dead = False
    await on.silence(6)
    calls = on.provider.calls
    await on.speech()
    on.provider.hears("do you have parking")
    await on.pause()
    await on.silence(20)
    assert on.texts == ["do you have parking"]
    assert on.provider.calls == calls


async def test_a_dead_provider_is_not_called_without_end(on: Line) -> None:
    on.provider.die()
    await on.silence(60)
    assert on.provider.calls < 20


async def test_a_reserve_that_hangs_is_passed_over_and_left_alone_for_a_while(on: Line) -> None:
    on.first_reserve.hangs = True
    on.provider.die()
    for _ in range(2):
        await on.speech()
        paused_at = await on.pause()
        await on.silence(5)
    assert on.texts == ["by the last"] * 2
    assert on.words[-1][1] - paused_at < WITHIN_S
    assert len(on.first_reserve.given_s) == 1


async def test_the_last_reserve_is_asked_again_though_it_failed(on: Line) -> None:
    on.first_reserve.hangs = on.last_reserve.hangs = True
    on.provider.die()
    await on.speech()
    await on.pause()
    await on.silence(8)
    on.last_reserve.hangs = False
    await on.speech()
    await on.pause()
    await on.silence(3)
    assert on.texts == ["by the last"]


async def test_a_cough_for_which_a_provider_in_touch_has_no_words_is_none(on: Line) -> None:
    await on.speech(0.2)
    await on.pause()
    await on.silence(5)
    assert on.texts == []
    assert on.first_reserve.given_s == []


async def test_a_breath_after_the_words_is_not_taken_for_more_of_them(on: Line) -> None:
    await on.speech()
    on.provider.hears("do you have parking")
    await on.more_speech(0.2)
    await on.pause()
    await on.silence(5)
    assert on.texts == ["do you have parking"]


async def test_the_end_of_the_sound_is_the_end_of_the_stream(on: Line) -> None:
    on.stream.end_input()
    async with asyncio.timeout(1):
        await on._listening


def _event(
    text: str, *, kind: stt.SpeechEventType = stt.SpeechEventType.FINAL_TRANSCRIPT, until_s: float = 0.0
) -> stt.SpeechEvent:
    data = stt.SpeechData(
        language=LanguageCode("en"), text=text, start_time=max(0.0, until_s - QUESTION_S), end_time=until_s
    )
    return stt.SpeechEvent(type=kind, alternatives=[data])
