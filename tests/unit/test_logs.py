"""A log line is one JSON object with the same names in every program, or one line for people, and has no secrets."""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from holdline.logs import AsJson, AsText, about, formatter, set_up
from holdline.settings import FirestoreSettings, LiveKitSettings

SETTINGS = FirestoreSettings(google_cloud_project="demo-holdline", log_format="json")
LIBRARY = "livekit.agents"
SAID = "my name is Eve"


@pytest.fixture(autouse=True)
def about_nothing() -> Iterator[None]:
    about()
    yield
    about()


def record(message: str, *args: object, level: int = logging.INFO, **added: object) -> logging.LogRecord:
    made = logging.LogRecord(LIBRARY, level, "worker.py", 1, message, args, None)
    vars(made).update(added)
    return made


def entry(of: logging.LogRecord) -> dict[str, Any]:
    line = AsJson("worker").format(of)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def failure(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except Exception:
        made = record("it failed", level=logging.ERROR)
        made.exc_info = sys.exc_info()
        return made


def test_a_line_has_the_names_that_every_program_uses() -> None:
    found = entry(record("call %s: over", "c1", call="c1", org="salon"))
    assert found.pop("timestamp").endswith("+00:00")
    assert found == {
        "severity": "INFO",
        "message": "call c1: over",
        "logger": LIBRARY,
        "program": "worker",
        "call": "c1",
        "org": "salon",
    }


@pytest.mark.parametrize(
    ("level", "severity"),
    [(5, "DEBUG"), (10, "DEBUG"), (23, "INFO"), (30, "WARNING"), (40, "ERROR"), (50, "CRITICAL")],
)
def test_a_level_is_a_severity_of_cloud_logging(level: int, severity: str) -> None:
    assert entry(record("x", level=level))["severity"] == severity


def test_what_a_request_is_about_stands_on_its_lines_until_the_next_begins() -> None:
    about(call="c1", org="salon")
    assert (entry(record("x"))["call"], entry(record("x"))["org"]) == ("c1", "salon")
    about()
    assert "call" not in entry(record("x"))


def test_a_line_of_the_worker_about_a_job_names_the_call_that_is_its_room() -> None:
    assert entry(record("process exiting", room="c1", job_id="AJ_1"))["call"] == "c1"


def test_a_traceback_is_one_field() -> None:
    found = entry(failure(RuntimeError("no disk")))
    assert found["exception"].startswith("Traceback")
    assert found["exception"].endswith("RuntimeError: no disk")


def test_a_traceback_that_another_process_put_into_the_message_is_told_once() -> None:
    sent = record("it failed\nTraceback: boom", level=logging.ERROR, exc_text="Traceback: boom")
    assert (entry(sent)["message"], entry(sent)["exception"]) == ("it failed", "Traceback: boom")


def test_fields_of_libraries_are_kept_where_they_cannot_hold_what_was_said() -> None:
    found = entry(
        record(
            "x",
            attempt=2,
            streamed=True,
            model="nova-3",
            error=ConnectionError("no route"),
            text=SAID,
            arguments={"question": SAID},
            **{"lk.pii.user_input": SAID},
        )
    )
    assert "Eve" not in str(found)
    kept = {name: found[name] for name in ("attempt", "streamed", "model", "error")}
    assert kept == {"attempt": 2, "streamed": True, "model": "nova-3", "error": "ConnectionError: no route"}


class Said(BaseModel):
    said: str = Field(max_length=3)


def invalid() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Said(said=SAID)
    return caught.value


def test_no_text_of_an_exception_tells_what_was_said() -> None:
    found = entry(failure(invalid()))
    assert "string_too_long" in found["exception"]
    assert "Eve" not in found["exception"]


def test_message_arguments_traceback_and_fields_all_pass_the_net() -> None:
    made = failure(RuntimeError("no such line: +15555550142"))
    made.msg, made.args = "%s was rung", ("+15555550142",)
    vars(made).update(reason="sip_+15555550142 left")
    assert "15555550142" not in AsJson("worker").format(made)
    assert "15555550142" not in AsText("worker").format(made)


def test_the_settings_own_secrets_are_never_written() -> None:
    settings = LiveKitSettings(
        google_cloud_project="demo-holdline",
        livekit_url="wss://x",
        livekit_api_key="k",
        livekit_api_secret="a-secret-of-no-known-shape",
        log_format="json",
    )
    line = formatter("worker", settings).format(record("signed with a-secret-of-no-known-shape"))
    assert "a-secret" not in line


def test_arguments_that_do_not_fit_lose_no_line() -> None:
    assert entry(record("%d calls", "many"))["message"] == "%d calls"


def test_people_get_a_line_of_words_with_the_traceback_below() -> None:
    lines = AsText("worker").format(failure(RuntimeError("no disk"))).splitlines()
    assert lines[0].endswith(f" ERROR    {LIBRARY} it failed")
    assert lines[-1] == "RuntimeError: no disk"


@pytest.mark.parametrize(("asked", "kind"), [("json", AsJson), ("text", AsText), (None, AsJson)])
def test_the_settings_choose_the_form_and_what_is_no_terminal_gets_json(asked: Any, kind: type[AsJson]) -> None:
    settings = SETTINGS.model_copy(update={"log_format": asked})
    assert type(formatter("worker", settings)) is kind


@pytest.mark.usefixtures("logging_as_found")
def test_every_logger_writes_through_one_handler_gunicorns_too(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))  # as a library might have
    access = logging.getLogger("gunicorn.access")
    access.addHandler(logging.StreamHandler(sys.stdout))
    access.propagate = False
    set_up("dashboard", SETTINGS)
    access.warning("GET /rtc?access_token=abc HTTP/1.1")
    logging.getLogger("holdline").debug("too fine")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "GET /rtc?access_token=<secret> HTTP/1.1"


@pytest.mark.usefixtures("logging_as_found")
def test_what_nobody_catches_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("dashboard", SETTINGS)
    thread = threading.Thread(target=lambda: redial("+15555550142"))
    thread.start()
    thread.join()
    sys.excepthook(RuntimeError, RuntimeError("no such line: +15555550142"), None)
    out, err = capsys.readouterr()
    entries = [json.loads(line) for line in out.splitlines()]
    assert [one["severity"] for one in entries] == ["CRITICAL", "CRITICAL"]
    assert all("+1555***0142" in one["exception"] for one in entries)
    assert "0142" not in err


def redial(number: str) -> None:
    raise RuntimeError(f"no such line: {number}")
