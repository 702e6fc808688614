"""Documents in memory, for tests that need no emulator."""

from collections.abc import Iterator

import pytest

from holdline.memory_store import MemoryDatabase
from holdline.store import Store


@pytest.fixture
def database() -> Iterator[MemoryDatabase]:
    database = MemoryDatabase()
    yield database
    database.close()


@pytest.fixture
def store(database: MemoryDatabase) -> Store:
    """The salon's, with nothing in it; who wants something there from the start puts it in."""
    return database.for_org("salon")
