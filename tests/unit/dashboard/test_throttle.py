from datetime import timedelta

from dashboard import throttle
from dashboard.throttle import FAILURES, WINDOW, Throttle
from tests.builders import NOW


def failing(times: int, key: str = "ana") -> Throttle:
    door = Throttle()
    for _ in range(times):
        door.failed(key, at=NOW)
    return door


def test_the_door_closes_after_so_many_failures_and_opens_with_time() -> None:
    assert not failing(FAILURES - 1).is_closed("ana", at=NOW)
    door = failing(FAILURES)
    assert door.is_closed("ana", at=NOW + WINDOW - timedelta(seconds=1))
    assert not door.is_closed("ana", at=NOW + WINDOW)


def test_a_success_forgives_what_was_before() -> None:
    door = failing(FAILURES - 1)
    door.succeeded("ana")
    door.failed("ana", at=NOW)
    assert not door.is_closed("ana", at=NOW)


def test_made_up_keys_cannot_fill_the_memory() -> None:
    door = Throttle()
    for n in range(throttle.KEYS_KEPT + 5):
        door.failed(f"key {n}", at=NOW)
    assert len(door._failures) == throttle.KEYS_KEPT
