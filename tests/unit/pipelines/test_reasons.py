"""Why a provider does not serve is said in words, with the setting to look at, and never in the provider's own."""

import socket
import ssl

import pytest
from livekit.agents import APIConnectionError, APIStatusError, APITimeoutError

from agent.pipelines.parts import Kind, Part, Provider, Role
from agent.pipelines.reasons import SaidNothing, reason

KEY = "key-0123456789"


def a_part(kind: Kind, provider: Provider, model: str) -> Part:
    return Part(kind, provider, model, Role.PRIMARY, "its key is set", "api.example.com")


DEEPGRAM = a_part(Kind.STT, Provider.DEEPGRAM, "nova-3")
GEMINI = a_part(Kind.LLM, Provider.GEMINI, "gemini-9")
ENDPOINT = a_part(Kind.LLM, Provider.ENDPOINT, "llama")
OPENAI_EAR = a_part(Kind.STT, Provider.OPENAI, "some-ear")
OPENAI_VOICE = a_part(Kind.TTS, Provider.OPENAI, "some-voice")


def status(code: int, body: str = "", message: str = "refused") -> APIStatusError:
    return APIStatusError(f"{message} {KEY}", status_code=code, body=f"{body} {KEY}")


def caused_by(cause: Exception) -> APIConnectionError:
    error = APIConnectionError()
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "part", "said", "setting"),
    [
        (status(401), DEEPGRAM, "the key is refused", "DEEPGRAM_API_KEY"),
        (status(403), OPENAI_VOICE, "the key is refused", "OPENAI_API_KEY"),
        (
            status(400, "API key not valid. Please pass a valid API key."),
            GEMINI,
            "the key is refused",
            "GOOGLE_API_KEY",
        ),
        (status(401), ENDPOINT, "the key is refused", "LLM_API_KEY"),
        (status(404), GEMINI, "there is no model gemini-9", "GEMINI_MODEL"),
        (status(404), OPENAI_EAR, "there is no model some-ear", "OPENAI_STT_MODEL"),
        (status(404), OPENAI_VOICE, "there is no model some-voice", "OPENAI_TTS_MODEL"),
        (status(400, "no such model: 'nova-3'"), DEEPGRAM, "there is no model nova-3", "DEEPGRAM_MODEL"),
        (status(429, "insufficient_quota"), OPENAI_VOICE, "no quota left", "credit"),
        (status(402), DEEPGRAM, "no quota left", "credit"),
        (status(429), GEMINI, "too many requests", "in a minute"),
        (status(503), ENDPOINT, "out of order (HTTP 503)", "status of"),
        (status(422), ENDPOINT, "refused (HTTP 422)", "LLM_MODEL"),
        (APITimeoutError(), DEEPGRAM, "no answer within 5 s", "status of Deepgram"),
        (TimeoutError(), GEMINI, "no answer within 5 s", "status of Gemini"),
        (caused_by(socket.gaierror(-2)), ENDPOINT, "no address (DNS)", "LLM_BASE_URL"),
        (APIConnectionError("failed (ClientConnectorDNSError)"), DEEPGRAM, "no address (DNS)", "DEEPGRAM_BASE_URL"),
        (caused_by(ssl.SSLError(1)), OPENAI_VOICE, "certificate", "OPENAI_BASE_URL"),
        (caused_by(ConnectionRefusedError()), GEMINI, "does not take the connection", "GOOGLE_GEMINI_BASE_URL"),
        (SaidNothing(), GEMINI, "with nothing", "GEMINI_MODEL"),
        (ValueError(KEY), DEEPGRAM, "the plugin fails (ValueError)", "DEEPGRAM_API_KEY"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_has_words_and_a_setting_to_look_at(error: Exception, part: Part, said: str, setting: str) -> None:
    found = reason(error, part, within_s=5)
    assert said in found.said
    assert setting in found.remedy
    assert KEY not in f"{found.said} {found.remedy}"
