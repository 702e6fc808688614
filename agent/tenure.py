"""Whether this job still has its call: the lease renewed on a rhythm, and asked for anew after a stop.

A job that was stopped (a frozen machine, a signal) does not know how long it was gone, and another job may have the
call since. So after a gap in its own clock nothing is said or written until the lease is confirmed. While storage does
not answer, nobody can have taken the call away, and it goes on.
"""

import asyncio
import logging
from collections.abc import Callable

from agent.transcript import Clock
from holdline import lease
from holdline.call import Dispatch
from holdline.errors import LeaseLost, StoreError
from holdline.store import Store

log = logging.getLogger(__name__)

RENEW_EVERY_S = 1.5
TICK_S = 0.5
STOPPED_S = 2.0
"""A gap between two ticks from which on this process must have been stopped: a busy loop is late by far less."""


class Tenure:
    """`begin` before the first word; then `run` beside the call."""

    def __init__(
        self, platform: Store, dispatch: Dispatch, *, job: str, clock: Clock, on_lost: Callable[[], object]
    ) -> None:
        """`on_lost` is called once, when another job turns out to have the call."""
        self._platform = platform
        self._dispatch = dispatch
        self._job = job
        self._clock = clock
        self._on_lost = on_lost
        self._mine: lease.Lease | None = None
        self._is_lost = False
        self._is_sure = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ticked_at = self._doubted_at = asyncio.get_running_loop().time()

    async def begin(self) -> None:
        """Take the call; raises LeaseLost, Unavailable."""
        dispatch = self._dispatch
        self._mine = await asyncio.to_thread(
            lease.take,
            self._platform,
            dispatch.call,
            org=dispatch.org,
            job=self._job,
            epoch=dispatch.epoch,
            at=self._clock(),
        )
        self._ticked_at = asyncio.get_running_loop().time()
        self._is_sure.set()

    async def is_ours(self) -> bool:
        """Whether something may be said or written now; waits while that is in doubt."""
        self._mind_the_gap()
        await self._is_sure.wait()
        return not self._is_lost

    async def run(self) -> None:
        """Renew until the call is lost or this is cancelled."""
        ticking = asyncio.create_task(self._tick(), name="tick")
        try:
            while not self._is_lost:
                await self._renew()
                try:
                    await asyncio.wait_for(self._hurry.wait(), RENEW_EVERY_S)
                except TimeoutError:
                    continue
                self._hurry.clear()
        finally:
            ticking.cancel()

    async def end(self) -> None:
        """The call is over: give the lease up, so that nobody looks for a successor."""
        if self._mine is None or self._is_lost:
            return
        try:
            await asyncio.to_thread(lease.release, self._platform, self._mine)
        except StoreError as error:
            log.warning("call %s: its lease is not released: %s", self._dispatch.call, error)

    async def _renew(self) -> None:
        if self._mine is None:
            return
        began_at = asyncio.get_running_loop().time()
        try:
            self._mine = await asyncio.to_thread(lease.renew, self._platform, self._mine, at=self._clock())
        except LeaseLost as lost:
            log.warning("call %s: this job falls silent: %s", self._dispatch.call, lost)
            self._is_lost = True
            self._is_sure.set()
            self._on_lost()
        except StoreError as error:
            log.warning("call %s: its lease is not renewed: %s", self._dispatch.call, error)
        else:
            if began_at >= self._doubted_at:  # a confirmation that was on its way during a stop confirms nothing
                self._is_sure.set()

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
