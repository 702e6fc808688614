"""Calls whose job died: found by their lease, freed of the ghost that is left in the room, and given to a new job.

Every worker looks, and the lease decides which one acts. LiveKit itself notices a dead job after some 20 s and sends
nobody in its place; until then the dead job's participant stands in the room, and if it was only stopped it would speak
on, so it is put out before a successor is sent.
"""

import asyncio
import logging
from datetime import datetime
from typing import Any

from agent.rooms import Rooms
from agent.transcript import Clock
from holdline import lease, line
from holdline.call import Call, Dispatch, Outcome
from holdline.errors import HoldlineError, InvalidDocument, NotFound
from holdline.lease import UNCHANGED_FOR, Lease
from holdline.store import Database, Store, Stored

log = logging.getLogger("holdline.call")

LOOK_EVERY_S = 1.0
SLOW_S = 1.5
"""Where storage takes so long to answer, renewals are late too, and mean nothing."""
JOBS_AT_MOST = 8
"""A call that outlives no job is ended, rather than tried for ever."""


class Orphans:
    def __init__(self, database: Database, rooms: Rooms, *, clock: Clock) -> None:
        self._database = database
        self._rooms = rooms
        self._clock = clock
        self._seen: dict[str, tuple[Any, float]] = {}
        """In which revision each lease has stood, and since when. Forgotten after an outage: every lease is due then,
        and those whose job lives are about to be renewed."""

    async def run(self) -> None:
        """Look on a rhythm until cancelled."""
        while True:
            try:
                await self.look()
            except HoldlineError as error:
                self._seen = {}
                log.warning("calls without a job cannot be looked for: %s", error)
            except Exception:  # whatever it is, the next call whose job dies must be found
                self._seen = {}
                log.exception("a look for calls without a job failed")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Take care of those that ran out and that nobody renews; raises StoreError."""
        asked_at = asyncio.get_running_loop().time()
        found = await asyncio.to_thread(lease.oldest, self._database.platform)
        answered_at = asyncio.get_running_loop().time()
        if answered_at - asked_at > SLOW_S:
            self._seen = {}
        self._seen = {stored.record.id: self._standing(stored, answered_at) for stored in found}
        now = self._clock()
        lost = [stored for stored in found if stored.record.is_given_away or self._ran_out(stored, asked_at, now)]
        await asyncio.gather(*map(self._take_care, lost))

    def _standing(self, stored: Stored[Lease], at_s: float) -> tuple[Any, float]:
        revision, since_s = self._seen.get(stored.record.id, (None, at_s))
        return stored.revision, since_s if revision == stored.revision else at_s

    def _ran_out(self, stored: Stored[Lease], at_s: float, now: datetime) -> bool:
        stands_for_s = at_s - self._seen[stored.record.id][1]
        return stored.record.until <= now and stands_for_s >= UNCHANGED_FOR.total_seconds()

    async def _take_care(self, stored: Stored[Lease]) -> None:
        try:
            await self._find_a_job(stored)
        except HoldlineError as error:  # its lease runs out again, and it is tried again
            log.error("call %s: could not be given to another job: %s", stored.record.id, error)
        except Exception:  # whatever it is, the other calls must be helped
            log.exception("call %s: could not be given to another job", stored.record.id)

    async def _find_a_job(self, stored: Stored[Lease]) -> None:
        lost = stored.record
        at = self._clock()
        mine = await asyncio.to_thread(lease.take_away, self._database.platform, stored, at=at)
        if mine is None:
            return  # another worker was faster, or the job lives after all
        store = self._database.for_org(lost.org)
        try:
            found = await asyncio.to_thread(store.get, Call, lost.id)
        except InvalidDocument:  # no job could read it either
            await self._forget(mine)
            raise
        if found is None or not found.record.is_live:
            await self._forget(mine)
            return
        await self._pass_on(found.record, mine, store)

    async def _pass_on(self, call: Call, mine: Lease, store: Store) -> None:
        ghosts = await self._rooms.agents(call.room_name)
        if ghosts is None:
            await self._end(call, mine, store, "its job died, and its room is gone")
            return
        for ghost in ghosts:
            await self._rooms.remove(call.room_name, ghost)
        if mine.epoch > JOBS_AT_MOST:
            await self._end(call, mine, store, f"{JOBS_AT_MOST} jobs in a row died with it")
            await self._rooms.close(call.room_name)
            return
        log.warning("call %s: its job is gone; another is sent, in epoch %d", call.id, mine.epoch)
        dispatch = Dispatch.to(call, org=mine.org).model_copy(update={"epoch": mine.epoch})
        await self._rooms.send_agent(call.room_name, dispatch)

    async def _end(self, call: Call, mine: Lease, store: Store, detail: str) -> None:
        log.error("call %s: ended: %s", call.id, detail)
        await asyncio.to_thread(_close, store, call.id, detail, self._clock())
        await self._forget(mine)

    async def _forget(self, mine: Lease) -> None:
        await asyncio.to_thread(lease.release, self._database.platform, mine)


def _close(store: Store, call_id: str, detail: str, at: datetime) -> None:
    try:
        line.close(store, call_id, outcome=Outcome.FAILED, detail=detail, at=at)
    except NotFound:
        log.info("call %s: its document was deleted", call_id)
