"""The parts that a provider's key buys, each set for somebody who waits on a telephone.

The plugins are imported only where they are wanted: together they cost a job process a second and 60 MB.
"""

import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from livekit.agents import NOT_GIVEN, llm, stt, tts
from pydantic import SecretStr

from agent.pipelines.parts import Part, Provider
from holdline.settings import WorkerSettings

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger("holdline.pipeline")

PAUSE_MS = 200
"""The silence after which Deepgram gives the words so far: they are there when our own detector ends a breath."""
TERMS_AT_MOST = 50
KEYWORD_BOOST = 1.5
"""A nudge; more, and the word is heard where nobody said it."""
GEMINI_DEADLINE_MS = 10_000
"""The shortest that Gemini takes: a request with less is refused. What a caller can wait is minded by who asks."""
COOL = 0.2


def load(parts: Sequence[Part]) -> None:
    """Import the plugins that these parts need; blocks, so it is done before a call is there."""
    providers = {part.provider for part in parts}
    if Provider.DEEPGRAM in providers:
        from livekit.plugins import deepgram  # noqa: F401
    if Provider.GEMINI in providers:
        from livekit.plugins import google  # noqa: F401
    if providers & {Provider.OPENAI, Provider.ENDPOINT}:
        import anyio
        from livekit.plugins import openai  # noqa: F401

        anyio.run(anyio.sleep, 0)  # what the client's transport imports only when it is first used


def deepgram_stt(
    part: Part,
    settings: WorkerSettings,
    *,
    language: str,
    terms: Sequence[str] = (),
    http_session: "aiohttp.ClientSession | None" = None,
) -> stt.STT[Any]:
    """The caller's words as they are spoken. Outside a job, it needs a session of its own.

    Interim words, since they tell an interruption from a noise; digits for numbers, since people read and dial them;
    "um" kept and punctuation given, since the end of a turn is told by them; no other formatting, so that a question
    reads as it was asked and nothing is held back to be formatted.
    """
    from livekit.plugins import deepgram

    if part.model != settings.deepgram_model:
        log.warning("%s does not know %s: %s hears instead", settings.deepgram_model, language, part.model)
    takes_terms = part.model.startswith("nova-3")
    takes_words = part.model.startswith("nova-2")
    return deepgram.STT(
        model=part.model,
        language=deepgram_language(language),
        api_key=_secret(settings.deepgram_api_key, "DEEPGRAM_API_KEY"),
        base_url=settings.deepgram_base_url or "https://api.deepgram.com/v1/listen",
        interim_results=True,
        punctuate=True,
        smart_format=False,
        numerals=True,
        no_delay=True,
        filler_words=True,
        endpointing_ms=PAUSE_MS,
        keyterm=list(terms)[:TERMS_AT_MOST] if takes_terms and terms else NOT_GIVEN,
        keywords=[(word, KEYWORD_BOOST) for word in words_of(terms)] if takes_words and terms else NOT_GIVEN,
        http_session=http_session,
    )


def deepgram_language(language: str) -> str:
    """Deepgram's name for it: with its region where Deepgram knows the region, else without."""
    from livekit.plugins.deepgram.models import DeepgramLanguages

    known = {name.lower(): name for name in get_args(DeepgramLanguages)}
    base = language.split("-")[0].lower()
    if (found := known.get(language.lower()) or known.get(base)) is None:
        log.warning("Deepgram's languages are not known to hold %s: it is asked all the same", language)
    return found or language


def words_of(terms: Sequence[str]) -> list[str]:
    """The single words of `terms`, as an older model takes them: it knows no phrases."""
    words = [word for term in terms for word in re.findall(r"[^\W\d_]{3,}", term)]
    return list(dict.fromkeys(words))[:TERMS_AT_MOST]


def openai_stt(part: Part, settings: WorkerSettings, *, language: str) -> stt.STT[Any]:
    """Words for a whole utterance at once."""
    from livekit.plugins import openai

    return openai.STT(
        model=part.model,
        language=language.split("-")[0].lower(),
        base_url=settings.openai_base_url or "https://api.openai.com/v1",
        api_key=_secret(settings.openai_api_key, "OPENAI_API_KEY"),
    )


def endpoint_llm(part: Part, settings: WorkerSettings) -> llm.LLM[Any]:
    from livekit.plugins import openai

    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key is not None else "none"
    return openai.LLM(model=part.model, base_url=settings.llm_base_url or NOT_GIVEN, api_key=key, temperature=COOL)


def gemini_llm(part: Part, settings: WorkerSettings) -> llm.LLM[Any]:
    """Cool-headed, and without thinking where the model can do without."""
    from google.genai import types
    from livekit.plugins import google

    if settings.google_gemini_base_url is not None:
        # The library's own setting, since it is the only one that its warming up obeys too.
        from google.genai._base_url import set_default_base_urls

        set_default_base_urls(settings.google_gemini_base_url, None)
    thinking = thinking_off(part.model)
    return google.LLM(
        model=part.model,
        api_key=_secret(settings.google_api_key, "GOOGLE_API_KEY"),
        temperature=COOL,
        thinking_config=types.ThinkingConfig(**thinking) if thinking else NOT_GIVEN,
        # Left to itself, the library calls a Gemini that is away a second time, after up to ten seconds.
        http_options=types.HttpOptions(timeout=GEMINI_DEADLINE_MS, retry_options=types.HttpRetryOptions(attempts=1)),
    )


def thinking_off(model: str) -> dict[str, Any]:
    """How this Gemini model is told to think least; empty where it takes no such wish."""
    name = model.lower()
    if "gemini-2.5" in name:
        return {"thinking_budget": 128 if "pro" in name else 0}
    if "gemini-3" in name:
        return {"thinking_level": "minimal" if "flash" in name else "low"}
    return {}


def openai_tts(settings: WorkerSettings) -> tts.TTS[Any]:
    """OpenAI's speech; as WAV, which needs no decoder."""
    from livekit.plugins import openai

    return openai.TTS(
        model=settings.openai_tts_model,
        voice=settings.openai_tts_voice,
        base_url=settings.openai_base_url or "https://api.openai.com/v1",
        api_key=_secret(settings.openai_api_key, "OPENAI_API_KEY"),
        response_format="wav",
    )


def _secret(key: SecretStr | None, name: str) -> str:
    if key is None:
        raise ValueError(f"{name} is not set, but a part that needs it was asked for")
    return key.get_secret_value()
