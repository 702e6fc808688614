"""Time is virtual in this folder: a caller may wait for two minutes in a millisecond."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from agent.writer import Writer
from holdline import line
from holdline.store import Store
from tests.builders import a_call
from tests.unit.agent.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualTimeLoop}


@pytest.fixture
def store(store: Store) -> Store:
    """The salon's, with one call in it."""
    line.open_call(store, a_call())
    return store


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    writer = Writer()
    yield writer
    await writer.close()
