"""A call whose job died is given to another one, once, and a call whose job lives is left alone."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from agent.orphans import JOBS_AT_MOST, Orphans
from agent.rooms import RoomsUnreachable
from holdline import lease, line
from holdline.call import Call, Dispatch, Outcome
from holdline.help_request import HelpRequest, Status
from holdline.lease import LEASE, Lease
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Found, Put, Query, R, Store, must_get
from tests.builders import NOW, a_call, a_request, later
from tests.unit.agent.fakes import FlakyStore, virtual_clock
from tests.unit.agent.virtual_time import VirtualTimeLoop, take_time

DUE_S = LEASE.total_seconds()


class FakeRooms:
    """Rooms with the agents in them."""

    def __init__(self) -> None:
        self.inside: dict[str, set[str]] = {"call-1": {"agent-1"}}
        self.sent: list[Dispatch] = []
        self.is_down = False

    async def agents(self, room: str) -> frozenset[str] | None:
        self._answer()
        return frozenset(self.inside[room]) if room in self.inside else None

    async def remove(self, room: str, identity: str) -> None:
        self._answer()
        self.inside[room].discard(identity)

    async def send_agent(self, room: str, dispatch: Dispatch) -> None:
        self._answer()
        assert not self.inside[room], "two agents in one room"
        self.sent.append(dispatch)

    async def close(self, room: str) -> None:
        self._answer()
        del self.inside[room]

    def _answer(self) -> None:
        if self.is_down:
            raise RoomsUnreachable("LiveKit does not answer.")


class SlowStore(FlakyStore):
    """Takes its time to find."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        self.loop, self.takes_s = loop, 2.0

    def find(self, query: Query[R]) -> Found[R]:
        take_time(self.loop, self.takes_s)
        return super().find(query)


class House:
    """A salon with one call, held by job `a`, and a worker that looks after it."""

    def __init__(self, database: MemoryDatabase, store: Store) -> None:
        self.database, self.store, self.rooms = database, store, FakeRooms()
        self.mine = lease.take(database.platform, "call-1", org="salon", job="a", epoch=1, at=NOW)
        self.orphans = self.another_worker()

    def another_worker(self) -> Orphans:
        return Orphans(self.database, self.rooms, clock=virtual_clock())

    async def look(self, *, until_s: float) -> None:
        """Look every second until then, as a worker does."""
        loop = asyncio.get_running_loop()
        while loop.time() <= until_s:
            await self.orphans.look()
            await asyncio.sleep(1)

    @property
    def lease(self) -> Lease | None:
        found = self.database.platform.get(Lease, "call-1")
        return found.record if found else None

    @property
    def call(self) -> Call:
        return must_get(self.store, Call, "call-1").record


@pytest.fixture
async def house(database: MemoryDatabase, store: Store) -> House:
    return House(database, store)


async def test_a_call_whose_job_died_goes_to_another_in_the_next_epoch(house: House) -> None:
    await house.look(until_s=DUE_S)
    (dispatch,) = house.rooms.sent
    assert dispatch == Dispatch.to(a_call(), org="salon").model_copy(update={"epoch": 2})
    assert house.lease is not None
    assert (house.lease.epoch, house.lease.job) == (2, "")


async def test_the_ghost_is_put_out_before_the_successor_is_sent(house: House) -> None:
    await house.look(until_s=DUE_S)
    assert house.rooms.inside["call-1"] == set()


async def test_a_call_whose_job_lives_is_left_alone(house: House) -> None:
    await house.look(until_s=DUE_S - 1)
    assert house.rooms.sent == []
    assert house.rooms.inside["call-1"] == {"agent-1"}


async def test_a_job_that_renews_between_two_looks_keeps_its_call(house: House) -> None:
    await asyncio.sleep(60)  # storage was away: nobody could renew, nobody could look
    await house.look(until_s=61)
    lease.renew(house.database.platform, house.mine, at=later(61.5))
    await house.look(until_s=65)
    assert house.rooms.sent == []


@pytest.mark.parametrize("ahead_s", [-30.0, 6.0, 3600.0])
async def test_a_job_that_renews_keeps_its_call_whatever_the_clocks_say(house: House, ahead_s: float) -> None:
    clock = virtual_clock()
    house.orphans = Orphans(house.database, house.rooms, clock=lambda: clock() + timedelta(seconds=ahead_s))
    for n in range(20):
        await house.look(until_s=1.5 * n)
        lease.renew(house.database.platform, house.mine, at=clock())
    assert house.rooms.sent == []


