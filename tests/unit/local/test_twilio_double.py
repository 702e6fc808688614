"""The double takes and refuses what Twilio does, and keeps what it was given for whoever reads along."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.text_reply import CannotReply, last_text
from local.twilio_double import ACCOUNT, KEPT, LONGEST, TwilioDouble, running

TOKEN = "the token of the tests' account"
TEXT = {"To": "+15555550144", "From": "+12125550100", "Body": "Hello."}


@pytest.fixture
def double() -> Iterator[TwilioDouble]:
    with running(TwilioDouble(token=TOKEN)) as one:
        yield one


def send(double: TwilioDouble, *, token: str = TOKEN, path: str = "Messages", **changes: str) -> httpx.Response:
    url = f"{double.url}/2010-04-01/Accounts/{ACCOUNT}/{path}.json"
    return httpx.post(url, data=TEXT | changes, auth=(ACCOUNT, token))


def kept(double: TwilioDouble) -> list[dict[str, Any]]:
    texts: list[dict[str, Any]] = httpx.get(f"{double.url}/texts").json()
    return texts


def test_a_text_is_taken_and_kept(double: TwilioDouble) -> None:
    answer = send(double)
    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    [text] = kept(double)
    assert (text["sid"], text["to"], text["from"], text["body"]) == (
        answer.json()["sid"],
        TEXT["To"],
        TEXT["From"],
        TEXT["Body"],
    )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"token": "another"}, 401, 20003),
        ({"path": "Calls"}, 404, 20404),
        ({"MediaUrl": "https://example.com/picture"}, 400, 20001),
        ({"To": "15555550144"}, 400, 21211),
        ({"From": ""}, 400, 21212),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * (LONGEST + 1)}, 400, 21617),
        ({"To": "+15005550004"}, 400, 21610),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(
    double: TwilioDouble, changes: dict[str, str], status: int, code: int
) -> None:
    answer = send(double, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert kept(double) == []


def test_a_body_that_is_no_form_is_refused(double: TwilioDouble) -> None:
    url = f"{double.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert httpx.post(url, json=TEXT, auth=(ACCOUNT, TOKEN)).status_code == 415


def test_the_latest_are_kept(double: TwilioDouble) -> None:
    for n in range(KEPT + 1):
        double.post(f"{double.root}/Messages.json", TEXT | {"Body": f"{n}"})
    assert [text["body"] for text in double.texts[:1] + double.texts[-1:]] == ["1", f"{KEPT}"]


def test_who_is_on_duty_replies_to_what_came_to_them_and_not_to_a_caller(double: TwilioDouble) -> None:
    stack = {"texts_url": f"{double.url}/texts", "duty_phones": [TEXT["To"]]}
    with pytest.raises(CannotReply, match="Nobody on duty has been texted yet"):
        last_text(stack)
    for to, body in ((TEXT["To"], "One."), (TEXT["To"], "Two."), ("+15555550199", "Our answer: Yes.")):
        send(double, To=to, Body=body)
    assert last_text(stack)["body"] == "Two."
