"""A voice is held to the telephone's pace, and a sentence that it breaks off is said again, whole."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from livekit import rtc
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectionError, APIConnectOptions, APIError, tts

from agent.pipelines.punctual_tts import FIRST_SOUND_WITHIN_S, STALLED_AFTER_S, PunctualTTS
from tests.unit.agent.studio import FakeSynthesiser

RATE = 24_000
SENTENCE = "My supervisor confirmed: yes."
SENTENCE_S = 2.0


class Voice(tts.TTS[Any]):
    """Says two seconds: the first sound after `late_s`, and dead or hanging after `until_s` of it."""

    def __init__(self, *, late_s: float = 0.1, until_s: float = SENTENCE_S, hangs: bool = False) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE, num_channels=1)
        self.late_s = late_s
        self.until_s = until_s
        self.hangs = hangs
        self.requests = 0

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        self.requests += 1
        return _Speech(tts=self, input_text=text, conn_options=conn_options)


class _Speech(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        voice = self._tts
        assert isinstance(voice, Voice)
        await asyncio.sleep(voice.late_s)
        output_emitter.initialize(request_id=uuid4().hex, sample_rate=RATE, num_channels=1, mime_type="audio/pcm")
        output_emitter.push(bytes(2 * int(RATE * voice.until_s)))
        if voice.hangs:
            await asyncio.sleep(3600)
        if voice.until_s < SENTENCE_S:
            await asyncio.sleep(0.5)
            raise APIConnectionError("the line went dead")
        output_emitter.flush()


class Heard:
    def __init__(self) -> None:
        self.frames: list[rtc.AudioFrame] = []
        self.began_at: float | None = None

    @property
    def seconds(self) -> float:
        return sum(frame.duration for frame in self.frames)

    async def listen(self, voice: tts.TTS[Any]) -> "Heard":
        async with voice.synthesize(SENTENCE) as stream:
            async for audio in stream:
                self.began_at = self.began_at or asyncio.get_running_loop().time()
                self.frames.append(audio.frame)
        return self


async def test_a_voice_in_time_is_heard_as_it_is() -> None:
    understudy = FakeSynthesiser()
    heard = await Heard().listen(PunctualTTS(Voice(), understudy=understudy))
    assert heard.seconds == pytest.approx(SENTENCE_S, abs=0.01)
    assert understudy.texts == []


async def test_a_voice_that_keeps_the_caller_waiting_has_failed() -> None:
    with pytest.raises(APIError):
        await Heard().listen(PunctualTTS(Voice(late_s=5), understudy=FakeSynthesiser()))
    assert asyncio.get_running_loop().time() == pytest.approx(FIRST_SOUND_WITHIN_S, abs=0.01)


@pytest.mark.parametrize("hangs", [False, True], ids=["dies", "hangs"])
async def test_a_sentence_that_breaks_off_is_said_again_whole_by_the_understudy(hangs: bool) -> None:
    understudy = FakeSynthesiser()
    heard = await Heard().listen(PunctualTTS(Voice(until_s=0.8, hangs=hangs), understudy=understudy))
    assert understudy.texts == [SENTENCE]
    assert heard.seconds == pytest.approx(0.8 + SENTENCE_S, abs=0.25)
    assert {frame.sample_rate for frame in heard.frames} == {RATE}
    assert asyncio.get_running_loop().time() <= 0.1 + 0.8 + STALLED_AFTER_S


async def test_the_next_in_line_speaks_within_the_limit_and_the_first_again_once_it_can() -> None:
    voice, understudy = Voice(late_s=5), FakeSynthesiser()
    line = tts.FallbackAdapter([PunctualTTS(voice, understudy=understudy), understudy], max_retry_per_tts=0)
    heard = await Heard().listen(line)
    assert heard.began_at == pytest.approx(FIRST_SOUND_WITHIN_S, abs=0.01)
    assert heard.seconds == pytest.approx(SENTENCE_S, abs=0.1)

    await asyncio.sleep(5)
    voice.late_s = 0.1
    again_at = asyncio.get_running_loop().time()
    heard = await Heard().listen(line)
    assert heard.began_at == pytest.approx(again_at, abs=0.01)
    await asyncio.sleep(5)
    said = len(understudy.texts)
    await Heard().listen(line)
    assert len(understudy.texts) == said
    await line.aclose()
