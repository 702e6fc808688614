"""Whether this job still has its call: the lease renewed on a rhythm, and asked for anew after a stop.

A job that was stopped (a frozen machine, a signal) does not know how long it was gone, and another job may have the
call since. So after a gap in its own clock nothing is said or written until the lease is confirmed. While storage does
not answer, nobody can have taken the call away, and it goes on.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from agent.transcript import Clock
from holdline import lease
from holdline.call import Dispatch
from holdline.errors import HoldlineError, LeaseLost
from holdline.store import Store

log = logging.getLogger(__name__)

RENEW_EVERY_S = 1.5
"""From the beginning of one renewal to the next, so that one which ran into storage's bound is made up for in time."""
AGAIN_AFTER_S = 0.2
TICK_S = 0.5
STOPPED_S = 2.0
"""A gap between two ticks from which on this process must have been stopped: a busy loop is late by far less."""


class Tenure:
    """To `begin` before the first word."""

    def __init__(self, platform: Store, dispatch: Dispatch, *, job: str, clock: Clock) -> None:
        self._platform = platform
        self._dispatch = dispatch
        self._job = job
        self._clock = clock
        self._on_lost: Callable[[], object] = lambda: None
        self._mine: lease.Lease | None = None
        self._is_lost = False
        self._is_sure = asyncio.Event()
        self._hurry = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._pause_s = RENEW_EVERY_S
        self._heard_at: datetime | None = None
        self._ticked_at = self._doubted_at = asyncio.get_running_loop().time()

    async def begin(self) -> None:
        """Take the call, and keep it until one of `close`, `end` and `give_away`; raises LeaseLost.

        While storage does not answer the call is not ours, and it is tried again.
        """
        self._ticked_at = asyncio.get_running_loop().time()
        await self._renew()
        if self._is_lost:
            raise LeaseLost(f"Call {self._dispatch.call} is with another job.")
        self._running = asyncio.create_task(self._run(), name="tenure")

    def when_lost(self, fall_silent: Callable[[], object]) -> None:
        """Have this called, once, when another job turns out to have the call."""
        self._on_lost = fall_silent
        if self._is_lost:
            fall_silent()

    def heard(self, sent_at: datetime) -> None:
        """A ping arrived that was sent then; the next renewal says so."""
        self._heard_at = sent_at

    async def is_ours(self) -> bool:
        """Whether something may be said or written now; waits while that is in doubt."""
        self._mind_the_gap()
        await self._is_sure.wait()
        return not self._is_lost

    async def _run(self) -> None:
        ticking = asyncio.create_task(self._tick(), name="tick")
        try:
            while not self._is_lost:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), self._pause_s)
                self._hurry.clear()
                await self._renew()
        finally:
            ticking.cancel()

    def lose(self) -> None:
        """Another job has the call: nothing is said or written from now on."""
        self._is_lost = True
        self._is_sure.set()

    async def close(self) -> None:
        """Renew no more."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def end(self) -> bool:
        """The call is over: give the lease up, so that nobody looks for a successor; tells whether it was ours."""
        return await self._let_go(lease.release)

    async def give_away(self) -> None:
        """This job stops and the call goes on: let a successor be looked for at once."""
        await self._let_go(partial(lease.give_away, at=self._clock()))

    async def _let_go(self, how: Callable[[Store, lease.Lease], bool]) -> bool:
        await self.close()
        if self._mine is None or self._is_lost:
            return not self._is_lost
        try:
            return await asyncio.to_thread(how, self._platform, self._mine)
        except HoldlineError as error:  # it runs out by itself
            log.warning("call %s: its lease is not given up: %s", self._dispatch.call, error)
            return True

    async def _renew(self) -> None:
        began_at = asyncio.get_running_loop().time()
        try:
            self._mine = await asyncio.to_thread(self._take_or_renew, self._clock())
        except LeaseLost as lost:
            log.warning("call %s: this job falls silent: %s", self._dispatch.call, lost)
            self.lose()
            self._on_lost()
        except HoldlineError as error:
            log.warning("call %s: its lease is not renewed: %s", self._dispatch.call, error)
        except Exception:  # whatever it is, who renews no more loses a call that goes well
            log.exception("call %s: its lease is not renewed", self._dispatch.call)
        else:
            if began_at >= self._doubted_at:  # a confirmation that was on its way during a stop confirms nothing
                self._is_sure.set()
        took_s = asyncio.get_running_loop().time() - began_at
        self._pause_s = max(AGAIN_AFTER_S, RENEW_EVERY_S - took_s)

    def _take_or_renew(self, at: datetime) -> lease.Lease:
        if self._mine is not None:
            return lease.renew(self._platform, self._mine, at=at, heard_at=self._heard_at)
        call, org, epoch = self._dispatch.call, self._dispatch.org, self._dispatch.epoch
        return lease.take(self._platform, call, org=org, job=self._job, epoch=epoch, at=at)

    async def _tick(self) -> None:
        while True:
            self._mind_the_gap()
            self._ticked_at = asyncio.get_running_loop().time()
            await asyncio.sleep(TICK_S)

    def _mind_the_gap(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._ticked_at > STOPPED_S and not self._is_lost:
            log.warning("call %s: this job was stopped for %.1f s", self._dispatch.call, now - self._ticked_at)
            self._is_sure.clear()
            self._hurry.set()
            self._ticked_at = self._doubted_at = now
