"""How one sees that a part is ready: it answers over HTTP."""

import asyncio
import http.client
from collections.abc import Awaitable, Callable


def answers(port: int, path: str = "/", *, with_status: range = range(200, 500)) -> Callable[[], Awaitable[bool]]:
    """A check: does GET on this local port answer with a status in the range?"""

    def ask() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status in with_status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    async def check() -> bool:
        return await asyncio.to_thread(ask)

    return check
