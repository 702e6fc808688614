"""What the worker answers to a platform that asks after it: `/live`, `/ready` and `/metrics`, on a port of their own.

livekit-agents has a health page too, which stays good while the worker drains, has no registration or cannot reach
the documents. Ready means here: a call that is dispatched now would be answered. To be full is no fault.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

log = logging.getLogger(__name__)

ASK_EVERY_S = 5.0
GOOD_FOR_S = 15.0
"""So long a past answer of storage counts: one slow moment is no outage."""
NOT_ASKED = "not asked yet"


class StorageCheck:
    """Whether storage answers, asked in the background; `ask` blocks, and raises when it does not."""

    def __init__(
        self, ask: Callable[[], None], *, every_s: float = ASK_EVERY_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._every_s = every_s
        self._clock = clock
        self._answered_at: float | None = None
        self._problem = NOT_ASKED

    @property
    def age_s(self) -> float | None:
        """How long ago storage last answered; None if it never did."""
        return None if self._answered_at is None else self._clock() - self._answered_at

    @property
    def problem(self) -> str | None:
        """Why storage is held to be away, or None."""
        age_s = self.age_s
        return None if age_s is not None and age_s < GOOD_FOR_S else self._problem or "Slow"

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._every_s)

    async def look(self) -> None:
        try:
            await asyncio.to_thread(self._ask)
        except Exception as error:  # no credentials, no network, no project: each of them means that nobody can work
            problem = type(error).__name__
            if problem != self._problem:
                log.warning("storage does not answer: %s", problem)
            self._problem = problem
        else:
            if self._problem not in ("", NOT_ASKED):
                log.info("storage answers again")
            self._answered_at, self._problem = self._clock(), ""


@dataclass(frozen=True)
class Standing:
    """How a worker stands at one moment."""

    is_registered: bool
    is_draining: bool
    calls: int
    capacity: int
    deaf_calls: int
    """Those that hear nothing of what people write, though they try."""
    storage_problem: str | None
    storage_age_s: float | None

    @property
    def reasons(self) -> list[str]:
        """What keeps it from answering calls, each in words; none means ready."""
        return [
            words
            for is_so, words in (
                (not self.is_registered, "not registered with LiveKit"),
                (self.is_draining, "draining: it finishes its calls and takes no more"),
                (0 < self.calls <= self.deaf_calls, "no call hears what people write: their watches are down"),
                (self.storage_problem is not None, f"Firestore does not answer ({self.storage_problem})"),
            )
            if is_so
        ]

    def as_json(self) -> dict[str, object]:
        return {
            "ready": not self.reasons,
            "reasons": self.reasons,
            "registered": self.is_registered,
            "draining": self.is_draining,
            "calls": self.calls,
            "capacity": self.capacity,
            "full": self.calls >= self.capacity,
            "watches": {"calls": self.calls, "deaf": self.deaf_calls},
            "firestore": {
                "ok": self.storage_problem is None,
                "age_s": None if self.storage_age_s is None else round(self.storage_age_s, 1),
            },
        }


class HealthServer:
    """Serves while the worker runs; `port` 0 takes any, and `port` then tells which."""

    def __init__(self, host: str, port: int, *, standing: Callable[[], Standing], metrics: Callable[[], bytes]) -> None:
        self._host = host
        self.port = port
        self._standing = standing
        self._metrics = metrics
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        app = web.Application()
        app.add_routes(
            [web.get("/live", self._live), web.get("/ready", self._ready), web.get("/metrics", self._scrape)]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        """The event loop turns. What only a restart can mend must show here, and nothing else."""
        return _json({"live": True}, 200)

    async def _ready(self, _: web.Request) -> web.Response:
        standing = self._standing()
        return _json(standing.as_json(), 503 if standing.reasons else 200)

    async def _scrape(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _json(document: dict[str, object], status: int) -> web.Response:
    return web.json_response(document, status=status, headers={"Cache-Control": "no-store"})
