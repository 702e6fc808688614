"""The plugins themselves, one at a time, against the doubles: what a whole call builds on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, llm, stt
from livekit.plugins import deepgram as deepgram_plugin
from livekit.plugins import google as google_plugin
from livekit.plugins import openai as openai_plugin

from agent import turn_notes
from holdline.speech.espeak import synthesise
from local.heard import which
from local.recordings import recording
from local.sound import Sound
from tests.wire.deepgram import Deepgram
from tests.wire.double import KEY, Behaviour
from tests.wire.gemini import Gemini
from tests.wire.openai import OpenAI
from tests.wire.plugins import gemini_model, openai_model

AT_ONCE_S = 0.8
ONCE = APIConnectOptions(max_retry=0, timeout=2.0)
WORDS = "We open at nine in the morning."
# Google's client makes its own kind of session, which the session's library would rather it did not.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
FAILING = pytest.mark.parametrize("behaviour", [Behaviour.DEAD, Behaviour.DYING])


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture(params=["gemini", "openai"])
async def model(
    request: pytest.FixtureRequest, gemini: Gemini, openai: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Gemini | OpenAI, llm.LLM[Any]]]:
    """A double, and the plugin that talks to it."""
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", gemini.base_url)
    double: Gemini | OpenAI = gemini
    plugin: llm.LLM[Any] = google_plugin.LLM(model="gemini-2.5-flash", api_key=KEY)
    if request.param == "openai":
        await plugin.aclose()
        double, plugin = openai, openai_plugin.LLM(model="some-model", base_url=openai.base_url, api_key=KEY)
    yield double, plugin
    await plugin.aclose()


async def recognised(
    double: Deepgram, http: aiohttp.ClientSession, *, key: str = KEY, hangs_up: bool = True
) -> list[stt.SpeechEvent]:
    ear = deepgram_plugin.STT(model="nova-3", api_key=key, base_url=double.base_url, http_session=http)
    sound = recording("do you have parking").at(16_000)
    silence = rtc.AudioFrame.create(16_000, 1, 16_000)
    async with ear.stream(conn_options=ONCE) as stream:
        for piece in (silence, rtc.AudioFrame(sound.samples.tobytes(), 16_000, 1, len(sound.samples)), silence):
            stream.push_frame(piece)
        if hangs_up:
            stream.end_input()
        events = []
        async for event in stream:  # its own end comes with its next message of life, up to 5 s later
            events.append(event)
            if event.type is stt.SpeechEventType.END_OF_SPEECH:
                break
        return events


async def test_deepgrams_double_understands_what_is_said(deepgram: Deepgram, http: aiohttp.ClientSession) -> None:
    events = await recognised(deepgram, http)
    kinds = [event.type for event in events]
    final = next(event for event in events if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT)
    assert "parking" in final.alternatives[0].text
    assert kinds.index(stt.SpeechEventType.START_OF_SPEECH) < kinds.index(stt.SpeechEventType.FINAL_TRANSCRIPT)
    assert stt.SpeechEventType.END_OF_SPEECH in kinds
    assert deepgram.complaints == []


async def test_deepgrams_double_lets_nobody_in_with_another_key(
    deepgram: Deepgram, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(APIError):
        await recognised(deepgram, http, key="another")
    assert deepgram.complaints


@FAILING
async def test_deepgrams_double_can_fail(deepgram: Deepgram, http: aiohttp.ClientSession, behaviour: Behaviour) -> None:
    await deepgram.become(behaviour)
    with pytest.raises(APIError):
        await recognised(deepgram, http, hangs_up=False)


def a_turn(note: str) -> llm.ChatContext:
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="You answer the telephone.")
    context.add_message(role="user", content="when do you open")
    context.add_message(role="system", content=note)
    return context


async def said(plugin: llm.LLM[Any], note: str, *, tools: list[llm.Tool] | None = None) -> llm.CollectedResponse:
    async with plugin.chat(chat_ctx=a_turn(note), tools=tools, conn_options=ONCE) as reply:
        return await reply.collect()


@llm.function_tool
async def ask_supervisor(question: str, reason: str) -> None:
    """Ask a person."""


async def test_a_models_double_says_what_its_note_says(model: tuple[Gemini | OpenAI, llm.LLM[Any]]) -> None:
    double, plugin = model
    assert (await said(plugin, turn_notes.known(WORDS))).text == WORDS
    assert double.complaints == []


async def test_a_models_double_calls_a_person_when_it_is_told_to(model: tuple[Gemini | OpenAI, llm.LLM[Any]]) -> None:
    double, plugin = model
    reply = await said(plugin, turn_notes.unknown("do you have parking", "not known"), tools=[ask_supervisor])
    [call] = reply.tool_calls
    assert call.name == "ask_supervisor"
    assert "parking" in call.arguments
    assert double.complaints == []


async def test_a_models_double_can_die_in_the_middle(model: tuple[Gemini | OpenAI, llm.LLM[Any]]) -> None:
    double, plugin = model
    await double.become(Behaviour.DYING)
    with pytest.raises(APIError):
        await said(plugin, turn_notes.known(WORDS))


@pytest.mark.parametrize("make", [gemini_model, openai_model])
async def test_that_a_model_is_away_is_known_at_once(gemini: Gemini, openai: OpenAI, make: Any) -> None:
    double = gemini if make is gemini_model else openai
    await double.become(Behaviour.DEAD)
    plugin = make(double)
    try:
        async with asyncio.timeout(AT_ONCE_S):
            with pytest.raises(APIError):
                await said(plugin, turn_notes.known(WORDS))
    finally:
        await plugin.aclose()


async def spoken(double: OpenAI, *, model: str = "gpt-4o-mini-tts") -> Sound:
    mouth = openai_plugin.TTS(model=model, voice="nova", base_url=double.base_url, api_key=KEY, response_format="wav")
    try:
        frame = await mouth.synthesize(WORDS, conn_options=ONCE).collect()
    finally:
        await mouth.aclose()
    return Sound.of_bytes(bytes(frame.data), frame.sample_rate)


@pytest.mark.parametrize("model_name", ["gpt-4o-mini-tts", "tts-1"], ids=["as events", "as sound"])
async def test_openais_double_really_speaks(openai: OpenAI, model_name: str) -> None:
    heard = await spoken(openai, model=model_name)
    assert which(heard, [WORDS, "We close at seven in the evening."], synthesise).best == WORDS
    assert openai.texts == [WORDS]
    assert openai.complaints == []


@FAILING
async def test_openais_double_can_fail_to_speak(openai: OpenAI, behaviour: Behaviour) -> None:
    await openai.become(behaviour)
    with pytest.raises(APIError):
        await spoken(openai)
