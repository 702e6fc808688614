"""What `holdline doctor` examines: the stack that is named, else the settings of here, else the stack that runs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.checks.given import every_kind, this_environment
from cli.doctor import take_settings
from cli.main import main
from local.parts import names_of
from local.ports import DEFAULT_BASE

STACK = {"GOOGLE_CLOUD_PROJECT": "demo-holdline", "LIVEKIT_URL": "ws://127.0.0.1:18006"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also undoes what the command puts there."""
    monkeypatch.setattr("local.ready_file.CACHE", tmp_path)
    for name in {name for kind in every_kind() for name in names_of(kind)}:
        monkeypatch.setenv(name, "")


def running(tmp_path: Path, base: int, *, is_keyless: bool = True) -> None:
    folder = tmp_path / "run" / str(base)
    folder.mkdir(parents=True)
    (folder / "ready.json").write_text(json.dumps({"settings": STACK, "is_keyless": is_keyless}))


def test_a_stack_that_does_not_run_is_one_sentence() -> None:
    result = CliRunner().invoke(main, ["doctor", "--port-base", "25000"])
    assert result.exit_code == 1
    assert "No stack is ready on port base 25000" in result.output


def test_a_stack_is_examined_with_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "holdline-live")
    monkeypatch.setenv("DEEPGRAM_API_KEY", "a key that a keyless stack was not told")
    running(tmp_path, 25000)
    assert take_settings(25000) == "the stack on port base 25000"
    assert this_environment() == STACK


def test_a_stack_with_keys_is_examined_with_the_keys_of_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPGRAM_API_KEY", "k")
    running(tmp_path, 25000, is_keyless=False)
    take_settings(25000)
    assert this_environment() == STACK | {"DEEPGRAM_API_KEY": "k"}


def test_the_running_stack_is_meant_only_where_no_project_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(tmp_path, DEFAULT_BASE)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "holdline-live")
    assert take_settings(None) == "the settings of this environment and .env"
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "")
    assert take_settings(None) == f"the stack on port base {DEFAULT_BASE}"
