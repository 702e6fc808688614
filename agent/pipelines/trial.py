"""One tiny request to one provider, through the plugin that calls use: does it answer, and how soon?

Nobody is on the line: this is for `holdline models --try` and `holdline doctor --try`. Why not, in words: `reasons.py`.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents import APIConnectOptions, llm, stt, tts

from agent.pipelines.choose import Kind, Models, Part, make_llm, make_stt, make_tts, prewarm
from agent.pipelines.reasons import Reason, SaidNothing, reason
from holdline.settings import WorkerSettings

__all__ = ["Models", "Trial", "prewarm", "try_all"]

WITHIN_S = 5.0
ONCE = APIConnectOptions(max_retry=0, timeout=WITHIN_S)
QUESTION = "Reply with one word: yes."
WORD = "Yes."


@dataclass(frozen=True)
class Trial:
    """How one part fared: the time to its first words or sound, or why there were none."""

    part: Part
    latency_ms: float
    reason: Reason | None = None


async def try_all(
    parts: Sequence[Part], settings: WorkerSettings, *, speech: rtc.AudioFrame, models: Models
) -> list[Trial]:
    """Try every part that somebody else provides, all at once; `speech` is what the recognisers are given to hear."""
    async with aiohttp.ClientSession() as http:
        tried = (_try(part, settings, speech=speech, models=models, http=http) for part in parts if not part.is_offline)
        return list(await asyncio.gather(*tried))


async def _try(
    part: Part, settings: WorkerSettings, *, speech: rtc.AudioFrame, models: Models, http: aiohttp.ClientSession
) -> Trial:
    began = time.monotonic()
    try:
        async with asyncio.timeout(WITHIN_S):
            match part.kind:
                case Kind.STT:
                    await _hear(make_stt(part, settings, models=models, http_session=http), speech)
                case Kind.LLM:
                    await _word(make_llm(part, settings))
                case Kind.TTS:
                    await _speak(make_tts(part, settings))
    except Exception as error:  # whatever a plugin raises is what is asked for here
        return Trial(part, _since(began), reason(error, part, within_s=WITHIN_S))
    return Trial(part, _since(began))


async def _hear(recogniser: stt.STT[Any], speech: rtc.AudioFrame) -> None:
    try:
        if not recogniser.capabilities.streaming:
            heard = await recogniser.recognize(speech, conn_options=ONCE)
            _something(heard.alternatives[0].text if heard.alternatives else "")
            return
        async with recogniser.stream(conn_options=ONCE) as stream:
            stream.push_frame(speech)
            stream.end_input()
            async for event in stream:
                if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT and event.alternatives[0].text:
                    return
            raise SaidNothing
    finally:
        await recogniser.aclose()
        if (client := getattr(recogniser, "_client", None)) is not None:  # one plugin leaves its own open
            await client.close()


async def _word(model: llm.LLM[Any]) -> None:
    """Ends with the first word, so it costs no more."""
    asked = llm.ChatContext.empty()
    asked.add_message(role="user", content=QUESTION)
    try:
        async with model.chat(chat_ctx=asked, conn_options=ONCE) as stream:
            async for chunk in stream:
                if chunk.delta is not None and chunk.delta.content:
                    return
            raise SaidNothing
    finally:
        await model.aclose()


async def _speak(synthesiser: tts.TTS[Any]) -> None:
    try:
        async with synthesiser.synthesize(WORD, conn_options=ONCE) as stream:
            async for _ in stream:
                return
            raise SaidNothing
    finally:
        await synthesiser.aclose()


def _something(text: str) -> None:
    if not text.strip():
        raise SaidNothing


def _since(began: float) -> float:
    return (time.monotonic() - began) * 1000
