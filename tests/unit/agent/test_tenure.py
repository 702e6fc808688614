"""A job says and writes nothing unless the call is its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agent.tenure import RENEW_EVERY_S, Tenure
from holdline import lease
from holdline.call import CallKind, Dispatch
from holdline.errors import LeaseLost, Unavailable
from holdline.firestore.connection import TIMEOUT_S
from holdline.lease import LEASE, Lease
from holdline.memory_store import MemoryDatabase
from holdline.store import Store, Write, must_get
from tests.builders import later
from tests.unit.agent.fakes import FlakyStore, virtual_clock
from tests.unit.agent.virtual_time import VirtualTimeLoop, take_time

DISPATCH = Dispatch(
    org="salon", call="call-1", voice_agent="reception", version="v1", kind=CallKind.PHONE, caller_identity="caller"
)
HALF_A_MINUTE_S = 30.0


class Job:
    def __init__(self, platform: Store, *, name: str = "a", epoch: int = 1) -> None:
        self.storage = FlakyStore(platform)
        self.lost = 0
        dispatch = DISPATCH.model_copy(update={"epoch": epoch})
        self.tenure = Tenure(self.storage, dispatch, job=name, clock=virtual_clock())
        self.tenure.when_lost(self._lose)

    def _lose(self) -> None:
        self.lost += 1


@pytest.fixture
def platform(database: MemoryDatabase) -> Store:
    return database.platform


@asynccontextmanager
async def on_the_call(job: Job) -> AsyncIterator[Job]:
    """It has the call, and keeps it."""
    await job.tenure.begin()
    try:
        yield job
    finally:
        await job.tenure.close()


@pytest.fixture
async def job(platform: Store) -> AsyncIterator[Job]:
    async with on_the_call(Job(platform)) as job:
        yield job


def stop_for(seconds: float) -> None:
    """As a signal stops a process, or a hypervisor a machine."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.jump(seconds)


def held(platform: Store) -> Lease:
    return must_get(platform, Lease, "call-1").record


def somebody_takes_it_away(platform: Store, *, at_s: float) -> None:
    assert lease.take_away(platform, must_get(platform, Lease, "call-1"), at=later(at_s)) is not None


async def test_a_ping_that_was_heard_is_told_with_the_next_renewal_and_every_later_one(
    job: Job, platform: Store
) -> None:
    assert held(platform).heard_at == later(0), "it listens from the moment it takes the call"
    job.tenure.heard(later(3))
    for _ in range(2):
        await asyncio.sleep(RENEW_EVERY_S + 0.1)
        assert held(platform).heard_at == later(3)


async def test_a_running_call_never_comes_due(job: Job, platform: Store) -> None:
    for _ in range(100):
        await asyncio.sleep(0.7)
        assert held(platform).until > later(asyncio.get_running_loop().time())
        assert await job.tenure.is_ours()


async def test_a_lease_has_room_for_a_renewal_that_fails(job: Job) -> None:
    assert LEASE.total_seconds() > 2 * RENEW_EVERY_S


async def test_who_lost_the_call_is_told_once_and_says_nothing_more(job: Job, platform: Store) -> None:
    somebody_takes_it_away(platform, at_s=0)
    await asyncio.sleep(2 * RENEW_EVERY_S)
    assert job.lost == 1
    assert not await job.tenure.is_ours()
    await asyncio.sleep(HALF_A_MINUTE_S)
    assert job.lost == 1


async def test_after_a_stop_nothing_is_said_before_the_lease_is_confirmed(job: Job, platform: Store) -> None:
    stop_for(HALF_A_MINUTE_S)
    somebody_takes_it_away(platform, at_s=HALF_A_MINUTE_S)
    assert not await job.tenure.is_ours()
    assert job.lost == 1


async def test_a_confirmation_that_was_on_its_way_during_a_stop_confirms_nothing(platform: Store) -> None:
    job, loop = Job(platform), asyncio.get_running_loop()
    await job.tenure.begin()
    renew = job.storage.commit
    asking: asyncio.Queue[asyncio.Task[bool]] = asyncio.Queue()

    async def stopped_and_asked() -> None:
        stop_for(HALF_A_MINUTE_S)
        asking.put_nowait(asyncio.create_task(job.tenure.is_ours()))
        await asyncio.sleep(0)

    def renewed_then_stopped_then_taken_away(*writes: Write) -> None:
        job.storage.commit = renew  # type: ignore[method-assign]
        renew(*writes)
        asyncio.run_coroutine_threadsafe(stopped_and_asked(), loop).result()
        somebody_takes_it_away(platform, at_s=HALF_A_MINUTE_S)

    job.storage.commit = renewed_then_stopped_then_taken_away  # type: ignore[method-assign]
    assert not await (await asking.get())
    await job.tenure.close()


