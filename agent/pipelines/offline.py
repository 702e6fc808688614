"""The parts that need no account and no network: PocketSphinx, the rules, eSpeak NG, Silero and the local detector."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from livekit.agents import inference, llm, stt, tts, vad
from livekit.plugins import silero

from agent.pipelines.espeak_tts import EspeakTTS
from agent.pipelines.pocketsphinx_stt import PocketSphinxSTT
from agent.pipelines.rules_llm import RulesLLM
from holdline.speech import espeak

# The end of a turn is the turn detector's to decide; this is only the end of a breath.
BREATH_S = 0.35
LEAD_IN_S = 0.3


@dataclass(frozen=True)
class Models:
    """What is loaded once a process and shared by its calls."""

    vad: vad.VAD


def load_models() -> Models:
    """Blocks for some 0.2 s."""
    return Models(vad=silero.VAD.load(min_silence_duration=BREATH_S, prefix_padding_duration=LEAD_IN_S))


def turn_detection() -> inference.TurnDetector:
    """The detector that runs here; left unpinned, a development worker would ask a cloud for it."""
    return inference.TurnDetector(version="v1-mini")


def recognition(models: Models) -> stt.STT[Any]:
    return PocketSphinxSTT(vad=models.vad)


def model() -> llm.LLM[Any]:
    return RulesLLM()


def speech(language: str) -> tts.TTS[Any]:
    return EspeakTTS(voice=voice_for(language))


@cache
def voice_for(language: str) -> str:
    """The voice of the language's region, else of the language; American English where eSpeak NG has neither."""
    for voice in (language.lower(), language.split("-")[0].lower()):
        try:
            espeak.synthesise("a", voice=voice)
        except espeak.EspeakFailed:
            continue
        return voice
    return espeak.VOICE
