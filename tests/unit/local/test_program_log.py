"""The logs of our programs are shown in words, and without what its library has to say."""

import json
import logging

import pytest

from holdline.logs import AsJson
from local.program_log import readable


def entry(**fields: object) -> str:
    return json.dumps({"severity": "INFO", "logger": "holdline.call", "message": "call a: over", **fields})


def test_what_a_program_writes_is_what_is_read() -> None:
    written = logging.LogRecord("holdline.call", logging.WARNING, "main.py", 1, "call %s: over", ("a",), None)
    shown = readable(AsJson("worker").format(written))
    assert shown is not None
    assert shown.endswith("  WARNING: call a: over")


def test_an_entry_is_shown_as_its_time_and_message() -> None:
    shown = readable(entry(timestamp="2026-11-20T10:00:00.123456+00:00", job_id="AJ_1"))
    assert shown is not None
    assert shown.endswith(".123  call a: over")


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_trouble_is_named(level: str) -> None:
    shown = readable(entry(severity=level, logger="livekit.agents"))
    assert shown == f"{level}: call a: over"


def test_what_the_library_reports_in_passing_is_left_out() -> None:
    assert readable(entry(logger="livekit.agents")) is None


def test_the_cause_of_an_error_is_shown_with_it() -> None:
    assert readable(entry(severity="ERROR", exception="Traceback: boom")) == "ERROR: call a: over\nTraceback: boom"


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "[1, 2]", '"text"', '{"severity": "INFO"}', ""])
def test_a_line_that_is_no_entry_is_shown_as_it_is(line: str) -> None:
    assert readable(line) == line
