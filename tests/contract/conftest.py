"""Both databases, so that each rule of the contract is shown on each."""

import queue
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from holdline.firestore import connect
from holdline.memory_store import MemoryDatabase
from holdline.settings import FirestoreSettings
from holdline.store import Database, Found, R, Store

WAIT_S = 5


@dataclass
class House:
    """A database, and a hand that writes into it past every check, as the Firebase console does."""

    database: Database
    write_by_hand: Callable[[str, Mapping[str, Any]], object]
    delete_by_hand: Callable[[str], object]


class States(Generic[R]):
    """What a watch has told, in order."""

    def __init__(self) -> None:
        self._told: queue.Queue[Found[R]] = queue.Queue()
        self.heard: list[Found[R]] = []

    def tell(self, state: Found[R]) -> None:
        self._told.put(state)

    def until(self, is_wanted: Callable[[Found[R]], bool]) -> Found[R]:
        """The first state not yet looked at that is wanted; states may be skipped."""
        while True:
            state = self._told.get(timeout=WAIT_S)
            self.heard.append(state)
            if is_wanted(state):
                return state

    def until_ids(self, *ids: str) -> Found[R]:
        """The first such state with exactly these documents, in this order."""
        return self.until(lambda state: [record.id for record in state.records] == list(ids))

    @property
    def is_silent(self) -> bool:
        return self._told.empty()


@pytest.fixture(params=["memory", "firestore"])
def house(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    if request.param == "memory":
        memory = MemoryDatabase()
        yield House(memory, memory.write_by_hand, memory.delete_by_hand)
        memory.close()
        return
    settings: FirestoreSettings = request.getfixturevalue("firestore_settings")
    assert settings.firestore_emulator_host is not None
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", settings.firestore_emulator_host)
    # Google's own client is the hand: what it writes we can read.
    console = firestore.Client(project=settings.google_cloud_project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    database = connect(settings)
    yield House(
        database,
        lambda path, fields: console.document(path).set(dict(fields), merge=True),
        lambda path: console.document(path).delete(),
    )
    database.close()
    console.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def store(house: House) -> Store:
    """The salon's documents."""
    return house.database.for_org("salon")
