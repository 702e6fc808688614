"""Time is virtual in this folder: a caller may wait for two minutes in a millisecond."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest

from agent.writer import Writer
from holdline import line
from holdline.memory_store import MemoryDatabase
from holdline.store import Store
from tests.builders import a_call
from tests.unit.agent.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualTimeLoop}


@pytest.fixture
def database() -> Iterator[MemoryDatabase]:
    database = MemoryDatabase()
    yield database
    database.close()


@pytest.fixture
def store(database: MemoryDatabase) -> Store:
    """The salon's, with one call in it."""
    store = database.for_org("salon")
    line.open_call(store, a_call())
    return store


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    writer = Writer()
    yield writer
    await writer.close()
