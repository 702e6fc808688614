"""Which parts a call is heard, answered and spoken through under the present settings, as data.

Pure: it makes nothing and imports no plugin, so that a command can print it at once. `choose.py` makes what is told
here, in this order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from holdline.settings import WorkerSettings

ENGLISH = "en-US"


class Kind(StrEnum):
    STT = "stt"
    """Hears the caller."""
    LLM = "llm"
    """Words the replies."""
    TTS = "tts"
    """Speaks."""


class Role(StrEnum):
    PRIMARY = "primary"
    FALLBACK = "fallback"
    """Stands in while those before it fail."""


class Provider(StrEnum):
    DEEPGRAM = "Deepgram"
    OPENAI = "OpenAI"
    GEMINI = "Gemini"
    ENDPOINT = "OpenAI-compatible"
    POCKETSPHINX = "PocketSphinx"
    RULES = "rules"
    ESPEAK = "eSpeak NG"


OFFLINE = frozenset({Provider.POCKETSPHINX, Provider.RULES, Provider.ESPEAK})
"""Need no account and no network."""


@dataclass(frozen=True)
class Part:
    kind: Kind
    provider: Provider
    model: str
    role: Role
    why: str
    """Which setting brought it here, in words for a person."""
    address: str | None = None
    """The host that is asked; None where nothing leaves this machine."""

    @property
    def is_offline(self) -> bool:
        return self.provider in OFFLINE

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"


def describe(settings: WorkerSettings, *, language: str = ENGLISH) -> list[Part]:
    """The parts of a call in `language`, each kind's primary before its fallbacks."""
    return [
        *_ranked(Kind.STT, _hearing(settings, language)),
        *_ranked(Kind.LLM, _wording(settings)),
        *_ranked(Kind.TTS, _speaking(settings, language)),
    ]


def of_kind(parts: Sequence[Part], kind: Kind) -> list[Part]:
    """The primary of one kind, and its fallbacks in their order."""
    return [part for part in parts if part.kind is kind]


def is_english(language: str) -> bool:
    return language.split("-")[0].lower() == "en"


def deepgram_model(name: str, language: str) -> str:
    """The model that hears `language`: the telephone model knows American English alone."""
    return "nova-3" if name == "nova-2-phonecall" and language not in ("en", "en-US") else name


_Found = tuple[Provider, str, str, str | None]


def _ranked(kind: Kind, found: Sequence[_Found]) -> list[Part]:
    roles = [Role.PRIMARY, *[Role.FALLBACK] * (len(found) - 1)]
    return [
        Part(kind, provider, model, role, why, address)
        for (provider, model, why, address), role in zip(found, roles, strict=True)
    ]


def _hearing(settings: WorkerSettings, language: str) -> list[_Found]:
    found: list[_Found] = []
    if settings.deepgram_api_key is not None:
        model = deepgram_model(settings.deepgram_model, language)
        why = "DEEPGRAM_API_KEY is set"
        if model != settings.deepgram_model:
            why += f"; {settings.deepgram_model} does not know {language}"
        found.append((Provider.DEEPGRAM, model, why, _host(settings.deepgram_base_url, "api.deepgram.com")))
    if found and settings.openai_api_key is not None:
        why = "OPENAI_API_KEY is set: hears the turns that Deepgram does not"
        address = _host(settings.openai_base_url, "api.openai.com")
        found.append((Provider.OPENAI, settings.openai_stt_model, why, address))
    if not found:
        found.append((Provider.POCKETSPHINX, "en-us", "no DEEPGRAM_API_KEY", None))
    elif is_english(language):
        found.append((Provider.POCKETSPHINX, "en-us", "needs no provider", None))
    return found


def _wording(settings: WorkerSettings) -> list[_Found]:
    found: list[_Found] = []
    if settings.llm_base_url is not None and settings.llm_model is not None:
        host = _host(settings.llm_base_url, "")
        found.append((Provider.ENDPOINT, settings.llm_model, "LLM_BASE_URL is set", host))
    if settings.google_api_key is not None:
        host = _host(settings.google_gemini_base_url, "generativelanguage.googleapis.com")
        found.append((Provider.GEMINI, settings.gemini_model, "GOOGLE_API_KEY or GEMINI_API_KEY is set", host))
    why = "does what code decided for a turn, in our own words"
    if not found:
        why = f"no LLM_BASE_URL, no GOOGLE_API_KEY: {why}"
    return [*found, (Provider.RULES, "turn notes", why, None)]


def _speaking(settings: WorkerSettings, language: str) -> list[_Found]:
    found: list[_Found] = []
    if settings.openai_api_key is not None:
        model = f"{settings.openai_tts_model} ({settings.openai_tts_voice})"
        address = _host(settings.openai_base_url, "api.openai.com")
        found.append((Provider.OPENAI, model, "OPENAI_API_KEY is set", address))
    why = "needs no provider" if found else "no OPENAI_API_KEY"
    return [*found, (Provider.ESPEAK, language.lower(), why, None)]


def _host(address: str | None, default: str) -> str:
    return urlsplit(address).netloc if address else default
