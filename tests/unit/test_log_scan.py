"""The scan of logs after a run finds each kind of thing that no log may hold, tells where, and fails the run."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.log_scan import OUR_PARTS, Place, Records, Scanner, finds, is_of_a_part, known_scanner, sentences_in

pytest_plugins = ["pytester"]

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ2aXNpdG9yIn0.c2lnbmF0dXJl"
SCANNER = Scanner(sentences=["Yes, dogs are welcome."], secrets=["the-secret-of-livekit"])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("call a: +15555550142 rings", "number"),
        ("participant sip_+15555550142 left", "number"),
        ("From=%2B15555550142", "number"),
        (f"joined with {TOKEN}", "token"),
        ("GET /rtc?access_token=abcdefgh", "query string with a token"),
        ("ana@luxe.example.com signed in", "e-mail address"),
        ("signed with the-secret-of-livekit", "secret"),
        (json.dumps({"message": "relaying 'yes dogs are WELCOME'"}), "sentence that somebody said"),
    ],
)
def test_each_kind_is_found_and_named_with_file_and_line(tmp_path: Path, line: str, kind: str) -> None:
    log = tmp_path / "worker.txt"  # not of a name that the scan of this very run would look at
    log.write_text(f"call a: answered\n{line}\ncall a: over\n")
    assert list(finds([Place(log)], SCANNER)) == [f"{log}:2: {kind}"]


@pytest.mark.parametrize(
    "line",
    [
        "call web-975dc3f199454e889278ad248b2767f1: +1555***0142 rings +1212***0100",
        '{"timestamp": "2026-11-20T10:00:00.123456+00:00", "severity": "INFO", "message": "call a: over"}',
        "GET /rtc?access_token=<secret> by <e-mail> with <token>",
    ],
)
def test_what_may_be_logged_is_not_found(line: str) -> None:
    assert SCANNER.kinds_in(line) == []


def test_what_a_log_held_before_the_run_is_not_of_this_run(tmp_path: Path) -> None:
    log = tmp_path / "worker.txt"
    log.write_text("+15555550142\n")
    skip = log.stat().st_size
    with log.open("a") as more:
        more.write("call a: answered\n+15555550143\n")
    assert list(finds([Place(log, skip)], SCANNER)) == [f"{log}:3: number"]
    log.write_text("+15555550144\n")
    assert list(finds([Place(log, skip + 100)], SCANNER)) == [f"{log}:1: number"]


def test_of_a_launchers_log_only_what_the_parts_wrote_is_looked_at(tmp_path: Path) -> None:
    log = tmp_path / "24000.txt"
    log.write_text("  Sign in     ana@luxe.example.com  (the line is +12125550100)\nworker     | +15555550142 rings\n")
    assert list(finds([Place(log, is_ours=is_of_a_part)], SCANNER)) == [f"{log}:2: number"]


def test_the_canaries_are_what_callers_ask_and_supervisors_answer() -> None:
    for said in ("Do you have parking?", "can i bring my dog", "Yes, there is free parking behind the building."):
        assert known_scanner().kinds_in(f"the caller said: {said}") == ["sentence that somebody said"]
    assert {"worker", "functions", "dashboard"} <= set(OUR_PARTS)


def test_a_tests_sentences_are_its_strings_and_not_its_prose() -> None:
    source = (
        'def test_it():\n    """A rule in four words."""\n    answer("Yes, on two legs.", "short", "a_name_in-code")\n'
    )
    assert list(sentences_in(source)) == ["Yes, on two legs."]


@pytest.fixture
def records() -> Iterator[Records]:
    """Looks at what is logged below `agent.scanned`, apart from the scan of this very run."""
    logger = logging.getLogger("agent.scanned")
    records = Records(SCANNER)
    logger.addHandler(records)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield records
    logger.removeHandler(records)
    logger.propagate = True


def test_a_record_of_ours_is_found_though_the_net_would_have_caught_it(records: Records) -> None:
    logging.getLogger("agent.scanned").debug("%s rings", "+15555550142")
    assert [find.rpartition(": ")[2] for find in records.finds] == ["number"]


def test_a_librarys_record_is_looked_at_as_it_is_written(records: Records) -> None:
    made = logging.LogRecord("livekit.agents", logging.INFO, "x.py", 7, "sip_+15555550142 left", (), None)
    records.handle(made)
    assert records.finds == set()
    said = logging.LogRecord("livekit.agents", logging.INFO, "x.py", 8, "said: yes, dogs are welcome", (), None)
    records.handle(said)
    assert records.finds == {"x.py:8: sentence that somebody said"}


FAILING = """
import logging
pytest_plugins = ["tests.log_scan"]

def test_it_passes(tmp_path):
    (tmp_path / "worker.log").write_text("+15555550142 rings")
"""


def test_a_find_fails_a_run_whose_tests_all_passed(tmp_path: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*worker.log:1: number"])
    for log in pytester.path.rglob("*.log"):
        log.unlink()
