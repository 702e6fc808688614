"""That an answer reached the job, written once: with the beginning of its words, or alone where they must wait.

Each write of a request is told to every page that shows it, and storage wants no document written more than about once
a second. An answer that is said at once is written by its sender, by its beginning and by its end, which is enough.
"""

import asyncio
from datetime import datetime
from functools import partial

from agent.transcript import Clock
from agent.writer import Writer
from holdline import line
from holdline.help_request import HelpRequest
from holdline.store import Store

ALONE_AFTER_S = 0.25


class Receipts:
    def __init__(self, store: Store, *, writer: Writer, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._at: dict[str, datetime] = {}
        self._unwritten: dict[str, asyncio.TimerHandle] = {}

    def saw(self, request: HelpRequest) -> None:
        """This version of the answer is here now."""
        self._take(request.id)
        self._at[request.id] = self._clock()
        self._unwritten[request.id] = asyncio.get_running_loop().call_later(ALONE_AFTER_S, self._write, request)

    def with_beginning(self, request: HelpRequest) -> datetime | None:
        """When it was received, for whoever writes now that its words began: nothing of it is written alone then."""
        return self._take(request.id)

    def close(self) -> None:
        """The call is over: what became of its answers, its end tells."""
        for receipt in self._unwritten.values():
            receipt.cancel()

    def _write(self, request: HelpRequest) -> None:
        at = self._take(request.id)
        if at is not None:
            write = partial(line.received, self._store, request.id, version=request.answer_version, at=at)
            self._writer.put(write, what="the receipt")

    def _take(self, request_id: str) -> datetime | None:
        if (receipt := self._unwritten.pop(request_id, None)) is not None:
            receipt.cancel()
        return self._at.pop(request_id, None)
