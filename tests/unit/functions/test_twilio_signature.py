"""Only Twilio gets past the door of a Twilio webhook, and nothing is written for anybody else."""

import pytest
from twilio.request_validator import RequestValidator

from tests.unit.functions.world import FUNCTIONS_URL, LINE, TWILIO_TOKEN, World, ringing

FORM = "application/x-www-form-urlencoded"
TARGETS = ("twilio_voice", "twilio_status", "twilio_message")


def sign(url: str, form: dict[str, str], *, token: str = TWILIO_TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, form))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "no signature"},
        {"X-Twilio-Signature": "žluťoučký".encode().decode("latin-1")},
        {"X-Twilio-Signature": sign(f"{FUNCTIONS_URL}/twilio_voice", ringing(), token="another account's")},
        {"X-Twilio-Signature": sign(f"{FUNCTIONS_URL}/another_function", ringing())},
        {"X-Twilio-Signature": sign("http://localhost/", ringing())},
        {"X-Twilio-Signature": sign(f"{FUNCTIONS_URL}/twilio_voice", {**ringing(), "To": "+12125550199"})},
        {"X-Twilio-Signature": sign("https://evil.example.com/twilio_voice", ringing()), "Host": "evil.example.com"},
        {
            "X-Twilio-Signature": sign("https://evil.example.com/twilio_voice", ringing()),
            "X-Forwarded-Host": "evil.example.com",
            "X-Forwarded-Proto": "https",
        },
    ],
    ids=[
        "none",
        "empty",
        "nonsense",
        "not ascii",
        "another token",
        "another function",
        "the address as we see it",
        "another form",
        "a Host of the sender's choice",
        "a forwarded host of the sender's choice",
    ],
)
def test_a_form_that_twilio_did_not_sign_is_refused_and_nothing_is_written(
    world: World, target: str, headers: dict[str, str]
) -> None:
    before = world.documents()
    response = world.server(target).post("/", data=ringing(), headers=headers)
    assert response.status_code == 403
    assert world.documents() == before
    assert world.rooms.opened == []


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/octet-stream", ""])
def test_a_body_that_is_no_form_is_refused_even_under_a_signature_of_an_empty_form(
    world: World, target: str, content_type: str
) -> None:
    response = world.server(target).post(
        "/",
        data=b"CallSid=CA1&To=" + LINE.encode(),
        content_type=content_type,
        headers={"X-Twilio-Signature": sign(f"{FUNCTIONS_URL}/{target}", {})},
    )
    assert response.status_code == 403


def test_a_raw_body_with_a_body_hash_in_the_address_is_refused(world: World) -> None:
    query = "bodySHA256=" + "0" * 64
    response = world.server("twilio_voice").post(
        f"/?{query}",
        data=b"{}",
        content_type="application/json",
        headers={"X-Twilio-Signature": sign(f"{FUNCTIONS_URL}/twilio_voice?{query}", {})},
    )
    assert response.status_code == 403


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_is_answered(world: World, target: str, method: str) -> None:
    response = world.server(target).open("/", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


def test_the_query_is_part_of_what_is_signed(world: World) -> None:
    assert world.twilio("twilio_voice", ringing(), query="region=us1&x=a%20b").status_code == 200
    signature = sign(f"{FUNCTIONS_URL}/twilio_voice", ringing())
    tampered = world.server("twilio_voice").post(
        "/?region=us1", data=ringing(), content_type=FORM, headers={"X-Twilio-Signature": signature}
    )
    assert tampered.status_code == 403