async def test_after_a_stop_a_call_that_nobody_took_goes_on_at_once(job: Job) -> None:
    stop_for(HALF_A_MINUTE_S)
    before = asyncio.get_running_loop().time()
    assert await job.tenure.is_ours()
    assert asyncio.get_running_loop().time() - before < 0.1
    assert job.lost == 0


async def test_after_a_stop_without_storage_it_waits_until_it_knows(job: Job) -> None:
    job.storage.is_down = True
    stop_for(HALF_A_MINUTE_S)
    waiting = asyncio.create_task(job.tenure.is_ours())
    await asyncio.sleep(HALF_A_MINUTE_S)
    assert not waiting.done()
    job.storage.is_down = False
    assert await waiting


async def test_without_storage_a_call_that_was_never_stopped_goes_on(job: Job, platform: Store) -> None:
    job.storage.is_down = True
    for _ in range(60):
        await asyncio.sleep(1)
        assert await job.tenure.is_ours()
    job.storage.is_down = False
    await asyncio.sleep(2 * RENEW_EVERY_S)
    assert held(platform).until > later(60)


async def test_a_successor_takes_over_and_the_stale_job_stays_out(job: Job, platform: Store) -> None:
    somebody_takes_it_away(platform, at_s=0)
    async with on_the_call(Job(platform, name="b", epoch=2)) as successor:
        await asyncio.sleep(HALF_A_MINUTE_S)
        assert await successor.tenure.is_ours()
        assert not await job.tenure.is_ours()
    assert held(platform).job == "b"


async def test_a_job_of_an_epoch_that_is_over_does_not_begin(job: Job, platform: Store) -> None:
    somebody_takes_it_away(platform, at_s=0)
    async with on_the_call(Job(platform, name="b", epoch=2)):
        with pytest.raises(LeaseLost):
            await Job(platform, name="c").tenure.begin()


async def test_at_the_end_the_lease_is_given_up(job: Job, platform: Store) -> None:
    assert await job.tenure.end()
    assert platform.get(Lease, "call-1") is None


async def test_who_lost_the_call_gives_up_nothing(job: Job, platform: Store) -> None:
    somebody_takes_it_away(platform, at_s=0)
    await asyncio.sleep(2 * RENEW_EVERY_S)
    await job.tenure.end()
    assert held(platform).epoch == 2


async def test_an_end_without_storage_is_no_error(job: Job) -> None:
    job.storage.is_down = True
    await job.tenure.end()


async def test_a_call_that_goes_on_without_this_job_is_said_to_be_free(job: Job, platform: Store) -> None:
    await job.tenure.give_away()
    assert held(platform).is_given_away
    assert (held(platform).job, held(platform).epoch) == ("", 1)


async def test_once_given_up_it_is_not_renewed(job: Job, platform: Store) -> None:
    await job.tenure.give_away()
    await asyncio.sleep(HALF_A_MINUTE_S)
    assert held(platform).until < later(1)


async def test_a_renewal_that_storage_keeps_to_its_bound_and_then_refuses_is_made_up_for_in_time(
    job: Job, platform: Store
) -> None:
    real, loop = job.storage.get, asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)

    def slow(*args: Any) -> Any:
        job.storage.get = real  # type: ignore[method-assign]
        take_time(loop, TIMEOUT_S)
        raise Unavailable("no answer within its bound")

    job.storage.get = slow  # type: ignore[method-assign, assignment]
    await asyncio.sleep(LEASE.total_seconds() - 0.1)
    assert held(platform).until > later(LEASE.total_seconds())


async def test_whatever_keeps_a_renewal_from_succeeding_the_next_is_tried(job: Job, platform: Store) -> None:
    real = job.storage.get

    def broken(*args: Any) -> Any:
        job.storage.get = real  # type: ignore[method-assign]
        raise RuntimeError("the library's own")

    job.storage.get = broken  # type: ignore[method-assign, assignment]
    await asyncio.sleep(HALF_A_MINUTE_S)
    assert held(platform).until > later(HALF_A_MINUTE_S)


async def test_at_the_end_it_is_told_whether_the_call_was_ours(job: Job, platform: Store) -> None:
    somebody_takes_it_away(platform, at_s=0)
    assert not await job.tenure.end()


async def test_a_job_that_begins_without_storage_has_the_call_once_storage_is_back(platform: Store) -> None:
    job = Job(platform)
    job.storage.is_down = True
    await job.tenure.begin()
    waiting = asyncio.create_task(job.tenure.is_ours())
    await asyncio.sleep(HALF_A_MINUTE_S)
    assert not waiting.done()
    job.storage.is_down = False
    assert await waiting
    await job.tenure.close()


async def test_a_call_that_was_lost_before_anybody_minded_is_told_of_all_the_same(job: Job, platform: Store) -> None:
    somebody_takes_it_away(platform, at_s=0)
    await asyncio.sleep(2 * RENEW_EVERY_S)
    told: list[bool] = []
    job.tenure.when_lost(lambda: told.append(True))
    assert told == [True]
