"""Things that are wrong on purpose: a server that says one thing, one that hides a path, a project of one's own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx

from holdline.firestore import connect
from holdline.people import PhoneNumber
from holdline.records import Record
from holdline.settings import FirestoreSettings
from holdline.store import Put

_DROPPED = {"connection", "transfer-encoding", "content-length", "host", "date", "server"}


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    """A server that gives this answer to everybody; its address."""

    class Handler(_Quiet):
        def do_GET(self) -> None:
            self.reply(status, body.encode(), {"Content-Type": "application/json"})

    with _serving(Handler) as address:
        yield address


@contextmanager
def in_front_of(address: str, *, without: str) -> Iterator[str]:
    """A server that passes on what it is asked, but for one path, which it does not know; its address."""

    class Handler(_Quiet):
        def do_GET(self) -> None:
            if self.path == without:
                return self.reply(404, b"", {})
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _DROPPED}
            passed = httpx.request(self.command, f"{address}{self.path}", content=body, headers=headers)
            kept = {name: value for name, value in passed.headers.items() if name.lower() not in _DROPPED}
            return self.reply(passed.status_code, passed.content, kept)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

    with _serving(Handler) as there:
        yield there


def project(emulator_host: str, *records: Record, rules: str) -> str:
    """The name of a new project in the emulator with these documents and rules."""
    settings = FirestoreSettings(google_cloud_project=f"demo-{uuid4().hex[:12]}", firestore_emulator_host=emulator_host)
    database = connect(settings)
    for record in records:
        store = database.platform if isinstance(record, PhoneNumber) else database.for_org("salon")
        store.commit(Put(record))
    database.close()
    named = {"rules": {"files": [{"name": "firestore.rules", "content": rules}]}}
    where = f"http://{emulator_host}/emulator/v1/projects/{settings.google_cloud_project}:securityRules"
    httpx.put(where, json=named).raise_for_status()
    return settings.google_cloud_project


class _Quiet(BaseHTTPRequestHandler):
    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests say what they see."""


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
