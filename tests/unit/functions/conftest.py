"""A world for the functions: two organisations in memory, rooms and identities that are fakes, and a real server."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.context import replaced
from tests.unit.functions.world import World


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with replaced(world.context()):
        yield world


@pytest.fixture
def salon(world: World) -> Any:
    return world.database.for_org("salon")
