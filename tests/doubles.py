"""Stores that let a test look at, or get in between, what a use case does."""

from collections.abc import Callable

from holdline.memory_store import MemoryDatabase, MemoryStore
from holdline.records import Record
from holdline.store import Found, Query, R, Read, Stored, Write


class CountingStore(MemoryStore):
    """Remembers each batch, and how often it was read; before the first one, something else may happen."""

    def __init__(
        self, database: MemoryDatabase, org: str = "salon", *, first: Callable[[], object] | None = None
    ) -> None:
        super().__init__(database, org)
        self._first = first
        self.batches: list[tuple[Write, ...]] = []
        self.reads = 0

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        self.reads += 1
        return super().get(kind, document_id)

    def get_all(self, *wanted: tuple[type[Record], str]) -> list[Read]:
        self.reads += 1
        return MemoryStore(self._database, self._org).get_all(*wanted)

    def find(self, query: Query[R]) -> Found[R]:
        self.reads += 1
        return super().find(query)

    def commit(self, *writes: Write) -> None:
        first, self._first = self._first, None
        if first is not None:
            first()
        self.batches.append(writes)
        super().commit(*writes)


class OutrunStore(MemoryStore):
    """Somebody else is faster: after the first read, and before the write that follows from it."""

    def __init__(self, database: MemoryDatabase, org: str = "salon", *, meanwhile: Callable[[], object]) -> None:
        super().__init__(database, org)
        self._meanwhile: Callable[[], object] | None = meanwhile

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        stored = super().get(kind, document_id)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return stored
