"""What a call writes, in order and off the event loop. Nothing here knows what is being written."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from holdline.errors import HoldlineError, LeaseLost, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_DELAYS_S = (0.2, 0.5, 1, 2, 4, 8, 15)
CLOSE_WITHIN_S = 5.0
CLOSING_DELAY_S = 1.0


class Writer:
    """One thread a call: writes never overtake one another, and a write that storage refused for now is tried again."""

    def __init__(self, *, is_ours: Callable[[], Awaitable[bool]] | None = None) -> None:
        """`is_ours` tells before each write whether the call is still this job's."""
        self._is_ours = is_ours
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._queue: asyncio.Queue[tuple[Callable[[], Any], str, asyncio.Future[Any]] | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(), name="writer")
        self._closing = asyncio.Event()

    def put(self, write: Callable[[], T], *, what: str) -> "asyncio.Future[T]":
        """Have `write` called in its turn; the future brings its result or its HoldlineError.

        A future that nobody awaits is fine: its failure is logged, named by `what`.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        done.add_done_callback(lambda future: _log_failure(future, what))
        if self._closing.is_set():
            done.set_exception(Unavailable(f"the call is over; {what} is not written"))
        else:
            self._queue.put_nowait((write, what, done))
        return done

    async def close(self) -> None:
        """Write what is queued, within a bound, and stop."""
        if not self._closing.is_set():
            self._closing.set()
            self._queue.put_nowait(None)
        try:
            await asyncio.wait_for(asyncio.shield(self._task), CLOSE_WITHIN_S)
        except TimeoutError:
            log.error("%d writes of the call are lost: storage did not answer", self._queue.qsize())
            self._task.cancel()
            while not self._queue.empty():
                if (job := self._queue.get_nowait()) is not None:
                    _lose(job[2])
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        while (job := await self._queue.get()) is not None:
            write, what, done = job
            try:
                result = await self._write(write, what)
            except asyncio.CancelledError:
                _lose(done)
                raise
            except Exception as error:  # handed to whoever awaits the future; the next write must still happen
                if not done.done():
                    done.set_exception(error)
            else:
                if not done.done():
                    done.set_result(result)

    async def _pause(self, delay_s: float) -> None:
        """Before a write is tried again: a call that is over waits no longer than it must."""
        if not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), delay_s)
        else:
            await asyncio.sleep(min(delay_s, CLOSING_DELAY_S))

    async def _write(self, write: Callable[[], T], what: str) -> T:
        for delay in RETRY_DELAYS_S:
            try:
                return await self._write_once(write)
            except Unavailable as error:
                log.warning("%s is not written yet, trying again in %.1f s: %s", what, delay, error)
                await self._pause(delay)
        return await self._write_once(write)

    async def _write_once(self, write: Callable[[], T]) -> T:
        """Asked anew each time: while storage did not answer, another job may have got the call."""
        if self._is_ours is not None and not await self._is_ours():
            raise LeaseLost("another job has the call")
        return await asyncio.get_running_loop().run_in_executor(self._thread, write)


def _lose(done: "asyncio.Future[Any]") -> None:
    if not done.done():
        done.set_exception(Unavailable("storage did not answer before the call was over"))


def _log_failure(future: "asyncio.Future[Any]", what: str) -> None:
    if future.cancelled() or (error := future.exception()) is None:
        return
    if isinstance(error, HoldlineError):
        log.warning("%s was not written: %s", what, error)
    else:
        log.error("%s was not written", what, exc_info=error)
