"""A telephone number, however it was said."""

import pytest

from agent.spoken_number import number_in, read_back

AMERICAN, BRITISH = "+12125550100", "+442079460100"


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("212 555 0142", "+12125550142"),
        ("two one two five five five zero one four two", "+12125550142"),
        ("it is two one two, five five five, oh one four two thank you", "+12125550142"),
        ("one two one two triple five zero one four two", "+12125550142"),
        ("you can call me on area code 212 double five five oh 142", "+12125550142"),
        ("plus four four two oh seven nine four six zero one double zero", "+442079460100"),
        ("to one too five five five oh one for two", None),
        ("two one too five five five oh one for two", "+12125550142"),
    ],
)
def test_digits_and_words_for_digits_are_a_number_of_the_lines_country(said: str, number: str | None) -> None:
    assert number_in(said, line=AMERICAN) == number


def test_a_country_writes_its_own_numbers_with_a_leading_zero() -> None:
    assert number_in("oh two oh seven nine four six oh one oh one", line=BRITISH) == "+442079460101"


@pytest.mark.parametrize(
    "said",
    ["", "to my office for two hours", "five five", "five five five oh one four two", "call me at my number", "1" * 30],
)
def test_what_is_no_number_is_none(said: str) -> None:
    assert number_in(said, line=AMERICAN) is None


def test_a_line_that_has_no_number_takes_what_is_said_for_american() -> None:
    assert number_in("212 555 0142", line="luxe/front-desk") == "+12125550142"


def test_it_is_read_back_digit_by_digit_in_the_countrys_groups() -> None:
    assert read_back("+12125550142") == "2 1 2, 5 5 5, 0 1 4 2"
    assert read_back("+442079460100") == "0 2 0, 7 9 4 6, 0 1 0 0"
