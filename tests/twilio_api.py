"""A double of Twilio's REST API, as far as phone numbers go: as strict as the real one, and strict about names too."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "the token of the tests' account"
PAGE = 2

# Parameter -> field. Twilio takes more of them; what nobody here should send is refused.
_FIELDS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
}


class _Refused(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        self.status = status
        self.body = {"status": status, "code": code, "message": message}
        super().__init__(message)


@dataclass
class TwilioApi:
    """The account, and what was asked of it."""

    url: str = ""
    token: str = TOKEN
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[dict[str, str]] = field(default_factory=list)
    refuses_writes: bool = False

    def owns(self, number: str, **fields: Any) -> None:
        """Add a number as it is bought, with these fields otherwise."""
        sid = f"PN{len(self.numbers):032x}"
        self.numbers[sid] = {
            "sid": sid,
            "account_sid": ACCOUNT,
            "phone_number": number,
            "friendly_name": number,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "voice_url": "",
            "voice_method": "POST",
            "voice_fallback_url": "",
            "voice_fallback_method": "POST",
            "status_callback": "",
            "status_callback_method": "POST",
            "voice_application_sid": "",
            "trunk_sid": None,
            **fields,
        }

    def number(self, number: str) -> dict[str, Any]:
        (found,) = (one for one in self.numbers.values() if one["phone_number"] == number)
        return found

    def get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path != _collection():
            raise _Refused(404, 20404, f"The requested resource {path} was not found")
        if unknown := query.keys() - {"PhoneNumber", "Page", "PageSize"}:
            raise _Refused(400, 20001, f"unknown parameters: {unknown}")
        like, page = query.get("PhoneNumber", ""), int(query.get("Page", "0"))
        meets = [one for one in self.numbers.values() if like in one["phone_number"]]
        after = _collection() + "?" + urlencode({**query, "Page": page + 1})
        return {
            "incoming_phone_numbers": meets[page * PAGE : (page + 1) * PAGE],
            "page": page,
            "page_size": PAGE,
            "uri": path,
            "next_page_uri": after if len(meets) > (page + 1) * PAGE else None,
        }

    def post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        sid = path.removeprefix(_collection().removesuffix(".json") + "/").removesuffix(".json")
        if sid not in self.numbers:
            raise _Refused(404, 20404, f"The requested resource {path} was not found")
        if self.refuses_writes:
            raise _Refused(503, 20503, "Service unavailable")
        if unknown := form.keys() - _FIELDS.keys():
            raise _Refused(400, 20001, f"unknown parameters: {unknown}")
        changed = {**self.numbers[sid], **{_FIELDS[name]: value for name, value in form.items()}}
        for name, value in changed.items():
            if name.endswith(("_url", "_callback")) and value and not value.startswith(("http://", "https://")):
                raise _Refused(400, 21402, f"Url is not a valid url: {value}")
            if name.endswith("_method") and value not in ("GET", "POST"):
                raise _Refused(400, 21403, f"Method must be GET or POST: {value}")
        if changed["voice_fallback_url"] and not changed["voice_url"]:
            raise _Refused(400, 21405, "Cannot set VoiceFallbackUrl without setting Url")
        self.writes.append(form)
        self.numbers[sid] = changed
        return changed


@contextmanager
def running_twilio_api() -> Iterator[TwilioApi]:
    """The API on a port of the loopback interface."""
    api = TwilioApi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            self._answer(lambda: api.get(asked.path, _single(asked.query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(lambda: api.post(urlsplit(self.path).path, self._form(body)))

        def _form(self, body: str) -> dict[str, str]:
            if self.headers["Content-Type"] != "application/x-www-form-urlencoded":
                raise _Refused(415, 20001, "a form is expected")
            return _single(body)

        def _answer(self, work: Any) -> None:
            try:
                expected = base64.b64encode(f"{ACCOUNT}:{api.token}".encode()).decode()
                if self.headers["Authorization"] != f"Basic {expected}":
                    raise _Refused(401, 20003, "Authenticate")
                status, answer = 200, work()
            except _Refused as refused:
                status, answer = refused.status, refused.body
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Tests say what they see."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def _collection() -> str:
    return f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json"


def _single(encoded: str) -> dict[str, str]:
    return {
        name: value
        for name, (value,) in parse_qs(encoded, keep_blank_values=True, strict_parsing=bool(encoded)).items()
    }
