"""Documents in memory, for tests that need no emulator; and what one test may do to the process, undone."""

import logging
import sys
import threading
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


@pytest.fixture
def logging_as_found() -> Iterator[None]:
    """Handlers and hooks stand behind the test as before it, whatever a program set up for itself."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, sys.excepthook, threading.excepthook)
    yield
    root.handlers[:], level, sys.excepthook, threading.excepthook = before
    root.setLevel(level)
    logging.captureWarnings(False)
