"""What a person reads, what a program reads, and what neither ever does."""

import json

import click

from cli.checks.check import Fault, Fine, NotChecked, Result
from cli.checks.report import as_json, as_text, is_well, without_secrets
from tests.unit.cli.test_examination import a_check

RESULTS = [
    Result(a_check("livekit.answers"), Fine("it answers")),
    Result(a_check("livekit.key"), Fault("the key is refused", "Set another.")),
    Result(a_check("functions.deployed"), NotChecked("needs livekit.key")),
]


def text_of(results: list[Result]) -> list[str]:
    return click.unstyle(as_text(results, examined="the settings of a test")).splitlines()


def test_each_check_is_a_line_below_its_part_and_a_fault_has_its_remedy_under_it() -> None:
    assert text_of(RESULTS) == [
        "Examined: the settings of a test",
        "",
        "LiveKit",
        "  ✓ the livekit.answers: it answers",
        "  ✗ the livekit.key: the key is refused",
        "      → Set another.",
        "",
        "Functions",
        "  \N{EN DASH} the functions.deployed: not checked, needs livekit.key",
        "",
        "1 fault: livekit.key; 1 fine, 1 not checked.",
    ]


def test_only_a_fault_is_unwell() -> None:
    assert not is_well(RESULTS)
    assert is_well([RESULTS[0], RESULTS[2]])
    assert text_of([RESULTS[0]])[-1] == "Nothing is wrong: 1 fine, 0 not checked."


def test_a_program_gets_every_check_with_its_state_and_its_words() -> None:
    report = json.loads(as_json(RESULTS, examined="the settings of a test"))
    assert report["ok"] is False
    assert report["checks"][1] == {
        "id": "livekit.key",
        "title": "the livekit.key",
        "state": "fault",
        "said": "the key is refused",
        "remedy": "Set another.",
    }
    assert [check["state"] for check in report["checks"]] == ["fine", "fault", "not checked"]


def test_a_secret_that_got_into_the_words_is_named_instead() -> None:
    secrets = {"DEEPGRAM_API_KEY": "dg-0123456789", "LLM_API_KEY": "dg-0123456789-and-more", "SIP_PASSWORD": "an"}
    text = without_secrets("refused: dg-0123456789-and-more, an answer to dg-0123456789", secrets)
    assert text == "refused: <LLM_API_KEY>, an answer to <DEEPGRAM_API_KEY>"
