"""Every sentence the agent can say stands in a prompt file, is found there, and is fit to be spoken."""

import ast
import itertools
import re
from pathlib import Path

import pytest

from agent.words import PROMPTS, in_turn, line, lines, persona
from holdline.help_request import speakable
from holdline.intent import Intent
from tests.source import parsed

AGENT = PROMPTS.parent
READERS = {"line", "lines", "words", "in_turn"}
PERSONA = "receptionist"
FILLED_IN = {"name": "Ana", "question": "Do you have parking?", "minutes": "3", "number": "2 1 2, 5 5 5, 0 1 4 2"}


def named_by_code() -> set[tuple[str, str | None]]:
    """Each (file, heading) that the agent's code names; a heading that is worked out there is None."""
    named: set[tuple[str, str | None]] = set()
    for source in AGENT.rglob("*.py"):
        for node in ast.walk(parsed(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READERS:
                named |= {
                    (name, _heading(node))
                    for part in node.args[:1]
                    for name in [child.value for child in ast.walk(part) if isinstance(child, ast.Constant)]
                    if isinstance(name, str)
                }
    return named


def _heading(call: ast.Call) -> str | None:
    second = call.args[1] if len(call.args) > 1 else None
    return second.value if isinstance(second, ast.Constant) and isinstance(second.value, str) else None


FILES = sorted(path.stem for path in PROMPTS.glob("*.md"))


def headings(name: str) -> list[str | None]:
    found = re.findall(r"^## (.+)$", (PROMPTS / f"{name}.md").read_text(encoding="utf-8"), re.MULTILINE)
    return list(found) or [None]


def sentences() -> list[str]:
    return [
        sentence for name in FILES if name != PERSONA for heading in headings(name) for sentence in lines(name, heading)
    ]


def test_every_file_that_code_names_is_there() -> None:
    missing = {name for name, _ in named_by_code()} - set(FILES)
    assert not missing


def test_every_file_is_named_by_code() -> None:
    unused = set(FILES) - {name for name, _ in named_by_code()} - {PERSONA}
    assert not unused


def test_every_heading_of_an_apology_is_used() -> None:
    assert set(headings("apology")) == {heading for name, heading in named_by_code() if name == "apology"}


def test_small_talk_has_words_for_each_kind_that_needs_no_other() -> None:
    elsewhere = {Intent.question, Intent.human, Intent.call_back, Intent.goodbye, Intent.repeat, Intent.nothing}
    assert set(headings("small_talk")) == {kind.value for kind in set(Intent) - elsewhere}


@pytest.mark.parametrize("sentence", sentences())
def test_every_sentence_is_fit_to_be_spoken(sentence: str) -> None:
    filled = sentence.format(**FILLED_IN)
    assert speakable(filled) == filled
    assert not re.search(r"[{}*_#`~]", filled)


def test_what_is_filled_in_is_filled_in_by_its_name() -> None:
    assert line("looking", name="Ana") == "Ana is looking at it now."
    with pytest.raises(KeyError):
        line("looking", person="Ana")


def test_a_sentence_that_is_not_there_is_an_error_and_never_silence() -> None:
    with pytest.raises(KeyError, match="small_talk"):
        lines("small_talk", "shouting")
    with pytest.raises(FileNotFoundError):
        lines("no_such_file")


def test_sentences_in_turn_come_round_again() -> None:
    count = len(lines("progress"))
    assert count > 1
    assert list(itertools.islice(in_turn("progress"), count + 1)) == [*lines("progress"), lines("progress")[0]]


def test_the_persona_names_the_business_and_forbids_facts_of_its_own() -> None:
    text = persona(organisation="Luxe Beauty Salon", name="Vera", instructions="Be brief.")
    assert "Luxe Beauty Salon" in text
    assert "Vera" in text
    assert text.endswith("Be brief.")
    assert "ask_supervisor" in text
    assert "end_call" in text


def test_an_admins_instructions_may_hold_braces() -> None:
    assert persona(organisation="{x}", name="{y}", instructions='Say {"hello"}.').endswith('Say {"hello"}.')


def test_prompts_are_where_the_package_is() -> None:
    assert Path(PROMPTS).is_dir()
