"""Twilio, as our webhooks meet it: signed forms go in, TwiML comes out."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
from twilio.request_validator import RequestValidator


@dataclass(frozen=True)
class Ringing:
    """One phone call, on Twilio's side."""

    stack: dict[str, Any]
    caller: str
    line: str
    sid: str

    @classmethod
    def on(cls, stack: dict[str, Any], line: str, *, caller: str = "+15555550142") -> "Ringing":
        return cls(stack, caller, line, f"CA{uuid4().hex}")

    def tell(self, function: str, *, signature: str | None = None, **news: str) -> httpx.Response:
        """Post a form about this call, signed over the function's address unless another signature is given."""
        url = self.stack["functions"][function]
        form = {"CallSid": self.sid, "From": self.caller, "To": self.line, **news}
        if signature is None:
            signature = RequestValidator(self.stack["twilio_auth_token"]).compute_signature(url, form)
        return httpx.post(url, data=form, headers={"X-Twilio-Signature": signature} if signature else {}, timeout=30)


def twiml(answer: httpx.Response) -> list[ElementTree.Element]:
    """The verbs of a TwiML answer, in order."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/xml")
    response = ElementTree.fromstring(answer.text)  # noqa: S314 - our own function wrote it
    assert response.tag == "Response"
    return list(response)
