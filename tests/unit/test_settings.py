"""What a program is told when its settings do not let it start."""

from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from holdline.errors import BadSettings
from holdline.settings import (
    IGNORE_ENV_FILE,
    DashboardSettings,
    FirestoreSettings,
    FunctionsSettings,
    WorkerSettings,
    load,
)

PROGRAMS: list[type[FirestoreSettings]] = [WorkerSettings, FunctionsSettings, DashboardSettings]
ENOUGH_FOR_A_WORKER = {
    "GOOGLE_CLOUD_PROJECT": "demo-holdline",
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "a-secret-that-nobody-may-see-in-a-log",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without any setting of ours, in a folder without `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in {name for kind in PROGRAMS for name in names_of(kind)}:
        monkeypatch.delenv(name, raising=False)


def names_of(kind: type[BaseSettings], *, required: bool = False) -> set[str]:
    return {name.upper() for name, field in kind.model_fields.items() if field.is_required() or not required}


def give(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_start_fails_with_the_list_of_all_missing_names(kind: type[FirestoreSettings]) -> None:
    with pytest.raises(BadSettings) as refused:
        load(kind)
    assert refused.value.missing == sorted(names_of(kind, required=True))
    assert all(name in str(refused.value) for name in refused.value.missing)
    assert ".env.example" in str(refused.value)


def test_what_is_missing_and_what_is_malformed_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, {**ENOUGH_FOR_A_WORKER, "WORKER_CAPACITY": "0", "WORKER_HEALTH_PORT": "http"})
    monkeypatch.delenv("LIVEKIT_URL")
    with pytest.raises(BadSettings) as refused:
        load(WorkerSettings)
    assert refused.value.missing == ["LIVEKIT_URL"]
    assert refused.value.malformed.keys() == {"WORKER_CAPACITY", "WORKER_HEALTH_PORT"}


def test_an_empty_value_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, {**ENOUGH_FOR_A_WORKER, "LIVEKIT_API_KEY": "", "DEEPGRAM_API_KEY": ""})
    with pytest.raises(BadSettings) as refused:
        load(WorkerSettings)
    assert refused.value.missing == ["LIVEKIT_API_KEY"]


def test_a_worker_starts_without_any_providers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, ENOUGH_FOR_A_WORKER)
    settings = load(WorkerSettings)
    assert (settings.deepgram_api_key, settings.google_api_key, settings.openai_api_key) == (None, None, None)


@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
def test_geminis_key_goes_by_either_of_its_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    give(monkeypatch, {**ENOUGH_FOR_A_WORKER, name: "k"})
    key = load(WorkerSettings).google_api_key
    assert key is not None
    assert key.get_secret_value() == "k"


def test_a_secret_does_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, ENOUGH_FOR_A_WORKER)
    assert ENOUGH_FOR_A_WORKER["LIVEKIT_API_SECRET"] not in repr(load(WorkerSettings))


def test_a_file_called_env_is_read_and_the_environment_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(IGNORE_ENV_FILE)
    (tmp_path / ".env").write_text("GOOGLE_CLOUD_PROJECT=from-file\nLOG_LEVEL=DEBUG\nUNKNOWN_TO_US=1\n")
    assert load(FirestoreSettings).google_cloud_project == "from-file"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "from-environment")
    settings = load(FirestoreSettings)
    assert (settings.google_cloud_project, settings.log_level) == ("from-environment", "DEBUG")


def test_a_file_called_env_is_left_alone_where_it_is_to_be_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("GOOGLE_CLOUD_PROJECT=from-file\nDEEPGRAM_API_KEY=k\n")
    monkeypatch.setenv(IGNORE_ENV_FILE, "1")
    with pytest.raises(BadSettings):
        load(FirestoreSettings)
    give(monkeypatch, ENOUGH_FOR_A_WORKER)
    assert load(WorkerSettings).deepgram_api_key is None
    monkeypatch.delenv(IGNORE_ENV_FILE)
    assert load(WorkerSettings).deepgram_api_key is not None


def test_an_endpoint_for_a_model_needs_the_models_name(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, {**ENOUGH_FOR_A_WORKER, "LLM_BASE_URL": "http://127.0.0.1:11434/v1"})
    with pytest.raises(BadSettings, match=r"LLM_MODEL: .*together with LLM_BASE_URL"):
        load(WorkerSettings)
