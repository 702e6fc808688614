"""What is loaded when a process is ready is not gone through again and again."""

import gc
from collections.abc import Iterator

import pytest

from holdline.garbage import spare_what_is_loaded


class Loaded:
    pass


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_loaded_is_out_of_later_collections_and_what_comes_after_is_not() -> None:
    before = Loaded()
    spare_what_is_loaded()
    after = Loaded()
    gone_through = {id(one) for one in gc.get_objects() if isinstance(one, Loaded)}
    assert id(before) not in gone_through
    assert id(after) in gone_through


def test_what_nobody_holds_by_then_is_not_kept() -> None:
    circle: list[object] = []
    circle.append(circle)
    gc.collect()
    del circle
    spare_what_is_loaded()
    gc.unfreeze()
    assert gc.collect() == 0
