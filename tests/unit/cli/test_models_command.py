"""`holdline models` tells what the keys make of a call, whether or not a worker could run here."""

import pytest
from click.testing import CliRunner, Result

from cli.checks.given import every_kind
from cli.main import main
from local.parts import names_of


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {name for kind in every_kind() for name in names_of(kind)}:
        monkeypatch.delenv(name, raising=False)


def models(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["models", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_without_a_key_this_machine_does_everything_and_nobody_is_asked() -> None:
    result = models("--try")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()[1:4]] == ["hearing", "wording", "speaking"]
    assert "no DEEPGRAM_API_KEY" in result.output
    assert "nobody to ask" in result.output


def test_a_provider_comes_before_what_stands_in_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    lines = models().output.splitlines()
    assert [line.split()[:2] for line in lines[-2:]] == [["speaking", "primary"], ["fallback", "eSpeak"]]
    assert "OPENAI_API_KEY is set" in lines[-2]
    assert not any("canary" in line for line in lines)


def test_an_endpoint_without_a_model_is_refused_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:11434/v1")
    result = models()
    assert result.exit_code == 1
    assert "LLM_MODEL" in result.output
