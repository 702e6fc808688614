"""What cannot be done is one sentence at the terminal, and said before anything is begun."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main

NUMBER = "+12125550100"


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack that left its ready file behind, and nothing else."""
    monkeypatch.setattr("local.ready_file.CACHE", tmp_path)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        file = tmp_path / "run" / "25000" / "ready.json"
        file.parent.mkdir(parents=True)
        file.write_text(
            json.dumps(
                {
                    "project_id": "demo-holdline",
                    "firestore_emulator_host": address,
                    "auth_emulator_host": address,
                    "dashboard_url": f"http://{address}",
                    "functions": {"create_room": f"http://{address}/create_room"},
                    "texts_url": f"http://{address}/texts",
                    "duty_phones": ["+12125550144"],
                    "phone_numbers": [{"number": NUMBER, "org": "luxe-beauty-salon"}],
                }
            )
        )
        yield


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.usefixtures("gone")
def test_a_call_into_a_stack_that_is_gone_says_so() -> None:
    result = run("call", "--port-base", "25000", "--answer", "auto")
    assert result.exit_code == 1
    assert "does not answer" in result.output


@pytest.mark.usefixtures("gone")
def test_a_text_to_a_stack_that_is_gone_says_so() -> None:
    result = run("text-reply", "Yes.", "--port-base", "25000")
    assert result.exit_code == 1
    assert "does not answer" in result.output


def test_a_text_to_a_stack_that_never_ran_says_so() -> None:
    result = run("text-reply", "Yes.", "--port-base", "25990")
    assert result.exit_code == 1
    assert "No stack is ready on port base 25990" in result.output


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize(("answer", "why"), [("<b>Yes</b>", "markup"), (" ", "empty"), ("x" * 501, "501 characters")])
def test_an_answer_that_cannot_be_spoken_is_refused_before_anybody_is_called(answer: str, why: str) -> None:
    result = run("call", "--port-base", "25000", "--answer", answer)
    assert result.exit_code == 2
    assert why in result.output
    assert "does not answer" not in result.output


def test_a_ready_file_in_a_folder_that_is_not_there_is_refused_before_anything_starts(tmp_path: Path) -> None:
    result = run("up", "--port-base", "25000", "--ready-file", str(tmp_path / "missing" / "ready.json"))
    assert result.exit_code == 2
    assert str(tmp_path / "missing") in result.output
