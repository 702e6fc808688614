"""Calls made up by chance: whenever the caller hangs up, nothing is left; who asks often is answered once."""

import asyncio
import random
import threading
import time

import pytest

from holdline import desk
from holdline.help_request import Status
from holdline.memory_store import MemoryDatabase
from tests.unit.agent.unlucky_call import ANSWERS, PARKING, keep_asking, left_over, live_through, taken

SEEDS = [seed if seed < 12 else pytest.param(seed, marks=pytest.mark.proof) for seed in range(200)]
LONGEST_S = 45
GONE_WITHIN_S = 30
THREADS_END_WITHIN_S = 2.0
ASKS_FOR_S = 20
ANSWER = ANSWERS[0]


@pytest.mark.parametrize("seed", SEEDS)
async def test_whenever_the_caller_hangs_up_nothing_of_the_call_is_left(database: MemoryDatabase, seed: int) -> None:
    chance = random.Random(seed)
    before = asyncio.all_tasks()
    async with taken(database) as call:
        life = asyncio.create_task(live_through(call, chance))
        await asyncio.sleep(chance.random() ** 2 * LONGEST_S)
        assert not life.done()
        life.cancel()
        hung_up_at_s = asyncio.get_running_loop().time()
        call.room.leaves("caller")
        await asyncio.sleep(GONE_WITHIN_S)
    _wait_for_threads()
    assert left_over(call, before) == []
    if call.storage_is_back_at_s <= hung_up_at_s:
        assert not call.call.is_live
        assert call.lease is None
    elif call.call.is_live:
        assert call.lease is not None, "nobody would ever find it"
    if call.lease is not None:
        assert call.lease.until < call.clock()


@pytest.mark.parametrize("seed", SEEDS)
async def test_however_often_a_caller_asks_it_is_one_request_and_heard_once(
    database: MemoryDatabase, seed: int
) -> None:
    chance = random.Random(seed)
    async with taken(database) as call:
        call.say(PARKING[0])
        await asyncio.sleep(chance.random())
        asking = asyncio.create_task(keep_asking(call, chance))
        await asyncio.sleep(chance.random() * ASKS_FOR_S)
        await call.is_asked.wait()
        call.person_does(desk.answer, call.requests[0], ANSWER)
        await asyncio.sleep(chance.random() * 2)
        asking.cancel()
        call.studio.caller.end("")
        await asyncio.sleep(60)
        assert [(request.status, request.answer_version) for request in call.requests] == [(Status.DELIVERED, 1)]
        assert call.supervisors_words == [ANSWER]


def _wait_for_threads() -> None:
    """A writer's thread ends in its own, real time."""
    until = time.monotonic() + THREADS_END_WITHIN_S
    while any(thread.name.startswith("writer") for thread in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.001)


@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.4])
async def test_a_caller_who_goes_on_just_as_an_answer_waits_for_their_turn_to_end_hears_it(
    database: MemoryDatabase, after_s: float
) -> None:
    async with taken(database) as call:
        call.say(PARKING[0])
        await asyncio.sleep(5)
        call.say("and by the way")
        await asyncio.sleep(0.02)
        call.person_does(desk.answer, call.requests[0], ANSWER)
        await asyncio.sleep(after_s)
        await call.interrupt("i come by car", for_s=1)
        await asyncio.sleep(30)
        assert call.supervisors_words == [ANSWER]


async def test_a_caller_who_hangs_up_just_after_an_outage_is_gone_at_once(database: MemoryDatabase) -> None:
    async with taken(database) as call:
        call.say(PARKING[0])
        await asyncio.sleep(5)
        call.storage_fails(for_s=6)
        call.say("and by the way")
        await asyncio.sleep(6.1)
        call.room.leaves("caller")
        await asyncio.sleep(0.5)
        assert {request.status for request in call.requests} == {Status.CALLER_LEFT}
        assert not call.call.is_live
