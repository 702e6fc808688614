"""`holdline models --try` asks each provider once through the real plugins: what answers is timed, what fails told."""

import asyncio
import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from cli.checks import providers as check
from cli.checks.check import Fault, Fine
from cli.checks.given import every_kind
from cli.main import main
from cli.models import trial_of, worker_settings
from local.parts import names_of
from tests.unit.cli.examined import a_subject
from tests.wire.double import Behaviour
from tests.wire.providers import Providers

pytestmark = [
    # Google's client makes its own kind of session, which the session's library would rather it did not.
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    # That library warns of its own way to read a form, whenever a piece of one ends in the middle of a boundary.
    pytest.mark.filterwarnings("ignore:unread_data:DeprecationWarning"),
]


@pytest.fixture
def named(all_providers: Providers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """All of them, well, with the settings that name them."""
    all_providers.recover()
    for name in {name for kind in every_kind() for name in names_of(kind)}:
        monkeypatch.delenv(name, raising=False)
    for name, value in all_providers.as_endpoint().items():
        monkeypatch.setenv(name, value)
    yield all_providers
    all_providers.recover()


def models(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["models", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def verdicts(result: Result) -> dict[str, str]:
    """What each provider came to, by its work and name."""
    lines = click.unstyle(result.output).splitlines()
    return {found[1]: found[2] for line in lines if (found := re.match(r"[✓✗] (.+?): (.+)", line))}


def test_the_parts_are_shown_without_asking_anybody(named: Providers) -> None:
    result = models()
    assert result.exit_code == 0
    assert "DEEPGRAM_API_KEY is set" in result.output and "fallback" in result.output
    assert not named.deepgram.requests and not named.openai.requests and not named.gemini.requests


def test_providers_that_answer_are_timed(named: Providers) -> None:
    result = models("--try")
    assert result.exit_code == 0, result.output
    found = verdicts(result)
    assert len(found) == 5
    assert all(re.fullmatch(r"answers in \d+ ms", verdict) for verdict in found.values()), found
    assert named.complaints == []


def test_a_refused_key_is_named_for_each_provider_and_not_shown(
    named: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "LLM_API_KEY"):
        monkeypatch.setenv(name, "canary-of-a-key")
    result = models("--try")
    assert result.exit_code == 1
    assert set(verdicts(result).values()) == {"the key is refused"}
    assert "canary" not in result.output


def test_one_provider_that_is_dead_is_named_and_the_others_are_timed(named: Providers) -> None:
    named.become(named.gemini, Behaviour.DEAD)
    result = models("--try")
    assert result.exit_code == 1
    failed = {name: said for name, said in verdicts(result).items() if not said.startswith("answers in")}
    assert len(failed) == 1, result.output
    (said,) = failed.values()
    assert "Gemini" in next(iter(failed)) and "does not take the connection" in said
    assert "GOOGLE_GEMINI_BASE_URL" in result.output


def test_doctor_tells_the_same_when_it_is_told_to_try(named: Providers) -> None:
    subject = a_subject(try_providers=trial_of(worker_settings()))
    assert isinstance(asyncio.run(check.answer(subject)), Fine)
    named.become(named.deepgram, Behaviour.DEAD)
    fault = asyncio.run(check.answer(subject))
    assert isinstance(fault, Fault)
    assert fault.said.startswith("Deepgram nova-3") and "OpenAI" not in fault.said
