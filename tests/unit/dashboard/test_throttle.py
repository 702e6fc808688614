from datetime import timedelta

from dashboard import throttle
from dashboard.throttle import Throttle
from tests.builders import NOW

WINDOW = timedelta(minutes=1)


def tried(times: int, key: str = "ana") -> Throttle:
    door = Throttle(3, within=WINDOW)
    for _ in range(times):
        assert door.admits(key, at=NOW)
    return door


def test_the_door_closes_after_so_many_tries_and_opens_with_time() -> None:
    door = tried(3)
    assert not door.admits("ana", at=NOW + WINDOW - timedelta(seconds=1))
    assert door.admits("ana", at=NOW + WINDOW)


def test_a_try_at_a_closed_door_does_not_keep_it_closed() -> None:
    door = tried(3)
    assert not door.admits("ana", at=NOW + timedelta(seconds=50))
    assert door.admits("ana", at=NOW + WINDOW)


def test_one_key_closes_no_other() -> None:
    assert tried(3).admits("rosa", at=NOW)


def test_a_success_forgives_what_was_before() -> None:
    door = tried(3)
    door.forgive("ana")
    assert door.admits("ana", at=NOW)


def test_made_up_keys_cannot_fill_the_memory() -> None:
    door = Throttle(3, within=WINDOW)
    for n in range(throttle.KEYS_KEPT + 5):
        door.admits(f"key {n}", at=NOW)
    assert len(door._tries) == throttle.KEYS_KEPT
