"""The lamp is a round trip: the job of each caller on hold renews its lease, and hears what is written for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard.pulse import Pulse
from holdline import lease
from holdline.errors import Unavailable
from holdline.instruction import Instruction
from holdline.lease import Lease
from holdline.memory_store import MemoryDatabase, MemoryStore
from holdline.store import Query, must_get
from tests.builders import NOW, later

DELETED = later(90 * 86400)


class Job:
    """Has a call, and renews its lease as often as it is asked to."""

    def __init__(self, database: MemoryDatabase, call: str = "call-1", *, epoch: int = 1, at: datetime = NOW) -> None:
        self._database = database
        self.mine = lease.take(database.platform, call, org="salon", job=f"job-{epoch}", epoch=epoch, at=at)
        self.is_deaf = False
        self._heard_at: datetime | None = None

    def renews(self, *, at: datetime) -> None:
        if not self.is_deaf:
            pings = self._database.for_org("salon").find(Query(Instruction, {"call": self.mine.id})).records
            self._heard_at = max((ping.sent_at for ping in pings), default=self._heard_at)
        self.mine = lease.renew(self._database.platform, self.mine, at=at, heard_at=self._heard_at)


@pytest.fixture
def woken() -> list[str]:
    """The organisations whose pages were told to look again."""
    return []


@pytest.fixture
def pulse(database: MemoryDatabase, woken: list[str]) -> Pulse:
    return Pulse(database, on_change=woken.append, in_background=lambda work: work())


@pytest.fixture
def job(database: MemoryDatabase) -> Job:
    return Job(database)


def pings(database: MemoryDatabase) -> list[Instruction]:
    return list(database.for_org("salon").find(Query(Instruction)).records)


def felt(pulse: Pulse, *calls: str, at: float, delete_at: datetime | None = DELETED) -> bool:
    return pulse.is_felt("salon", dict.fromkeys(calls or ("call-1",), delete_at), at=later(at))


def lit(pulse: Pulse, job: Job, *, since: int, until: int) -> list[bool]:
    """The lamp each second, while the job renews its lease."""
    shown = []
    for second in range(since, until):
        job.renews(at=later(second))
        shown.append(felt(pulse, at=second))
    return shown


def test_a_job_that_renews_and_hears_is_felt(pulse: Pulse, job: Job, woken: list[str]) -> None:
    assert all(lit(pulse, job, since=0, until=60))
    assert woken == []


def test_a_job_that_renews_but_hears_nothing_is_not_felt_within_twenty_seconds_and_felt_once_it_hears(
    pulse: Pulse, job: Job, woken: list[str]
) -> None:
    lit(pulse, job, since=0, until=20)
    job.is_deaf = True
    shown = lit(pulse, job, since=20, until=60)
    assert all(shown[:8])
    assert not any(shown[20:])
    job.is_deaf = False
    assert all(lit(pulse, job, since=60, until=80)[3:])
    assert woken == ["salon", "salon"], "both times, the pages were told at once"


def test_a_job_that_never_heard_anything_is_not_felt_though_it_has_some_seconds_for_the_first(
    pulse: Pulse, job: Job
) -> None:
    job.is_deaf = True
    shown = lit(pulse, job, since=0, until=30)
    assert all(shown[:10])
    assert not any(shown[14:])


def test_a_job_that_does_not_renew_its_lease_is_not_felt(pulse: Pulse, job: Job) -> None:
    job.renews(at=NOW)
    assert felt(pulse, at=2)
    assert not felt(pulse, at=8)
    job.renews(at=later(9))
    assert felt(pulse, at=11)


def test_a_job_of_an_older_version_which_says_nothing_of_pings_is_judged_by_its_lease_alone(
    pulse: Pulse, database: MemoryDatabase
) -> None:
    for second in range(0, 60):
        fields = {"org": "salon", "job": "old", "epoch": 1, "until": later(second + 5)}
        database.write_by_hand("leases/call-1", fields)
        assert felt(pulse, at=second)
    assert pings(database) == [], "nothing is written for who would not read it"
    assert not felt(pulse, at=70)


def test_a_call_that_an_older_version_adopts_is_no_longer_asked(
    pulse: Pulse, job: Job, database: MemoryDatabase
) -> None:
    lit(pulse, job, since=0, until=10)
    held = must_get(database.platform, Lease, "call-1")
    assert lease.take_away(database.platform, held, at=later(10)) is not None
    for second in range(10, 60):
        database.write_by_hand("leases/call-1", {"job": "old", "until": later(second + 5)})
        assert felt(pulse, at=second)


def test_a_successor_is_felt_from_the_moment_that_it_has_the_call(
    pulse: Pulse, job: Job, database: MemoryDatabase
) -> None:
    job.is_deaf = True
    lit(pulse, job, since=0, until=30)
    assert not felt(pulse, at=30)
    held = must_get(database.platform, Lease, "call-1")
    assert lease.take_away(database.platform, held, at=later(31)) is not None
    assert all(lit(pulse, Job(database, epoch=2, at=later(32)), since=32, until=60)[2:])


def test_a_call_without_a_lease_is_over_or_begins(pulse: Pulse, job: Job, database: MemoryDatabase) -> None:
    lease.expect(database.platform, "call-2", org="salon", at=NOW)
    assert felt(pulse, "call-2", "call-3", at=5)
    assert pings(database) == []
    assert not felt(pulse, "call-2", at=20), "the job that was sent for does not come"


def test_one_that_is_not_felt_is_enough(pulse: Pulse, job: Job, database: MemoryDatabase) -> None:
    other = Job(database, "call-2")
    for second in range(30):
        job.renews(at=later(second))
    other.renews(at=later(10))
    assert not felt(pulse, "call-1", "call-2", at=30)


def test_a_ping_goes_out_at_most_every_five_seconds_with_the_end_of_its_call(
    pulse: Pulse, job: Job, database: MemoryDatabase
) -> None:
    sent = []
    for tenth in range(0, 201):
        job.renews(at=later(tenth / 10))
        felt(pulse, at=tenth / 10)
        sent += [one.sent_at for one in pings(database) if one.sent_at not in sent]
    assert sent == [later(0), later(6), later(12), later(18)], "with each third reading"
    [ping] = pings(database)
    assert (ping.call, ping.delete_at) == ("call-1", DELETED)


def test_who_is_not_on_the_board_is_not_asked(pulse: Pulse, job: Job, database: MemoryDatabase) -> None:
    Job(database, "call-2")
    felt(pulse, at=0)
    assert [ping.call for ping in pings(database)] == ["call-1"]


def test_nothing_is_read_or_written_for_an_empty_queue_and_once_in_two_seconds_for_a_full_one(
    pulse: Pulse, job: Job, monkeypatch: pytest.MonkeyPatch, database: MemoryDatabase
) -> None:
    readings = 0
    find = MemoryStore.find

    def counted(store: MemoryStore, query: Query[Any]) -> Any:
        nonlocal readings
        readings += query.kind is Lease
        return find(store, query)

    monkeypatch.setattr(MemoryStore, "find", counted)
    assert pulse.is_felt("salon", {}, at=NOW)
    assert (readings, pings(database)) == (0, [])
    for second in (0, 0.5, 1):
        assert felt(pulse, at=second)
    assert readings == 1
    assert felt(pulse, at=2)
    assert readings == 2


def test_what_was_not_heard_before_the_queue_was_empty_is_forgotten(pulse: Pulse, job: Job) -> None:
    felt(pulse, at=0)
    pulse.is_felt("salon", {}, at=later(1))
    for second in range(600):
        job.renews(at=later(second))
    assert felt(pulse, at=600)


def test_while_storage_does_not_answer_nothing_is_felt(pulse: Pulse, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    assert felt(pulse, at=0)

    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    with monkeypatch.context() as storage:
        for door in ("find", "commit"):
            storage.setattr(MemoryStore, door, away)
        assert not felt(pulse, at=2)
    job.renews(at=later(3))
    assert felt(pulse, at=4)


def test_pings_that_cannot_be_written_are_not_heard(pulse: Pulse, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = MemoryStore.commit

    def no_pings(store: MemoryStore, *writes: Any) -> None:
        if any(isinstance(getattr(write, "record", None), Instruction) for write in writes):
            raise Unavailable("it does not answer")
        commit(store, *writes)

    monkeypatch.setattr(MemoryStore, "commit", no_pings)
    shown = lit(pulse, job, since=0, until=20)
    assert all(shown[:10])
    assert not shown[-1]


def test_a_clock_that_another_server_of_ours_has_wrong_turns_no_lamp_red(
    pulse: Pulse, job: Job, database: MemoryDatabase
) -> None:
    """Both write the same ping, each with its own time: that the answer changes is what counts."""
    far_ahead = timedelta(hours=1)
    other = Pulse(database, on_change=lambda org: None, in_background=lambda work: work())
    for second in range(60):
        job.renews(at=later(second))
        other.is_felt("salon", {"call-1": DELETED}, at=later(second) + far_ahead)
        assert felt(pulse, at=second)


def test_drawing_waits_for_no_storage(database: MemoryDatabase, job: Job) -> None:
    later_on: list[Callable[[], None]] = []
    pulse = Pulse(database, on_change=lambda org: None, in_background=later_on.append)
    for second in range(20):
        assert felt(pulse, at=second), "nothing is known against it yet"
    [work] = later_on
    work()
    job.renews(at=later(19))
    felt(pulse, at=20)
    assert len(later_on) == 2, "one reading at a time"
