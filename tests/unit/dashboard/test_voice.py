import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dashboard.preview import VoiceUnavailable, wav_of
from dashboard.voice import OpenAiSpeech, voice_of
from tests.unit.dashboard.world import settings_of

SOUND = wav_of(b"\x01\x00" * 240, sample_rate=24000)


class Provider(HTTPServer):
    """A server that speaks OpenAI's speech protocol, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.asked: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked = {"path": self.path, "authorization": self.headers["Authorization"], **body}
        self.send_response(self.server.status)
        self.send_header("Content-Type", "audio/wav")
        self.end_headers()
        self.wfile.write(SOUND)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_preview_is_asked_for_in_the_voice_and_model_that_callers_hear(provider: Provider) -> None:
    settings = settings_of(openai_api_key="k", openai_base_url=f"{provider.url}/", openai_tts_voice="shimmer")
    voice = voice_of(settings)
    assert isinstance(voice, OpenAiSpeech)
    assert voice("Yes, upstairs.") == SOUND
    assert provider.asked == {
        "path": "/v1/audio/speech",
        "authorization": "Bearer k",
        "model": settings.openai_tts_model,
        "voice": "shimmer",
        "input": "Yes, upstairs.",
        "response_format": "wav",
    }


def test_without_openais_key_the_preview_is_the_offline_voice() -> None:
    assert voice_of(settings_of())("Yes.").startswith(b"RIFF")


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_provider_that_refuses_is_a_voice_that_is_away(provider: Provider, status: int) -> None:
    provider.status = status
    with pytest.raises(VoiceUnavailable):
        voice_of(settings_of(openai_api_key="k", openai_base_url=provider.url))("Yes.")


def test_so_is_a_provider_that_does_not_answer(provider: Provider) -> None:
    provider.server_close()
    with pytest.raises(VoiceUnavailable):
        voice_of(settings_of(openai_api_key="k", openai_base_url=provider.url))("Yes.")
