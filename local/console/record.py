"""What happens on one call, as its documents tell it: each new turn, and each step of each help request."""

import asyncio
from collections.abc import Callable
from typing import Any

from holdline.call import Turn
from holdline.help_request import HelpRequest
from holdline.store import Found, Query, Store, Watch

Told = Turn | HelpRequest


class Record:
    """Live while it is open. `tell` is called on the event loop, for what is new and for what has changed."""

    def __init__(self, store: Store, call: str, *, tell: Callable[[Told], None]) -> None:
        self._store = store
        self._call = call
        self._tell = tell
        self._changed = asyncio.Event()
        self._watches: list[Watch] = []
        self.turns: dict[str, Turn] = {}
        self.requests: dict[str, HelpRequest] = {}
        """In the order in which they were asked."""

    async def open(self) -> None:
        """Raises Unavailable."""
        loop = asyncio.get_running_loop()

        def take(found: Found[Any]) -> None:
            loop.call_soon_threadsafe(self._take, found.records)

        for kind in (Turn, HelpRequest):
            watch = await asyncio.to_thread(self._store.watch, Query(kind, {"call": self._call}), take)
            self._watches.append(watch)

    async def close(self) -> None:
        for watch in self._watches:
            await asyncio.to_thread(watch.close)

    async def until(self, is_so: Callable[[], bool], *, within_s: float) -> bool:
        """Wait until the documents say so; tells whether they did in time."""
        try:
            async with asyncio.timeout(within_s):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def number_of(self, request_id: str) -> int:
        """By which a person calls a request: the first is 1."""
        return [*self.requests].index(request_id) + 1

    def _take(self, records: tuple[Told, ...]) -> None:
        for one in sorted(records, key=_age):
            held: dict[str, Any] = self.turns if isinstance(one, Turn) else self.requests
            if held.get(one.id) != one:
                held[one.id] = one
                self._tell(one)
        self._changed.set()


def _age(one: Told) -> Any:
    return one.n if isinstance(one, Turn) else one.asked_at