async def test_while_storage_is_slow_nobody_is_sent(house: House) -> None:
    """Renewals are as late as the answers."""
    store = SlowStore(house.database.platform)
    database: Any = SimpleNamespace(platform=store, for_org=house.database.for_org)
    house.orphans = Orphans(database, house.rooms, clock=virtual_clock())
    await house.look(until_s=30)
    assert house.rooms.sent == []
    store.takes_s = 0.0
    await house.look(until_s=store.loop.time() + DUE_S)
    assert len(house.rooms.sent) == 1


async def test_a_call_that_was_given_away_goes_to_another_at_once(house: House) -> None:
    lease.give_away(house.database.platform, house.mine, at=later(0))
    await house.orphans.look()
    assert [dispatch.epoch for dispatch in house.rooms.sent] == [2]


async def test_of_many_workers_one_sends_a_successor(house: House) -> None:
    workers = [house.another_worker() for _ in range(10)]
    await asyncio.sleep(DUE_S)
    for _ in range(5):
        await asyncio.gather(*(worker.look() for worker in workers))
        await asyncio.sleep(1)
    assert len(house.rooms.sent) == 1


async def test_a_successor_that_does_not_come_is_followed_by_another(house: House) -> None:
    await house.look(until_s=DUE_S)
    await house.look(until_s=3 * DUE_S)
    assert [dispatch.epoch for dispatch in house.rooms.sent] == [2, 3]


async def test_a_successor_that_came_is_left_alone(house: House) -> None:
    await house.look(until_s=DUE_S)
    lease.take(house.database.platform, "call-1", org="salon", job="b", epoch=2, at=later(3 * DUE_S))
    await house.look(until_s=3 * DUE_S)
    assert len(house.rooms.sent) == 1


async def test_a_call_that_ended_leaves_no_lease(house: House) -> None:
    line.close(house.store, "call-1", outcome=Outcome.CALLER_LEFT, at=later(1))
    await house.look(until_s=DUE_S)
    assert house.lease is None
    assert house.rooms.sent == []


async def test_a_call_whose_room_is_gone_too_is_ended_and_its_question_with_it(house: House) -> None:
    house.store.commit(Create(a_request()))
    house.rooms.inside.clear()
    await house.look(until_s=DUE_S)
    assert house.call.outcome is Outcome.FAILED
    assert house.call.outcome_detail == "its job died, and its room is gone"
    assert must_get(house.store, HelpRequest, "request-1").record.status is Status.CALLER_LEFT
    assert house.lease is None


async def test_a_call_that_no_job_survives_is_ended_at_last(house: House) -> None:
    await house.look(until_s=120)
    assert len(house.rooms.sent) == JOBS_AT_MOST - 1
    assert house.call.outcome is Outcome.FAILED
    assert "call-1" not in house.rooms.inside
    assert house.lease is None


async def test_while_livekit_does_not_answer_it_is_tried_again(house: House) -> None:
    house.rooms.is_down = True
    await house.look(until_s=DUE_S)
    house.rooms.is_down = False
    await house.look(until_s=3 * DUE_S)
    assert [dispatch.epoch for dispatch in house.rooms.sent] == [3]


async def test_one_call_that_cannot_be_helped_does_not_keep_the_next_from_it(house: House, database: Any) -> None:
    house.store.commit(Create(a_call("call-0")))
    lease.take(database.platform, "call-0", org="salon", job="a", epoch=1, at=NOW)
    await house.look(until_s=DUE_S)
    assert {dispatch.call for dispatch in house.rooms.sent} == {"call-1"}
    house.rooms.inside["call-0"] = set()
    assert must_get(house.store, Call, "call-0").record.outcome is Outcome.FAILED


async def test_a_call_whose_document_was_deleted_is_forgotten(house: House, database: MemoryDatabase) -> None:
    database.delete_by_hand("orgs/salon/calls/call-1")
    await house.look(until_s=DUE_S)
    assert house.lease is None


async def test_a_lease_of_a_call_that_no_longer_fits_its_shape_breaks_no_look(house: House, database: Any) -> None:
    database.platform.commit(Put(Lease(id="call-9", org="salon", job="x", epoch=1, until=NOW)))
    database.write_by_hand("orgs/salon/calls/call-9", {"kind": "pigeon"})
    await house.look(until_s=DUE_S)
    assert {dispatch.call for dispatch in house.rooms.sent} == {"call-1"}
    assert database.platform.get(Lease, "call-9") is None
