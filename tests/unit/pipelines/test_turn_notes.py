"""A note reads as English, and the rules read it back as it was meant."""

import pytest

from agent import turn_notes
from agent.turn_notes import Do, Note

NASTY = [
    "We open at ten.",
    "Two lines:\nthe second one.",
    "The question: is this an answer? Reason: none.",
    "# 3 is the code, not ~~5~~ <b>7</b>",
    " spaces around ",
]


@pytest.mark.parametrize("words", NASTY)
def test_words_to_be_said_come_back_exactly(words: str) -> None:
    assert turn_notes.parse(turn_notes.known(words)) == Note(Do.SAY, words)
    assert turn_notes.parse(turn_notes.small_talk(words)) == Note(Do.SAY, words)
    assert turn_notes.parse(turn_notes.goodbye(words)) == Note(Do.SAY_GOODBYE, words)


@pytest.mark.parametrize("question", NASTY)
def test_a_question_for_a_person_comes_back_exactly_with_its_reason(question: str) -> None:
    note = turn_notes.unknown(question, "The knowledge\nhas no sure answer.")
    assert turn_notes.parse(note) == Note(Do.ASK, question, "The knowledge has no sure answer.")


@pytest.mark.parametrize("text", ["", "You answer the telephone.", "do you have parking"])
def test_what_is_not_a_note_is_not_read_as_one(text: str) -> None:
    assert turn_notes.parse(text) is None
