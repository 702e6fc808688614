"""A recogniser finds through the session's detector what it would find through one of its own."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt, vad
from livekit.agents.vad import VADEvent, VADEventType

from agent.pipelines.offline import BREATH_S, load_models
from agent.pipelines.one_detector import WITHHELD_S, OneDetector
from agent.pipelines.pocketsphinx_stt import PocketSphinxSTT
from local.recordings import recording

RATE = 16_000
FRAME_S = 0.05
WINDOW_S = 0.032
LEAD_IN_S = 0.3


def sound(seconds: float, level: int = 1000) -> rtc.AudioFrame:
    samples = np.full(round(seconds * RATE), level, dtype=np.int16)
    return rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples))


def event(kind: VADEventType, *, speaking: bool, seconds: float = WINDOW_S, speech_s: float = 0.05) -> VADEvent:
    return VADEvent(
        type=kind,
        samples_index=0,
        timestamp=0.0,
        speech_duration=speech_s,
        silence_duration=0.0,
        frames=[sound(seconds)],
        speaking=speaking,
    )


START = event(VADEventType.START_OF_SPEECH, speaking=True, seconds=LEAD_IN_S)
GOES_ON = event(VADEventType.INFERENCE_DONE, speaking=True, speech_s=1.0)
QUIET = event(VADEventType.INFERENCE_DONE, speaking=False)
END = event(VADEventType.END_OF_SPEECH, speaking=False, seconds=1.0)


class Scripted(vad.VAD):
    """Finds what the test says."""

    def __init__(self) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=WINDOW_S))
        self.flushes = 0

    def stream(self) -> vad.VADStream:
        return _Scripted(self)


class _Scripted(vad.VADStream):
    async def _main_task(self) -> None:
        async for item in self._input_ch:
            assert isinstance(self._vad, Scripted)
            self._vad.flushes += not isinstance(item, rtc.AudioFrame)


class Line:
    """A session and its recogniser, on one call."""

    def __init__(self) -> None:
        self.scripted = Scripted()
        detector = OneDetector(self.scripted, breath_s=BREATH_S)
        self.session = detector.leading.stream()
        self.recogniser = detector.following.stream()
        self.told: list[VADEvent] = []
        self._listening = asyncio.create_task(self._listen())

    async def gives(self, seconds: float, *, level: int = 1000) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.recogniser.push_frame(sound(FRAME_S, level))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def finds(self, *events: VADEvent) -> None:
        for one in events:
            self.session._stream._event_ch.send_nowait(one)  # type: ignore[attr-defined]
            assert await anext(self.session) is one
        await asyncio.sleep(0.01)

    async def _listen(self) -> None:
        async for one in self.recogniser:
            self.told.append(one)

    @property
    def kinds(self) -> list[VADEventType]:
        return [one.type for one in self.told]

    async def close(self) -> None:
        await self.recogniser.aclose()
        await self.session.aclose()
        await self._listening


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line()
    yield line
    await line.close()


def seconds_of(one: VADEvent) -> float:
    return sum(frame.duration for frame in one.frames)


async def test_a_recogniser_is_told_all_that_the_session_finds(line: Line) -> None:
    await line.gives(2.0)
    await line.finds(START, GOES_ON, GOES_ON, END)
    assert line.kinds == [START.type, GOES_ON.type, GOES_ON.type, END.type]
    assert [seconds_of(one) for one in line.told] == [LEAD_IN_S, WINDOW_S, WINDOW_S, 1.0]


async def test_silence_between_is_told_to_nobody(line: Line) -> None:
    await line.gives(2.0)
    await line.finds(QUIET, END)
    assert line.told == []


async def test_nobody_speaks_while_silence_is_given(line: Line) -> None:
    await line.gives(WITHHELD_S, level=0)
    await line.finds(START, GOES_ON, END)
    assert line.told == []


async def test_who_is_let_in_half_way_begins_there(line: Line) -> None:
    await line.gives(1.0, level=0)
    await line.finds(START, GOES_ON)
    await line.gives(0.1)
    await line.finds(GOES_ON, GOES_ON, END)
    assert line.kinds == [VADEventType.START_OF_SPEECH, VADEventType.INFERENCE_DONE, VADEventType.END_OF_SPEECH]
    assert line.told[0].speaking
    assert line.told[0].speech_duration == pytest.approx(WINDOW_S)


async def test_a_beginning_has_nothing_of_what_was_withheld(line: Line) -> None:
    await line.gives(1.0, level=0)
    await line.gives(0.1)
    await line.finds(START)
    assert seconds_of(line.told[0]) == pytest.approx(0.1)


async def test_a_gap_that_a_line_may_have_is_not_taken_for_silence(line: Line) -> None:
    await line.gives(1.0)
    await line.finds(START)
    await line.gives(WITHHELD_S - FRAME_S, level=0)
    await line.finds(GOES_ON, END)
    assert line.kinds == [START.type, GOES_ON.type, END.type]


async def test_who_is_shut_out_while_speaking_ends_after_a_breath(line: Line) -> None:
    await line.gives(1.0)
    await line.finds(START)
    await line.gives(WITHHELD_S, level=0)
    await line.finds(GOES_ON)
    assert line.kinds == [START.type]
    await line.gives(BREATH_S, level=0)
    await line.finds(GOES_ON, END)
    assert line.kinds == [START.type, END.type]


async def test_a_session_that_begins_anew_ends_what_was_being_said(line: Line) -> None:
    await line.gives(1.0)
    await line.finds(START)
    line.session.flush()
    await line.finds(QUIET)
    assert line.kinds == [START.type, END.type]
    assert line.scripted.flushes == 1


async def test_a_recogniser_that_has_left_is_told_no_more(line: Line) -> None:
    await line.gives(1.0)
    await line.finds(START)
    await line.recogniser.aclose()
    await line.finds(GOES_ON, END)
    assert line.kinds == [START.type]


async def test_a_recogniser_whose_sound_has_ended_does_not_trip_the_session(line: Line) -> None:
    await line.gives(1.0)
    line.recogniser.end_input()
    await line.finds(START, GOES_ON, END)
    assert line.told == []


async def test_a_session_sees_the_detectors_own_breath() -> None:
    detector = OneDetector(Scripted(), breath_s=BREATH_S)
    assert getattr(detector.leading, "min_silence_duration", None) == BREATH_S
    assert detector.following.capabilities == detector.leading.capabilities


async def test_words_are_recognised_by_what_silero_finds_for_the_session() -> None:
    detector = OneDetector(load_models().vad, breath_s=BREATH_S)
    session = detector.leading.stream()
    said = recording("do you have parking").at(RATE)
    step = round(RATE * FRAME_S)
    silence = np.zeros(RATE, dtype=np.int16)
    samples = np.concatenate([silence, said.samples, silence])
    async with PocketSphinxSTT(vad=detector.following) as recognition, recognition.stream() as stream:
        taking = asyncio.create_task(_take_all(session))
        for at in range(0, len(samples) - step, step):
            frame = rtc.AudioFrame(samples[at : at + step].tobytes(), RATE, 1, step)
            session.push_frame(frame)
            stream.push_frame(frame)
            await asyncio.sleep(0.005)
        words = await _first_words(stream)
        await session.aclose()
        await taking
    assert "parking" in words


async def _take_all(session: vad.VADStream) -> None:
    async for _ in session:
        pass


async def _first_words(stream: stt.RecognizeStream) -> str:
    async with asyncio.timeout(30):
        async for one in stream:
            if one.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                return one.alternatives[0].text
    return ""
