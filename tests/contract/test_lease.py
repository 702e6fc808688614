"""One job has a call, on both stores: the newest epoch wins, and nobody else speaks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from holdline import lease
from holdline.errors import LeaseLost
from holdline.lease import COMES_WITHIN, DUE_AT_MOST, LEASE, Lease
from holdline.store import Create, Store, Stored, must_get
from tests.builders import NOW, later
from tests.contract.conftest import House

AFTER_S = LEASE.total_seconds()


@pytest.fixture
def platform(house: House) -> Store:
    return house.database.platform


def taken(platform: Store, *, job: str = "a", epoch: int = 1, at: datetime = NOW) -> Lease:
    return lease.take(platform, "call-1", org="salon", job=job, epoch=epoch, at=at)


def held(platform: Store) -> Stored[Lease]:
    return must_get(platform, Lease, "call-1")


def test_a_lease_is_renewed_by_its_holder(platform: Store) -> None:
    mine = taken(platform)
    assert lease.renew(platform, mine, at=later(3)).until == later(3 + AFTER_S)
    assert held(platform).record.until == later(3 + AFTER_S)


def test_who_takes_it_says_that_pings_are_heard_and_keeps_saying_which_was_the_last(platform: Store) -> None:
    lease.expect(platform, "call-1", org="salon", at=NOW)
    assert held(platform).record.heard_at is None
    mine = taken(platform, at=later(1))
    assert lease.renew(platform, mine, at=later(2)).heard_at == later(1)
    mine = lease.renew(platform, mine, at=later(3), heard_at=later(2.5))
    lease.renew(platform, mine, at=later(4))
    assert held(platform).record.heard_at == later(2.5)
    assert lease.take_away(platform, held(platform), at=later(20)) is not None
    assert held(platform).record.heard_at is None


def test_a_job_that_was_sent_for_takes_it_and_one_that_does_not_come_is_due(platform: Store) -> None:
    lease.expect(platform, "call-1", org="salon", at=NOW)
    lease.expect(platform, "call-1", org="salon", at=later(3))
    assert [stored.record.until for stored in lease.oldest(platform)] == [NOW + COMES_WITHIN]
    assert taken(platform).job == "a"
    lease.expect(platform, "call-1", org="salon", at=later(3))
    assert held(platform).record.job == "a"


def test_to_take_it_again_is_harmless(platform: Store) -> None:
    taken(platform)
    assert taken(platform, at=later(1)).until == later(1 + AFTER_S)


def test_a_second_job_of_the_same_epoch_does_not_get_it(platform: Store) -> None:
    taken(platform)
    with pytest.raises(LeaseLost):
        taken(platform, job="b")
    assert held(platform).record.job == "a"


def test_the_next_epoch_gets_it_and_the_one_before_has_lost_it(platform: Store) -> None:
    mine = taken(platform)
    theirs = taken(platform, job="b", epoch=2)
    with pytest.raises(LeaseLost):
        lease.renew(platform, mine, at=later(1))
    with pytest.raises(LeaseLost):
        taken(platform)
    assert lease.renew(platform, theirs, at=later(1)).job == "b"


def test_what_was_taken_away_goes_to_the_successor_and_not_back(platform: Store) -> None:
    mine = taken(platform)
    away = lease.take_away(platform, held(platform), at=later(9))
    assert away is not None
    assert (away.epoch, away.job, away.until) == (2, "", later(9 + AFTER_S))
    with pytest.raises(LeaseLost):
        lease.renew(platform, mine, at=later(9))
    assert taken(platform, job="b", epoch=2, at=later(10)).job == "b"


def test_of_many_who_take_it_away_one_does(platform: Store) -> None:
    taken(platform)
    seen = held(platform)
    with ThreadPoolExecutor(10) as pool:
        got = list(pool.map(lambda _: lease.take_away(platform, seen, at=later(9)), range(10)))
    assert len([one for one in got if one is not None]) == 1
    assert held(platform).record.epoch == 2


def test_a_lease_that_was_renewed_since_it_was_seen_is_not_taken_away(platform: Store) -> None:
    mine = taken(platform)
    seen = held(platform)
    lease.renew(platform, mine, at=later(9))
    assert lease.take_away(platform, seen, at=later(9)) is None


def test_those_that_run_out_first_are_found_first(platform: Store) -> None:
    for name, until_s in (("c", 3.0), ("a", 1.0), ("d", 9.0), ("b", 2.0)):
        platform.commit(Create(Lease(id=name, org="salon", job="x", epoch=1, until=later(until_s))))
    assert [stored.record.id for stored in lease.oldest(platform)] == ["a", "b", "c", "d"]


def test_at_most_so_many_are_looked_at_in_one_go(platform: Store) -> None:
    for n in range(DUE_AT_MOST + 3):
        platform.commit(Create(Lease(id=f"call-{n}", org="salon", job="x", epoch=1, until=later(n))))
    assert len(lease.oldest(platform)) == DUE_AT_MOST


def test_once_released_it_is_nobodys_and_cannot_be_renewed(platform: Store) -> None:
    mine = taken(platform)
    assert lease.release(platform, mine)
    assert lease.release(platform, mine)
    assert platform.get(Lease, "call-1") is None
    with pytest.raises(LeaseLost):
        lease.renew(platform, mine, at=later(1))


def test_who_lost_it_cannot_release_it(platform: Store) -> None:
    mine = taken(platform)
    taken(platform, job="b", epoch=2)
    assert not lease.release(platform, mine)
    assert not lease.give_away(platform, mine, at=later(1))
    assert held(platform).record.job == "b"
    assert not held(platform).record.is_given_away


def test_a_job_that_was_given_up_and_comes_first_all_the_same_has_it_and_the_other_has_not(platform: Store) -> None:
    lease.expect(platform, "call-1", org="salon", at=NOW)
    assert lease.take_away(platform, held(platform), at=later(13)) is not None
    mine = taken(platform, at=later(14))
    assert (mine.job, mine.epoch) == ("a", 2)
    with pytest.raises(LeaseLost):
        taken(platform, job="b", epoch=2, at=later(15))
    assert lease.renew(platform, mine, at=later(16)).epoch == 2


def test_what_was_given_away_is_free_until_it_is_taken_away(platform: Store) -> None:
    mine = taken(platform)
    assert lease.give_away(platform, mine, at=later(1))
    assert held(platform).record.is_given_away
    lease.take_away(platform, held(platform), at=later(2))
    assert not held(platform).record.is_given_away


def test_each_successor_has_longer_to_come_than_the_one_before(platform: Store) -> None:
    taken(platform)
    given_s = []
    for _ in range(4):
        away = lease.take_away(platform, held(platform), at=NOW)
        assert away is not None
        given_s.append((away.until - NOW).total_seconds())
    assert given_s == [AFTER_S, 2 * AFTER_S, COMES_WITHIN.total_seconds(), COMES_WITHIN.total_seconds()]
