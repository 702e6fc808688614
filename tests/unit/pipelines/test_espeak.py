"""Synthesis without a key: it sounds, it says what it was given, and it takes no markup."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from livekit.agents import APIConnectionError

from agent.pipelines.espeak_tts import EspeakTTS
from holdline.speech import espeak
from holdline.speech.espeak import EspeakFailed, synthesise

SENTENCE = "My supervisor confirmed: we have parking behind the building."


def test_a_sentence_takes_as_long_as_speaking_it_does_and_is_loud() -> None:
    pcm = synthesise(SENTENCE)
    assert 2.5 < pcm.duration_s < 6
    assert np.abs(np.frombuffer(pcm.samples, dtype="<i2")).max() > 8_000


def test_sentences_that_are_spoken_at_once_do_not_mix() -> None:
    alone = {text: synthesise(text).duration_s for text in (SENTENCE, "Goodbye.")}
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: (text, synthesise(text).duration_s), [*alone, *alone, *alone]))
    assert all(duration_s == pytest.approx(alone[text], abs=0.1) for text, duration_s in together)


@pytest.mark.parametrize("marked", ["<break time='3s'/>", "[[h@l'oU]]"])
def test_markup_is_read_out_and_not_obeyed(marked: str) -> None:
    said, plain = synthesise(f"one {marked} two"), synthesise("one two")
    assert plain.duration_s * 1.5 < said.duration_s


def test_the_words_reach_the_library_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    library, _ = espeak._started()
    given: list[bytes] = []
    real = library.espeak_Synth

    def listening(text: bytes, *rest: Any) -> int:
        given.append(text)
        return int(real(text, *rest))

    monkeypatch.setattr(library, "espeak_Synth", listening)
    words = "  5 ~~old~~ *new*, # 3 & <b>José</b>; 40€\n"
    synthesise(words)
    assert given == [words.encode()]


def test_a_nul_is_refused_since_the_library_would_stop_there() -> None:
    with pytest.raises(ValueError, match="NUL"):
        synthesise("one\x00two")


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(EspeakFailed):
        synthesise("one", voice="nobody")


async def test_the_plugin_gives_the_whole_sentence_as_audio() -> None:
    async with EspeakTTS() as tts, tts.synthesize(SENTENCE) as stream:
        frame = await stream.collect()
    assert frame.sample_rate == tts.sample_rate == synthesise(SENTENCE).sample_rate
    assert frame.duration == pytest.approx(synthesise(SENTENCE).duration_s, abs=0.1)


async def test_what_cannot_be_said_is_an_error_at_once_and_not_a_silence() -> None:
    async with EspeakTTS(voice="nobody") as tts, tts.synthesize("one") as stream:
        with pytest.raises(APIConnectionError):
            async with asyncio.timeout(1):
                await stream.collect()


def test_a_voice_that_was_refused_leaves_the_next_sentence_its_own() -> None:
    before = synthesise(SENTENCE).duration_s
    with pytest.raises(EspeakFailed):
        synthesise(SENTENCE, voice="nobody")
    assert synthesise(SENTENCE).duration_s == pytest.approx(before, abs=0.1)
