"""A call's pipeline: the parts that `parts.py` tells of, made and put in line, so that each failure has a stand-in.

- Hearing: a provider's stream, with the sound of each utterance kept for the reserves (`attentive_stt.py`).
- Wording: the first model, then the second. The rules come last by another way: the receptionist does what a turn's
  note says wherever no model has spoken in time.
- Speaking: a provider held to a telephone's pace (`punctual_tts.py`), then eSpeak NG. One that failed is tried again
  in the background with each sentence, and speaks again once it can.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from livekit.agents import llm, stt, tts

from agent.pipelines import Pipeline, offline, providers
from agent.pipelines.attentive_stt import AttentiveSTT
from agent.pipelines.offline import BREATH_S, Models
from agent.pipelines.one_detector import OneDetector
from agent.pipelines.parts import ENGLISH, Kind, Part, Provider, Role, describe, of_kind
from agent.pipelines.punctual_tts import PunctualTTS
from holdline.settings import WorkerSettings

if TYPE_CHECKING:
    import aiohttp

__all__ = [
    "Kind",
    "Models",
    "Part",
    "Provider",
    "Role",
    "choose",
    "describe",
    "make_llm",
    "make_stt",
    "make_tts",
    "prewarm",
]

log = logging.getLogger("holdline.pipeline")

SECOND_MODEL_AFTER_S = 0.8
"""How long the first model may keep a caller waiting when there is a second; both must be within the turn's limit."""


def prewarm(settings: WorkerSettings) -> Models:
    """Load what every call of this process shares; blocks, so it is done before a call is there."""
    providers.load(describe(settings))
    return offline.load_models()


def choose(
    settings: WorkerSettings,
    *,
    models: Models,
    language: str = ENGLISH,
    terms: Sequence[str] = (),
    http_session: "aiohttp.ClientSession | None" = None,
) -> Pipeline:
    """The parts for one call; blocks for a moment where a provider's client is made.

    `terms` are names that callers may say: the organisation's, the agent's, people's. `http_session` is for those who
    are not in a job, which has one of its own.
    """
    parts = describe(settings, language=language)
    detector = OneDetector(models.vad, breath_s=BREATH_S)
    told = replace(models, vad=detector.following)
    hearing = [
        make_stt(part, settings, models=told, language=language, terms=terms, http_session=http_session)
        for part in of_kind(parts, Kind.STT)
    ]
    wording = [make_llm(part, settings) for part in of_kind(parts, Kind.LLM)]
    speaking = [make_tts(part, settings, language=language) for part in of_kind(parts, Kind.TTS)]
    name = "; ".join(" > ".join(map(str, of_kind(parts, kind))) for kind in Kind)
    log.info("pipeline: %s", name)
    return Pipeline(
        name=name,
        stt=_hearing(hearing, models=told, is_keyed=not of_kind(parts, Kind.STT)[0].is_offline),
        llm=_wording(wording),
        tts=_speaking(speaking),
        vad=detector.leading,
        turn_detection=offline.turn_detection(),
    )


def make_stt(
    part: Part,
    settings: WorkerSettings,
    *,
    models: Models,
    language: str = ENGLISH,
    terms: Sequence[str] = (),
    http_session: "aiohttp.ClientSession | None" = None,
) -> stt.STT[Any]:
    """One recogniser by itself. Raises ValueError for a part without its key, and for one that does not hear."""
    match part.provider:
        case Provider.DEEPGRAM:
            return providers.deepgram_stt(part, settings, language=language, terms=terms, http_session=http_session)
        case Provider.OPENAI:
            return providers.openai_stt(part, settings, language=language)
        case Provider.POCKETSPHINX:
            return offline.recognition(models)
        case _:
            raise ValueError(f"{part} does not hear")


def make_llm(part: Part, settings: WorkerSettings) -> llm.LLM[Any]:
    """One model by itself. Raises ValueError for a part without its key, and for one that words nothing."""
    match part.provider:
        case Provider.ENDPOINT:
            return providers.endpoint_llm(part, settings)
        case Provider.GEMINI:
            return providers.gemini_llm(part, settings)
        case Provider.RULES:
            return offline.model()
        case _:
            raise ValueError(f"{part} words no replies")


def make_tts(part: Part, settings: WorkerSettings, *, language: str = ENGLISH) -> tts.TTS[Any]:
    """One synthesiser by itself. Raises ValueError for a part without its key, and for one that does not speak."""
    match part.provider:
        case Provider.OPENAI:
            return providers.openai_tts(settings)
        case Provider.ESPEAK:
            return offline.speech(language)
        case _:
            raise ValueError(f"{part} does not speak")


def _hearing(recognisers: Sequence[stt.STT[Any]], *, models: Models, is_keyed: bool) -> stt.STT[Any]:
    first, *reserves = recognisers
    return AttentiveSTT(first, reserves=reserves, detector=models.vad) if is_keyed else first


def _wording(models: Sequence[llm.LLM[Any]]) -> llm.LLM[Any]:
    keyed = list(models[:-1])  # the rules are not a model to fall back to, but what the turn does without one
    if len(keyed) > 1:
        return llm.FallbackAdapter(keyed, attempt_timeout=SECOND_MODEL_AFTER_S, max_retry_per_llm=0)
    return keyed[0] if keyed else models[-1]


def _speaking(synthesisers: Sequence[tts.TTS[Any]]) -> tts.TTS[Any]:
    *keyed, last = synthesisers
    if not keyed:
        return last
    return tts.FallbackAdapter([*(PunctualTTS(one, understudy=last) for one in keyed), last], max_retry_per_tts=0)
