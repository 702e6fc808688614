"""The person on duty texts back to a running stack: what Twilio would bring to our function, and as Twilio signs it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

TIMEOUT_S = 30


class CannotReply(Exception):
    """There is nothing to reply to, or nobody who takes it; the text says which."""


def last_text(stack: dict[str, Any]) -> dict[str, str]:
    """The last one that went to somebody on duty, as the double keeps it; raises CannotReply."""
    texts: list[dict[str, str]] = _asked(lambda: httpx.get(stack["texts_url"], timeout=TIMEOUT_S)).json()
    to_people = [text for text in texts if text["to"] in stack["duty_phones"]]
    if not to_people:
        raise CannotReply(
            "Nobody on duty has been texted yet. That happens when nobody at the desk answers: `make call`, and leave "
            "the dashboard closed."
        )
    return to_people[-1]


def text_back(stack: dict[str, Any], words: str, *, to: dict[str, str], sid: str | None = None) -> str | None:
    """Answer a text from the phone that got it; what is texted in return, if anything. Raises CannotReply."""
    form = {
        "MessageSid": sid or f"SM{uuid4().hex}",
        "From": to["to"],
        "To": to["from"],
        "Body": words,
        "NumMedia": "0",
    }
    address = stack["functions"]["twilio_message"]
    signature = RequestValidator(stack["twilio_auth_token"]).compute_signature(address, form)
    headers = {SIGNATURE_HEADER: signature}
    answer = _asked(lambda: httpx.post(address, data=form, headers=headers, timeout=TIMEOUT_S))
    message = ElementTree.fromstring(answer.text).find("Message")  # noqa: S314 - our own function wrote it
    return None if message is None else "".join(message.itertext())


def _asked(ask: Callable[[], httpx.Response]) -> httpx.Response:
    try:
        return ask().raise_for_status()
    except httpx.HTTPError as error:
        raise CannotReply(
            f"The stack does not answer ({type(error).__name__}): start it again with `make demo`."
        ) from None
