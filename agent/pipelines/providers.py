"""The parts that a provider's key buys. Each function answers None where its key is not set.

The plugins are imported only where they are wanted: together they cost a job process a second and 60 MB.
"""

from typing import Any

from livekit.agents import llm, stt, tts

from holdline.settings import WorkerSettings

ENGLISH = "en-US"


def recognition(settings: WorkerSettings) -> stt.STT[Any] | None:
    """Deepgram, asked for the caller's words as they are spoken."""
    if settings.deepgram_api_key is None:
        return None
    from livekit.plugins import deepgram

    return deepgram.STT(
        model=settings.deepgram_model,
        language=ENGLISH,
        api_key=settings.deepgram_api_key.get_secret_value(),
        base_url=settings.deepgram_base_url or "https://api.deepgram.com/v1/listen",
    )


def model(settings: WorkerSettings) -> llm.LLM[Any] | None:
    """The endpoint that LLM_BASE_URL names, else Gemini; cool-headed and without thinking, since somebody waits."""
    if settings.llm_base_url is not None and settings.llm_model is not None:
        from livekit.plugins import openai

        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key is not None else "none"
        return openai.LLM(model=settings.llm_model, base_url=settings.llm_base_url, api_key=key, temperature=0.2)
    if settings.google_api_key is not None:
        from livekit.plugins import google

        return google.LLM(
            model=settings.gemini_model,
            api_key=settings.google_api_key.get_secret_value(),
            temperature=0.2,
            thinking_config={"thinking_budget": 0},
        )
    return None


def speech(settings: WorkerSettings) -> tts.TTS[Any] | None:
    """OpenAI's speech; as WAV, which needs no decoder."""
    if settings.openai_api_key is None:
        return None
    from livekit.plugins import openai

    key = settings.openai_api_key.get_secret_value()
    return openai.TTS(
        model=settings.openai_tts_model,
        voice=settings.openai_tts_voice,
        base_url=settings.openai_base_url or "https://api.openai.com/v1",
        api_key=key,
        response_format="wav",
    )
