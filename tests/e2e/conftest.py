"""The whole stack, for tests that call it as people do."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser

from holdline.firestore.database import FirestoreDatabase
from holdline.presence import Presence
from holdline.store import Put, Store
from tests.e2e.desk_page import chromium
from tests.e2e.documents import Console, database_of, forget_learned

SALON = "luxe-beauty-salon"


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
    """The salon with somebody at its desk, which has learned nothing yet, and forgets what it learns in the test."""
    store = database.for_org(SALON)
    store.commit(Put(Presence(id="desk", name="The desk", until=datetime.now(UTC) + timedelta(hours=1))))
    forget_learned(store, console)
    yield store
    forget_learned(store, console)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser
