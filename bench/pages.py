"""Open pages of the dashboard, as far as their streams go.

All are read by one thread that does as little as it takes to see an event, because it runs on the same processors as
what is measured.
"""

import re
import selectors
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

BOARD = b"event: board"
WITHIN_S = 20


async def sign_in(dashboard_url: str, person: Mapping[str, Any]) -> str:
    """The cookies of a supervisor's session, as a header."""
    async with httpx.AsyncClient(base_url=dashboard_url, timeout=20) as browser:
        found = re.search(r'name="csrf_token" value="([^"]+)"', (await browser.get("/sign-in")).text)
        assert found is not None
        form = {"csrf_token": found[1], "email": person["email"], "password": person["password"]}
        reply = await browser.post("/sign-in", data=form)
        assert reply.status_code == 303, reply.text[:300]
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


class Pages:
    """Streams of one person; what they bring is read when somebody waits for it."""

    def __init__(self, dashboard_url: str, cookie: str, *, count: int = 1) -> None:
        to = urlsplit(dashboard_url)
        request = f"GET /live HTTP/1.1\r\nHost: {to.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
        self._rest: dict[socket.socket, bytes] = {}
        for _ in range(count):
            page = socket.create_connection((to.hostname, to.port))
            page.sendall(request)
            page.setblocking(False)
            self._rest[page] = b""

    def next(self, words: bytes) -> list[float]:
        """When the next event with these words in it was there whole, for each page; raises TimeoutError."""
        came: list[float] = []
        deadline = time.monotonic() + WITHIN_S
        with selectors.DefaultSelector() as waiting:
            for page in self._rest:
                waiting.register(page, selectors.EVENT_READ, page)
            while len(came) < len(self._rest):
                ready = waiting.select(deadline - time.monotonic())
                if not ready:
                    raise TimeoutError(f"{len(self._rest) - len(came)} pages were not told")
                for key, _ in ready:
                    if self._brings(key.data, words):
                        came.append(time.time())
                        waiting.unregister(key.data)
        return came

    def close(self) -> None:
        for page in self._rest:
            page.close()

    def _brings(self, page: socket.socket, words: bytes) -> bool:
        chunk = page.recv(65536)
        if not chunk:
            raise ConnectionError("a stream ended")
        *events, self._rest[page] = (self._rest[page] + chunk).split(b"\n\n")
        return any(words in event for event in events)
