"""`holdline console` takes its lines from a pipe, needs nothing to be running, and says in words what is wrong."""

import logging
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from cli.console import command


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


def console(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, arguments, input=typed)


def test_lines_from_a_pipe_are_a_call() -> None:
    result = console(typed="/nonsense\n/quit\n")
    assert result.exit_code == 0, result.output
    assert "agent       Thank you for calling Luxe Beauty Salon." in result.output
    assert "There is no /nonsense." in result.output
    assert result.output.endswith("The call is over: caller left.\n")
    assert "\x1b[" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--agent", "luxe-beauty-salon/nobody"), "It has: front-desk."),
        (("--org", "nowhere", "--agent", "front-desk"), "There are: bright-smile-dental, luxe-beauty-salon."),
        (("--agent", "front-desk"), "must be organisation/voice-agent"),
    ],
)
def test_an_agent_that_does_not_exist_is_told_with_those_that_do(arguments: tuple[str, ...], words: str) -> None:
    result = console(*arguments)
    assert result.exit_code != 0
    assert words in result.output


def test_without_settings_or_a_stack_firestore_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    result = console("--firestore", "--port-base", "1")
    assert result.exit_code == 1
    assert "GOOGLE_CLOUD_PROJECT" in result.output
    assert "No stack is ready on port base 1" in result.output
