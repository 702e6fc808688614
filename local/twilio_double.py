"""A double of Twilio's REST API for where there is no account, as far as texts go: it takes and refuses what Twilio
does, sends nothing to anybody, and keeps each text to be read at /texts.

Run as a program, in the local stack, it prints each text. tests/twilio_api.py gives it the numbers of an account, too.
"""

import base64
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from holdline.redaction import masked

ACCOUNT = "AC" + "0" * 32
TEXTS = "/texts"
"""Not one of Twilio's addresses: what was sent so far, the latest last, for whoever reads along."""
KEPT = 200
LONGEST = 1600

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MESSAGE_PARAMETERS = {"To", "From", "Body", "StatusCallback"}
"""Twilio takes more of them; what nobody here should send is refused."""
# The numbers that Twilio itself refuses for whoever tries his program out, and why.
_MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region of +15005550003."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number +15005550009 is not a valid mobile number"),
}
_MAGIC_FROM = {"+15005550007": (21606, "The 'From' number +15005550007 is not a valid, SMS-capable number.")}


class Refused(Exception):
    """As Twilio words it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status = status
        self.body = {"status": status, "code": code, "message": message}
        super().__init__(message)


@dataclass
class TwilioDouble:
    """One account, and what was asked of it."""

    token: str
    account: str = ACCOUNT
    url: str = ""
    texts: list[dict[str, str]] = field(default_factory=list)
    on_text: Callable[[dict[str, str]], object] = lambda _: None

    @property
    def root(self) -> str:
        return f"/2010-04-01/Accounts/{self.account}"

    def get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        """The numbers of the account, which has none; raises Refused."""
        if path != f"{self.root}/IncomingPhoneNumbers.json":
            raise _not_found(path)
        return {"incoming_phone_numbers": [], "page": 0, "page_size": 50, "uri": path, "next_page_uri": None}

    def post(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The status and the document of what was made or changed; raises Refused."""
        if path != f"{self.root}/Messages.json":
            raise _not_found(path)
        if unknown := form.keys() - _MESSAGE_PARAMETERS:
            raise Refused(400, 20001, f"unknown parameters: {unknown}")
        to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        if not _NUMBER.fullmatch(to):
            raise Refused(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if not _NUMBER.fullmatch(sender):
            raise Refused(400, 21212, f"The 'From' number {sender} is not a valid phone number.")
        if not body:
            raise Refused(400, 21602, "Message body is required.")
        if len(body) > LONGEST:
            raise Refused(400, 21617, f"The concatenated message body exceeds the {LONGEST} character limit")
        news = form.get("StatusCallback", "")
        if news and not news.startswith(("http://", "https://")):
            raise Refused(400, 21609, f"The StatusCallback URL {news} is not a valid URL.")
        if refusal := _MAGIC_FROM.get(sender) or _MAGIC_TO.get(to):
            raise Refused(400, *refusal)
        text = {"sid": f"SM{os.urandom(16).hex()}", "to": to, "from": sender, "body": body}
        text |= {"at": datetime.now(UTC).isoformat(), "status_callback": news}
        self.texts = [*self.texts, text][-KEPT:]
        self.on_text(text)
        shown = {name: value for name, value in text.items() if name not in ("at", "status_callback")}
        return 201, {**shown, "account_sid": self.account, "status": "queued", "error_code": None}

    def is_ours(self, authorization: str | None) -> bool:
        expected = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        return authorization == f"Basic {expected}"


@contextmanager
def serving(double: TwilioDouble, *, port: int = 0) -> Iterator[ThreadingHTTPServer]:
    """The double at a port of the loopback interface; whoever enters serves it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path in ("/", TEXTS):
                return self._answer(200, double.texts)
            self._try(lambda: (200, double.get(asked.path, _single(asked.query))))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._try(lambda: double.post(urlsplit(self.path).path, self._form(body)))

        def _form(self, body: str) -> dict[str, str]:
            if self.headers["Content-Type"] != "application/x-www-form-urlencoded":
                raise Refused(415, 20001, "a form is expected")
            return _single(body)

        def _try(self, work: Callable[[], tuple[int, Any]]) -> None:
            try:
                if not double.is_ours(self.headers["Authorization"]):
                    raise Refused(401, 20003, "Authenticate")
                status, answer = work()
            except Refused as refused:
                status, answer = refused.status, refused.body
            self._answer(status, answer)

        def _answer(self, status: int, answer: Any) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Who runs it says what is to be seen."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        double.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield server


@contextmanager
def running(double: TwilioDouble) -> Iterator[TwilioDouble]:
    """The double at a free port, served by a thread."""
    with serving(double) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            thread.join()


def told(text: dict[str, str]) -> str:
    """A text as the terminal shows it."""
    return f"text to {masked(text['to'])}: {' / '.join(text['body'].splitlines())}"


def main() -> None:
    double = TwilioDouble(token=os.environ["TWILIO_AUTH_TOKEN"], on_text=lambda text: print(told(text), flush=True))
    with serving(double, port=int(os.environ["PORT"])) as server:
        server.serve_forever()


def _not_found(path: str) -> Refused:
    return Refused(404, 20404, f"The requested resource {path} was not found")


def _single(encoded: str) -> dict[str, str]:
    return {
        name: value
        for name, (value,) in parse_qs(encoded, keep_blank_values=True, strict_parsing=bool(encoded)).items()
    }


if __name__ == "__main__":
    main()
