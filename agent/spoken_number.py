"""The telephone number in what somebody said: digits, or words for them as a recogniser writes them."""

import re

import phonenumbers

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGITS = {name: str(digit) for digit, name in enumerate(NAMES)}
HOMOPHONES = {"oh": "0", "o": "0", "won": "1", "to": "2", "too": "2", "for": "4", "ate": "8"}
"""Digits only among digits."""
TIMES = {"double": 2, "triple": 3}


def number_in(text: str, *, line: str) -> str | None:
    """In E.164; None where there is none. Without a country it is one of the country of `line`, the number rung."""
    spoken = _digits(re.findall(r"\+|\d+|[a-z]+", text.casefold()))
    if not spoken:
        return None
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(line)) if line.startswith("+") else None
        number = phonenumbers.parse(spoken, region or "US")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None  # nor where it could only be dialled next door
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_back(number: str) -> str:
    """The digits one by one, in groups as the country writes them, for a voice to say: "5 5 5, 0 1 4 2"."""
    written = phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL)
    return ", ".join(" ".join(group) for group in re.findall(r"\d+", written))


def _digits(said: list[str]) -> str:
    """As they are dialled, with a leading + if that was said."""
    dialled, times = "", 1
    for before, word, after in zip(["", *said], said, [*said[1:], ""], strict=False):
        if word in ("+", "plus") and not dialled:
            dialled = "+"
        elif word.isdigit():
            dialled += word[0] * (times - 1) + word
        elif word in DIGITS or (word in HOMOPHONES and (_is_digit(before) or before in TIMES) and _is_digit(after)):
            dialled += (DIGITS | HOMOPHONES)[word] * times
        times = TIMES.get(word, 1)
    return dialled


def _is_digit(word: str) -> bool:
    return word.isdigit() or word in DIGITS or word in HOMOPHONES
