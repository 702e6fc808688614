"""What looks like a person's or a key is not written; what an operator needs is."""

import time

import pytest

from holdline.redaction import masked, redact, redaction

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ2aXNpdG9yIn0.c2lnbmF0dXJl"
ACCOUNT = "AC" + "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+15555550142 rings", "+1555***0142 rings"),
        ("participant sip_+15555550142 left", "participant sip_+1555***0142 left"),
        ("From=%2B15555550142&To=x", "From=+1555***0142&To=x"),
        ("call (555) 555-0142", "call ***0142"),
        ("call 555-555-0142 back", "call ***0142 back"),
        ("call +1 (555) 555-0142", "call +1555***0142"),
        ("phone_numbers/+442079460123", "phone_numbers/+4420***0123"),
        (f"token {TOKEN} expired", "token <token> expired"),
        (f"wss://h/rtc?access_token={TOKEN}&sdk=js", "wss://h/rtc?access_token=<secret>&sdk=js"),
        ("GET /v1beta/models?key=abcdef HTTP/1.1", "GET /v1beta/models?key=<secret> HTTP/1.1"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer <left out>"),
        (f"/Accounts/{ACCOUNT}/Calls.json", "/Accounts/<account>/Calls.json"),
        ("wrong key sk-proj-abcdefghijklmnop1234", "wrong key <secret>"),
        ("wrong key AIzaSyA0123456789abcdefghij", "wrong key <secret>"),
        ("ana.lopez+desk@salon.example.com signed in", "<e-mail> signed in"),
        (
            "question\n  String should be short [type=string_too_long, input_value='my name is Eve', input_type=str]",
            "question\n  String should be short [type=string_too_long, input_value=<left out>, input_type=str]",
        ),
        (
            "refused (status_code=400, body={'said': 'my name is Eve'}, retryable=False)",
            "refused (status_code=400, body=<left out>, retryable=False)",
        ),
    ],
)
def test_what_is_a_persons_or_a_key_is_left_out(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "call CA0123456789abcdef0123456789abcdef: answered by voice agent sofia (offline)",
        "request web-975dc3f199454e889278ad248b2767f1_call_a0a460534f99",
        "2026-11-20T10:00:00.123456+00:00",
        "2026-11-20T10:00:00+0000 12345678 bytes",
        "+1555***0142 rings +1212***0100",
        "wss://holdline.example.com/rtc took 1234567 us, 12 of 4096",
        "failed to connect, retrying in 2s (attempt 3)",
        "orgs/luxe-beauty-salon/help_requests/1",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert redact(text) == text


def test_a_known_secret_is_left_out_whatever_its_shape() -> None:
    clean = redaction(["correct horse", "short", "correct horse battery"])
    assert clean("correct horse battery, correct horse, short") == "<secret>, <secret>, short"


@pytest.mark.parametrize("number", ["+15555550142", "+4930123", "+49301234", "+35319999999", "+10000000"])
def test_a_masked_number_hides_at_least_three_digits_in_its_middle(number: str) -> None:
    shown, _, last = masked(number).partition("***")
    assert number.startswith(shown)
    assert number.endswith(last)
    assert len(shown) + len(last) <= len(number) - 3


@pytest.mark.parametrize(
    ("caller", "seen"), [("+15555550142", "+1555***0142"), ("+442079460142", "+4420***0142"), ("browser", "browser")]
)
def test_a_number_is_shown_with_its_middle_masked_and_what_is_none_as_it_is(caller: str, seen: str) -> None:
    assert masked(caller) == seen


def test_a_thousand_lines_are_cleaned_in_well_under_a_second() -> None:
    line = "call web-975dc3f199454e889278ad248b2767f1: the answer was heard (request r; to synthesiser 66 ms) " * 3
    began = time.process_time()
    for _ in range(1000):
        redact(line)
    assert time.process_time() - began < 0.5
