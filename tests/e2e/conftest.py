"""The whole stack, for tests that call it as people do."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from holdline.firestore.database import FirestoreDatabase
from holdline.store import Store
from tests.e2e.desk_page import chromium
from tests.e2e.documents import Console, database_of, forget_learned
from tests.e2e.launched import launched

PORT_BASE = 24000
SALON = "luxe-beauty-salon"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the ready file of a running stack says: the one that HOLDLINE_READY_FILE names, else one of our own."""
    if given := os.environ.get("HOLDLINE_READY_FILE"):
        yield json.loads(Path(given).read_text())
        return
    with launched(PORT_BASE, tmp_path_factory.mktemp("stack")) as ours:
        yield ours.until_ready()


@pytest.fixture(scope="session")
def database(stack: dict[str, Any]) -> Iterator[FirestoreDatabase]:
    """The stack's documents, as a server of ours sees them."""
    database = database_of(stack)
    yield database
    database.close()


@pytest.fixture
def console(stack: dict[str, Any]) -> Console:
    """The salon's documents, as its admin sees them in the Firebase console."""
    return Console(stack, SALON)


@pytest.fixture
def salon(database: FirestoreDatabase, console: Console) -> Iterator[Store]:
    """The salon, which has learned nothing yet, and forgets afterwards what it learns in the test."""
    store = database.for_org(SALON)
    forget_learned(store, console)
    yield store
    forget_learned(store, console)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser
