"""What a model may say aloud: the note as it stands, and courtesies."""

import pytest

from agent.grounding import Grounding, courtesies, is_courtesy, sentences
from agent.turn_notes import Do, parse, small_talk
from agent.words import lines

PARKING = "Yes: 12 places behind the house, # 3 is *ours*. It costs $2.50 an hour. Ask for Dr. Lee."


def said(note: str, *by_model: str) -> str:
    grounding = Grounding(note)
    return "".join(grounding.admit(sentence) for text in by_model for sentence in sentences(text)) + grounding.rest()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        PARKING,
        "  A lead.  Two spaces. ",
        "9 a.m. to 5 p.m.",
        "Wait... what?! \u201cOpen.\u201d Good.",
        "...",
        "\n",
    ],
)
def test_the_sentences_of_a_text_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


def test_a_note_is_said_in_its_own_spelling_however_the_model_spells_it() -> None:
    assert said(PARKING, "yes, 12 PLACES behind the house — 3 is ours! It costs $2.50 an hour. ") == PARKING


def test_what_the_model_leaves_out_is_said() -> None:
    assert said(PARKING, "Yes: 12 places behind the house, # 3 is *ours*. ") == PARKING
    assert said(PARKING) == PARKING


def test_a_courtesy_may_go_before_the_note_and_behind_it() -> None:
    reply = said("We open at nine.", "Good question! We open at nine. Anything else?")
    assert reply == "Good question! We open at nine. Anything else? "


@pytest.mark.parametrize(
    "invented",
    [
        "A haircut is forty five dollars.",
        "Yes.",
        "No, sorry.",
        "Sure!",
        "Of course we do.",
        "We open at ten.",
        "We open at nine, every day.",
        "We don't open at nine.",
        "We are open.",
        "9",
        "It is free.",
        "Today.",
        "Ja.",
        "You can.",
        "It is.",
        "There is.",
        "I have.",
        "Sorry.",
        "Great!",
        "All weekend.",
        "Morning and evening.",
        "Have a nice evening weekend.",
        "good*bye day",
        "to*day",
        "to\u200bday",
        "Wel\u200bcome, yes.",
        "Thank you for nine.",
        "Hell\u03bf.",
        "\uff39\uff45\uff53.",
        "N\u00ba.",
        "\u2460.",
        "\u2713 Hello, it is.",
        "Hello.Yes.",
        "Thank you yes.",
        "是的。",
    ],
)
def test_nothing_else_is_said_and_nothing_after_it(invented: str) -> None:
    assert said("We open at nine.", f"{invented} ", "Thank you.") == "We open at nine."
    assert said("We open at nine.", "Good question! ", f"{invented} ") == "Good question! We open at nine."


def test_what_was_said_is_not_said_twice() -> None:
    assert said("We open at nine. Come in.", "We open at nine. ", "We open at nine. ", "Come in.") == (
        "We open at nine. Come in."
    )


def test_a_courtesy_is_said_without_its_markup() -> None:
    assert said("We open at nine.", "**Good _question_!** 😀 ") == "Good question! We open at nine."


def test_markup_that_is_taken_away_makes_no_other_word() -> None:
    assert said("We open at nine.", "good\u200bbye! ") == "We open at nine."
    assert said("We open at nine.", "good*bye! ") == "We open at nine."


def test_a_courtesy_of_one_word_is_a_greeting_a_farewell_or_thanks() -> None:
    alone = {phrase[0] for phrase in courtesies() if len(phrase) == 1}
    assert alone == {"hello", "hi", "hey", "bye", "goodbye", "thanks", "please"}


def test_a_model_that_goes_on_with_courtesies_is_stopped() -> None:
    chatter = "Hello! Good question! Thank you for asking! How kind of you!"
    assert said("We open at nine.", chatter) == "Hello! Good question! We open at nine."


def test_a_note_that_is_but_a_courtesy_may_be_replaced_by_another() -> None:
    assert said("You are welcome. Is there anything else?", "My pleasure!") == "My pleasure! "
    assert (
        said("You are welcome. Is there anything else?", "We open at ten.")
        == "You are welcome. Is there anything else?"
    )


@pytest.mark.parametrize("name", ["still_asking", "presence_on_hold", "detail", "message_taken", "hold"])
def test_what_tells_the_caller_how_things_stand_is_no_courtesy(name: str) -> None:
    for line in lines(name):
        assert not all(map(is_courtesy, sentences(line)))
        note = parse(small_talk(line))
        assert note is not None
        assert note.do is Do.SAY
        assert said(note.words, "Thank you!").endswith(line)
