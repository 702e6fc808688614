"""The worker's log is shown in words, and without what its library has to say."""

import json

import pytest

from local.worker_log import readable


def entry(**fields: object) -> str:
    return json.dumps({"level": "INFO", "name": "holdline.call", "message": "call a: over", **fields})


def test_an_entry_is_shown_as_its_time_and_message() -> None:
    shown = readable(entry(timestamp="2026-11-20T10:00:00.123456+00:00", job_id="AJ_1"))
    assert shown is not None
    assert shown.endswith(".123  call a: over")


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_trouble_is_named(level: str) -> None:
    shown = readable(entry(level=level, name="livekit.agents"))
    assert shown == f"{level}: call a: over"


def test_what_the_library_reports_in_passing_is_left_out() -> None:
    assert readable(entry(name="livekit.agents")) is None


def test_the_cause_of_an_error_is_shown_with_it() -> None:
    assert readable(entry(level="ERROR", exc_info="Traceback: boom")) == "ERROR: call a: over\nTraceback: boom"


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "[1, 2]", '"text"', '{"level": "INFO"}', ""])
def test_a_line_that_is_no_entry_is_shown_as_it_is(line: str) -> None:
    assert readable(line) == line
