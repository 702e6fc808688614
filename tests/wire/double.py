"""A provider's stand-in: a server on a port of its own that speaks the provider's protocol, and can be made to fail.

What a request has wrong is refused as the provider would, and kept in `complaints`, so that a test can see a plugin
that is used wrongly even where the product makes up for the refusal.
"""

import asyncio
from enum import StrEnum
from typing import NoReturn

from aiohttp import web
from aiohttp.typedefs import Handler

SLOW_S = 5.0
KEY = "key-of-a-double"


class Behaviour(StrEnum):
    WELL = "well"
    DEAD = "dead"
    """Nobody listens on the port, and whoever was connected no longer is."""
    SLOW = "slow"
    """Every answer comes SLOW_S late."""
    DYING = "dying"
    """Every answer begins, and breaks off in the middle."""


class Double:
    """Made with `prefix`, the path below which the provider's interface lies; `start`ed and `close`d in one loop."""

    def __init__(self, *, prefix: str = "") -> None:
        self.app = web.Application(middlewares=[_mind_who_left])
        self.behaviour = Behaviour.WELL
        self.complaints: list[str] = []
        self._prefix = prefix
        self._port = 0
        self._runner = web.AppRunner(self.app, shutdown_timeout=0.1)
        self._site: web.TCPSite | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}{self._prefix}"

    async def start(self) -> None:
        await self._runner.setup()
        await self._listen()

    async def become(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        if behaviour is Behaviour.DEAD:
            await self._fall_silent()
        elif self._site is None:
            await self._listen()

    async def close(self) -> None:
        await self._fall_silent()
        await self._runner.cleanup()

    async def think(self) -> None:
        """Take the time that an answer takes."""
        if self.behaviour is Behaviour.SLOW:
            await asyncio.sleep(SLOW_S)

    async def stream(self, request: web.Request, *events: bytes) -> web.StreamResponse:
        """Answer with server-sent events; a double that is dying hangs up before the last."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        *first, last = events
        for event in first:
            await stream.write(event)
        if self.behaviour is Behaviour.DYING:
            hang_up(request)
        else:
            await stream.write(last)
        return stream

    def refuse(self, problem: str, refusal: type[web.HTTPError] = web.HTTPBadRequest) -> NoReturn:
        """Note what is wrong with a request, and answer with an error."""
        self.complaints.append(problem)
        raise refusal(text=self.error(problem, refusal.status_code), content_type="application/json")

    def error(self, problem: str, status: int) -> str:
        """The body of an error, as this provider writes it."""
        raise NotImplementedError

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def _fall_silent(self) -> None:
        site, self._site = self._site, None
        if site is not None:
            await site.stop()
        server = self._runner.server
        for connection in [] if server is None else list(server.connections):
            if connection.transport is not None:
                connection.transport.abort()


@web.middleware
async def _mind_who_left(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whoever waited long enough and left wants no answer any more; that is no error of the double's."""
    try:
        return await handler(request)
    except ConnectionResetError:
        return web.Response()


def hang_up(request: web.Request) -> None:
    """Drop the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
