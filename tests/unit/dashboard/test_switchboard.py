import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dashboard.switchboard import CallPass, CallRefused, HttpSwitchboard

PASS = {"call": "web-1", "room": "web-1", "url": "ws://127.0.0.1:7880", "token": "a pass", "identity": "caller-1"}


class Functions(HTTPServer):
    """A server in the place of the Cloud Functions, which answers as it is told and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.body: Any = PASS
        self.asked: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Functions

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked = {"path": self.path, "authorization": self.headers["Authorization"], "body": body}
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.body).encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def functions() -> Iterator[Functions]:
    with Functions() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_call_is_opened_in_the_name_of_the_visitor(functions: Functions) -> None:
    passed = HttpSwitchboard(f"{functions.url}/").ring("+12125550100", token="visitor")
    assert passed == CallPass(call="web-1", url="ws://127.0.0.1:7880", token="a pass", identity="caller-1")
    assert functions.asked == {
        "path": "/create_room",
        "authorization": "Bearer visitor",
        "body": {"number": "+12125550100"},
    }


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "no_such_line"),
        (401, "not_signed_in"),
        (404, "no_such_line"),
        (409, "line_busy"),
        (429, "line_busy"),
        (500, "out_of_order"),
        (503, "out_of_order"),
    ],
)
def test_every_refusal_has_words_for_the_visitor(functions: Functions, status: int, reason: str) -> None:
    functions.status = status
    with pytest.raises(CallRefused) as refused:
        HttpSwitchboard(functions.url).ring("+12125550100", token="visitor")
    assert refused.value.reason == reason
    assert str(refused.value)


def test_a_pass_that_is_none_is_a_line_out_of_order(functions: Functions) -> None:
    functions.body = {"call": "web-1"}
    with pytest.raises(CallRefused) as refused:
        HttpSwitchboard(functions.url).ring("+12125550100", token="visitor")
    assert refused.value.reason == "out_of_order"


def test_functions_that_are_away_are_a_line_out_of_order(functions: Functions) -> None:
    functions.server_close()
    with pytest.raises(CallRefused) as refused:
        HttpSwitchboard(functions.url).ring("+12125550100", token="visitor")
    assert refused.value.reason == "out_of_order"
