"""The store in memory: a fake for unit tests, held to the same contract as Firestore."""

import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from holdline.errors import AlreadyExists, InvalidDocument, NotFound, Stale
from holdline.records import Record
from holdline.store import (
    Create,
    Delete,
    Found,
    Query,
    R,
    Read,
    Remark,
    Store,
    Stored,
    Update,
    Watch,
    Write,
    changed_fields,
    collection_of,
    in_order,
    path_of,
    paths_of,
)

log = logging.getLogger(__name__)

Documents = dict[str, tuple[dict[str, Any], int]]


class MemoryDatabase:
    """All organisations of one test."""

    def __init__(self) -> None:
        self._documents: Documents = {}
        self._lock = threading.RLock()
        self._revisions = itertools.count(1)
        self._watches: list[_MemoryWatch] = []

    @property
    def platform(self) -> Store:
        return MemoryStore(self, None)

    def for_org(self, org: str) -> Store:
        return MemoryStore(self, org)

    def get_all(self, *wanted: tuple[str | None, type[Record], str]) -> list[Read]:
        with self._lock:
            return [self._read(org, kind, document_id) for org, kind, document_id in wanted]

    def commit(self, *writes: tuple[str | None, Write]) -> None:
        with self._lock:
            planned = dict(self._documents)
            for (_, write), path in zip(writes, paths_of(writes), strict=True):
                self._apply(planned, write, path)
            if planned != self._documents:
                self._documents.clear()
                self._documents.update(planned)
                self._tell()

    def close(self) -> None:
        for watch in list(self._watches):
            watch.close()

    def write_by_hand(self, path: str, fields: Mapping[str, Any]) -> None:
        """Merge fields into a document as an admin in the Firebase console would: no check of any kind."""
        with self._lock:
            document, _ = self._documents.get(path, ({}, 0))
            self._documents[path] = ({**document, **fields}, next(self._revisions))
            self._tell()

    def delete_by_hand(self, path: str) -> None:
        """Take a document away as an admin would."""
        with self._lock:
            self._documents.pop(path, None)
            self._tell()

    def _read(self, org: str | None, kind: type[Record], document_id: str) -> Read:
        try:
            return MemoryStore(self, org).get(kind, document_id)
        except InvalidDocument as error:
            return error

    def _apply(self, documents: Documents, write: Write, path: str) -> None:
        held = documents.get(path)
        if isinstance(write, Remark):
            if held is None:
                raise NotFound(path)
            fields = {**held[0], "problem": write.problem}
        elif isinstance(write, Delete):
            if held is None or held[1] != write.before.revision:
                raise Stale(path)
            del documents[path]
            return
        elif isinstance(write, Update):
            if held is None or held[1] != write.before.revision:
                raise Stale(path)
            fields = {**held[0], **changed_fields(write)}
        else:
            if isinstance(write, Create) and held is not None:
                raise AlreadyExists(path)
            fields = write.record.document()
        if held is None or held[0] != fields:  # a write that changes nothing is no new revision
            documents[path] = (fields, next(self._revisions))

    def _tell(self) -> None:
        for watch in list(self._watches):
            watch.look()


class MemoryStore:
    def __init__(self, database: MemoryDatabase, org: str | None) -> None:
        self._database = database
        self._org = org

    @property
    def org(self) -> str | None:
        return self._org

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        with self._database._lock:
            held = self._database._documents.get(path_of(self._org, kind.collection, document_id))
        return None if held is None else Stored(kind.from_document(document_id, held[0]), held[1])

    def get_all(self, *wanted: tuple[type[Record], str]) -> list[Read]:
        return self._database.get_all(*((self._org, kind, document_id) for kind, document_id in wanted))

    def find(self, query: Query[R]) -> Found[R]:
        prefix = collection_of(self._org, query.kind.collection) + "/"
        with self._database._lock:
            rows = {
                path.removeprefix(prefix): held
                for path, held in self._database._documents.items()
                if path.startswith(prefix) and "/" not in path.removeprefix(prefix) and _meets(held[0], query.where)
            }
        ordered = in_order(query, {name: fields for name, (fields, _) in rows.items()})
        return _read(query.kind, [(name, *rows[name]) for name in ordered[: query.limit]])

    def commit(self, *writes: Write) -> None:
        self._database.commit(*((self._org, write) for write in writes))

    def watch(self, query: Query[R], on_state: Callable[[Found[R]], None]) -> Watch:
        watch = _MemoryWatch(self, query, on_state)
        with self._database._lock:
            self._database._watches.append(watch)
            watch.look()
        return watch


class _MemoryWatch:
    def __init__(self, store: MemoryStore, query: Query[R], on_state: Callable[[Found[R]], None]) -> None:
        self._query: Query[Any] = query
        self._on_state = on_state
        self._last: Any = None
        self._store = store
        self._closed = False

    @property
    def is_live(self) -> bool:
        return not self._closed

    def look(self) -> None:
        state: Found[Any] = self._store.find(self._query)
        shape = ([(s.record.id, s.revision) for s in state.stored], [str(e) for e in state.invalid])
        if self._closed or shape == self._last:
            return
        self._last = shape
        try:
            self._on_state(state)
        except Exception:  # the contract: a callback's error is logged and the watch lives on
            log.exception("a watch callback failed")

    def close(self) -> None:
        self._closed = True
        watches = self._store._database._watches
        if self in watches:
            watches.remove(self)


def _meets(fields: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    return all(
        name in fields and (fields[name] in wanted if isinstance(wanted, tuple) else fields[name] == wanted)
        for name, wanted in where.items()
    )


def _read(kind: type[R], rows: Iterable[tuple[str, dict[str, Any], int]]) -> Found[R]:
    stored: list[Stored[R]] = []
    invalid: list[InvalidDocument] = []
    for document_id, fields, revision in rows:
        try:
            stored.append(Stored(kind.from_document(document_id, fields), revision))
        except InvalidDocument as error:
            invalid.append(error)
    return Found(tuple(stored), tuple(invalid))
