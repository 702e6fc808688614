"""Recognition without a key: recordings come back as their words, off the loop, and nothing is left running."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt

from agent.pipelines.offline import Models, load_models
from agent.pipelines.pocketsphinx_stt import PocketSphinxSTT
from agent.pipelines.recogniser import Recogniser, RecogniserFailed
from local.recordings import recording
from local.sound import Sound

RATE = 16_000


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models()


@pytest.fixture
async def recogniser() -> AsyncIterator[Recogniser]:
    recogniser = Recogniser()
    yield recogniser
    await recogniser.aclose()


def frames(sound: Sound) -> list[rtc.AudioFrame]:
    """20 ms each, with silence around."""
    step = sound.sample_rate // 50
    silence = np.zeros(sound.sample_rate // 2, dtype=np.int16)
    samples = np.concatenate([silence, sound.samples, silence])
    pieces = [samples[at : at + step] for at in range(0, len(samples) - step, step)]
    return [rtc.AudioFrame(piece.tobytes(), sound.sample_rate, 1, step) for piece in pieces]


async def heard(recognition: PocketSphinxSTT, *sounds: Sound) -> list[stt.SpeechEvent]:
    async with recognition.stream() as stream:
        for sound in sounds:
            for frame in frames(sound):
                stream.push_frame(frame)
        stream.end_input()
        return [event async for event in stream]


def words(events: list[stt.SpeechEvent]) -> list[str]:
    return [event.alternatives[0].text for event in events if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT]


async def test_each_utterance_of_a_stream_comes_back_as_its_words(models: Models) -> None:
    async with PocketSphinxSTT(vad=models.vad) as recognition:
        events = await heard(recognition, recording("do you have parking"), recording("never mind"))
    first, second = words(events)
    assert "do you have" in first
    assert "never mind" in second
    assert [event.type for event in events[:3]] == [
        stt.SpeechEventType.START_OF_SPEECH,
        stt.SpeechEventType.END_OF_SPEECH,
        stt.SpeechEventType.FINAL_TRANSCRIPT,
    ]


@pytest.mark.parametrize("rate", [8_000, 48_000])
async def test_any_sample_rate_is_understood(models: Models, rate: int) -> None:
    async with PocketSphinxSTT(vad=models.vad) as recognition:
        events = await heard(recognition, recording("do you have parking").at(rate))
    # Taken at a wrong rate no word would survive; the last one varies with the frame that the utterance begins with.
    assert "do you have" in " ".join(words(events))


async def test_silence_says_nothing(models: Models) -> None:
    async with PocketSphinxSTT(vad=models.vad) as recognition:
        assert await heard(recognition, Sound(np.zeros(RATE, dtype=np.int16), RATE)) == []


async def test_decoding_does_not_hold_the_loop(recogniser: Recogniser) -> None:
    longest = 0.0

    async def watch() -> None:
        """The longest processor time that this process, all its threads, took between two turns of the loop."""
        nonlocal longest
        while True:
            before = time.process_time()
            await asyncio.sleep(0.005)
            longest = max(longest, time.process_time() - before)

    watching = asyncio.create_task(watch())
    sound = recording("what time do you open on sunday")
    assert "sunday" in (await recogniser.recognise(sound.samples.tobytes())).text
    watching.cancel()
    assert longest < 0.05


async def test_a_decoder_that_was_killed_fails_its_utterance_and_another_hears_the_next(
    recogniser: Recogniser,
) -> None:
    samples = recording("hello").samples.tobytes()
    await recogniser.start()
    listening = asyncio.create_task(recogniser.recognise(samples))
    assert recogniser.pid is not None
    os.kill(recogniser.pid, signal.SIGKILL)
    with pytest.raises(RecogniserFailed):
        await listening
    assert (await recogniser.recognise(samples)).text == "hello"


async def test_closing_takes_no_time_even_in_the_middle_of_an_utterance(models: Models) -> None:
    recognition = PocketSphinxSTT(vad=models.vad)
    stream = recognition.stream()
    for frame in frames(recording("what time do you open on sunday")):
        stream.push_frame(frame)
    begun = await anext(stream)
    assert begun.type == stt.SpeechEventType.START_OF_SPEECH
    before = time.monotonic()
    await stream.aclose()
    await recognition.aclose()
    assert time.monotonic() - before < 0.2


async def test_the_decoder_ends_with_its_input(recogniser: Recogniser) -> None:
    await recogniser.start()
    process = recogniser._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(10):
        assert await process.wait() == 0


A_LONG_UTTERANCE_BEGINS = """
import asyncio, os
from agent.pipelines.recogniser import Recogniser

async def main():
    recogniser = Recogniser()
    await recogniser.recognise(bytes(3200))
    listening = asyncio.create_task(recogniser.recognise(os.urandom(6_400_000)))
    await asyncio.sleep(0)
    while recogniser._process.stdin.transport.get_write_buffer_size():
        await asyncio.sleep(0.01)
    print("all of it is with the decoder", flush=True)
    await listening

asyncio.run(main())
"""


async def test_the_decoder_dies_with_a_call_that_is_killed_even_in_the_middle_of_an_utterance() -> None:
    call = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        A_LONG_UTTERANCE_BEGINS,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert call.stdout is not None
    assert call.stderr is not None
    assert await call.stdout.readline()
    call.kill()
    # The decoder writes its errors where the call does: that pipe ends when both have ended.
    async with asyncio.timeout(5):
        await call.stderr.read()
    await call.wait()
