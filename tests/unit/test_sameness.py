"""Whether a caller asks the same thing again."""

import pytest

from holdline.knowledge import is_same_question

PARKING = "do you have parking"


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (PARKING, "do you have parking"),
        (PARKING, "Do you have parking?"),
        (PARKING, "is there parking there"),
        (PARKING, "I asked is there somewhere to park"),
        (PARKING, "um so do you guys have any parking"),
        (PARKING, "do you have park king"),
        (PARKING, "can i park my car there"),
        ("how much is a perm", "what does a perm cost"),
        ("what time does emma finish", "when does emma finish"),
        ("are you open on christmas day", "um are you open on christmas day please"),
        ("can i bring my dog", "am i allowed to bring my dog"),
        ("who are you", "who are you"),
    ],
)
def test_a_repeat_or_a_paraphrase_is_the_same_question(first: str, again: str) -> None:
    assert is_same_question(first, again)
    assert is_same_question(again, first)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (PARKING, "do you have parking for the disabled"),
        (PARKING, "how much is parking"),
        (PARKING, "where is the parking"),
        (PARKING, "do you have wifi"),
        ("are you open on christmas day", "are you open on christmas eve"),
        ("what time does emma finish", "what time does maria finish"),
        ("what time does emma finish", "what time does emma start"),
        ("how much is a perm", "how long does a perm take"),
        ("how much is a perm", "do you do perms"),
        ("do you do that", "can you do it"),
        ("", PARKING),
    ],
)
def test_a_word_of_substance_makes_another_question(first: str, other: str) -> None:
    assert not is_same_question(first, other)
    assert not is_same_question(other, first)
