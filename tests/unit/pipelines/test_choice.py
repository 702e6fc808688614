"""Each part is chosen by its own key, and what has no key is offline."""

import pytest

from agent.pipelines.choose import choose, prewarm
from agent.pipelines.offline import Models
from holdline.errors import BadSettings
from holdline.settings import WorkerSettings, load

OFFLINE = ("PocketSphinx", "holdline", "eSpeak NG")

REQUIRED = {
    "GOOGLE_CLOUD_PROJECT": "demo-holdline",
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret",
}


@pytest.fixture(scope="module")
def models() -> Models:
    return prewarm(WorkerSettings(_env_file=None, **{name.lower(): value for name, value in REQUIRED.items()}))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WorkerSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(WorkerSettings.model_config, "env_file", None)


@pytest.mark.parametrize(
    ("environment", "providers"),
    [
        ({}, OFFLINE),
        ({"DEEPGRAM_API_KEY": "k"}, ("Deepgram", "holdline", "eSpeak NG")),
        ({"GOOGLE_API_KEY": "k"}, ("PocketSphinx", "Gemini", "eSpeak NG")),
        ({"GEMINI_API_KEY": "k"}, ("PocketSphinx", "Gemini", "eSpeak NG")),
        (
            {"LLM_BASE_URL": "http://127.0.0.1:11434/v1", "LLM_MODEL": "llama"},
            ("PocketSphinx", "127.0.0.1:11434", "eSpeak NG"),
        ),
        (
            {"GOOGLE_API_KEY": "k", "LLM_BASE_URL": "http://127.0.0.1:11434/v1", "LLM_MODEL": "llama"},
            ("PocketSphinx", "127.0.0.1:11434", "eSpeak NG"),
        ),
        ({"OPENAI_API_KEY": "k"}, ("PocketSphinx", "holdline", "api.openai.com")),
        (
            {"DEEPGRAM_API_KEY": "k", "GOOGLE_API_KEY": "k", "OPENAI_API_KEY": "k"},
            ("Deepgram", "Gemini", "api.openai.com"),
        ),
    ],
    ids=lambda value: "+".join(value) or "no key" if isinstance(value, dict) else "",
)
async def test_a_part_is_a_providers_exactly_when_its_key_is_set(
    environment: dict[str, str], providers: tuple[str, str, str], models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    pipeline = choose(load(WorkerSettings), models=models)
    assert (pipeline.stt.provider, pipeline.llm.provider, pipeline.tts.provider) == providers


async def test_the_models_and_the_voice_are_those_of_the_settings(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DEEPGRAM_API_KEY": "k",
        "DEEPGRAM_MODEL": "nova-2-phonecall",
        "LLM_BASE_URL": "http://127.0.0.1:11434/v1",
        "LLM_MODEL": "llama",
        "OPENAI_API_KEY": "k",
    }.items():
        monkeypatch.setenv(name, value)
    pipeline = choose(load(WorkerSettings), models=models)
    assert (pipeline.stt.model, pipeline.llm.model, pipeline.tts.model) == (
        "nova-2-phonecall",
        "llama",
        "gpt-4o-mini-tts",
    )
    assert pipeline.name == (
        "Deepgram nova-2-phonecall > OpenAI gpt-4o-mini-transcribe > PocketSphinx en-us; "
        "OpenAI-compatible llama > rules turn notes; OpenAI gpt-4o-mini-tts (nova) > eSpeak NG en-us"
    )


def test_an_endpoint_without_a_model_keeps_the_worker_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:11434/v1")
    with pytest.raises(BadSettings) as refused:
        load(WorkerSettings)
    assert "LLM_MODEL" in refused.value.malformed


async def test_the_turn_detector_is_the_local_one_whatever_the_keys(models: Models) -> None:
    assert choose(load(WorkerSettings), models=models).turn_detection.model == "turn-detector-v1-mini"
