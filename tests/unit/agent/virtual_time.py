"""An event loop whose clock jumps: whatever waits for a time gets it at once, whatever waits for a thread really waits.

Once its `pace` is taken, it also measures how long callbacks keep it from looking at the world.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

LOOK_AGAIN_S = 0.2
SCHEDULER = Path("/proc/thread-self/schedstat")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._now = 0.0
        self.threads_at_work = 0
        self.pace: Pace | None = None
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._now

    def run_forever(self) -> None:
        if self.pace is not None:
            self.pace.begin_anew()
        super().run_forever()

    def jump(self, seconds: float) -> None:
        self._now += seconds

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        future = super().run_in_executor(executor, func, *args)
        self.threads_at_work += 1
        future.add_done_callback(self._thread_is_done)
        return future

    def _thread_is_done(self, _: "asyncio.Future[Any]") -> None:
        self.threads_at_work -= 1


def take_time(loop: VirtualTimeLoop, seconds: float, *, step_s: float = 0.25) -> None:
    """For a thread: be at work so long, while the loop goes on."""

    async def step() -> None:
        loop.jump(step_s)
        await asyncio.sleep(0)

    for _ in range(round(seconds / step_s)):
        asyncio.run_coroutine_threadsafe(step(), loop).result()


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if self._loop.pace is not None:
            self._loop.pace.step_ended()
        if timeout is not None and timeout > 0 and not self._loop.threads_at_work:
            events = super().select(0)
            if not events:
                self._loop.jump(timeout)
        elif timeout is not None and timeout > 0:
            events = super().select(LOOK_AGAIN_S)
        else:
            events = super().select(timeout)
        if self._loop.pace is not None:
            self._loop.pace.step_began()
        return list(events)


class Pace:
    """The longest that one round of callbacks took, less what the machine gave to somebody else meanwhile."""

    def __init__(self) -> None:
        self.longest_step_s = 0.0
        self._began_s: float | None = None

    def begin_anew(self) -> None:
        """Forget the time in which the loop did not run."""
        self._began_s = None

    def step_began(self) -> None:
        self._began_s = self._own_s()

    def step_ended(self) -> None:
        if self._began_s is not None:
            self.longest_step_s = max(self.longest_step_s, self._own_s() - self._began_s)

    @staticmethod
    def _own_s() -> float:
        waited_for_a_core_ns = int(SCHEDULER.read_text().split()[1]) if SCHEDULER.exists() else 0
        return time.perf_counter() - waited_for_a_core_ns / 1e9
