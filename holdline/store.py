"""The one port to storage: what the use cases need, and nothing that only one database can do.

A `Store` is built for one organisation, so another tenant's path cannot be expressed; `Database.platform` is the store
of what belongs to no tenant. Adapters: `holdline.memory_store` and `holdline.firestore`, held to one contract by
`tests/contract`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from holdline.errors import InvalidDocument, NotFound, Stale
from holdline.records import Record, checked_id

R = TypeVar("R", bound=Record)

CHANGE_ATTEMPTS = 8


@dataclass(frozen=True)
class Stored(Generic[R]):
    """A document as it was read; `revision` changes with every write to it."""

    record: R
    revision: Any


Read = Stored[Any] | InvalidDocument | None
"""What one of several documents came to: one that people broke does not hide the others."""


@dataclass(frozen=True)
class Found(Generic[R]):
    """What a query met: the readable documents, and those whose shape people broke."""

    stored: tuple[Stored[R], ...] = ()
    invalid: tuple[InvalidDocument, ...] = ()

    @property
    def records(self) -> tuple[R, ...]:
        return tuple(stored.record for stored in self.stored)


@dataclass(frozen=True)
class Create:
    """Write a new document; AlreadyExists if there is one."""

    record: Record


@dataclass(frozen=True)
class Put:
    """Write the whole document, whatever was there."""

    record: Record


@dataclass(frozen=True)
class Update(Generic[R]):
    """Write the fields that differ, leaving unknown ones alone; Stale if the document changed since it was read."""

    before: Stored[R]
    after: R


@dataclass(frozen=True)
class Remark:
    """Write what is wrong with a document beside its fields, in `problem`; None takes the remark away."""

    kind: type[Record]
    id: str
    problem: str | None


@dataclass(frozen=True)
class Delete(Generic[R]):
    """Take a document away; Stale if it changed, or went away, since it was read."""

    before: Stored[R]


Write = Create | Put | Update[Any] | Remark | Delete[Any]


@dataclass(frozen=True)
class Query(Generic[R]):
    """Equality on top-level fields; a tuple of values means any of them.

    In order of `order_by`, which leaves out documents without that field, then of ids; without it, of ids alone.
    """

    kind: type[R]
    where: Mapping[str, Any] = field(default_factory=dict)
    order_by: str | None = None
    descending: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if () in self.where.values():
            raise ValueError("any of no values is nothing: ask for at least one")


class Watch(Protocol):
    """A live query. It repairs itself; `close` may be called from any thread, any number of times."""

    @property
    def is_live(self) -> bool: ...

    def close(self) -> None: ...


class Store(Protocol):
    """Documents of one organisation (or, with `org` None, of the platform). Blocking; safe from any thread."""

    @property
    def org(self) -> str | None: ...

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        """The document, or None; raises InvalidDocument, Unavailable."""
        ...

    def get_all(self, *wanted: tuple[type[Record], str]) -> "list[Read]":
        """These documents as they were at one moment, in the order of asking, in one round trip; raises Unavailable."""
        ...

    def find(self, query: Query[R]) -> Found[R]:
        """Everything the query meets now; raises Unavailable."""
        ...

    def commit(self, *writes: Write) -> None:
        """All of the writes or none; each is about another document.

        Raises AlreadyExists, Stale, NotFound (a remark on nothing), Unavailable.
        """
        ...

    def watch(self, query: Query[R], on_state: Callable[[Found[R]], None]) -> Watch:
        """Call `on_state` with the whole current state now and after every change, on a thread of the store's.

        States come in order and may be skipped, never invented; the callback must be quick. An error that it raises is
        logged and does not end the watch.
        """
        ...


class Database(Protocol):
    """All organisations. Only composition roots hold one."""

    @property
    def platform(self) -> Store: ...

    def for_org(self, org: str) -> Store: ...

    def get_all(self, *wanted: tuple[str | None, type[Record], str]) -> "list[Read]":
        """As `Store.get_all`, over several stores: each document with its organisation, or None for the platform."""
        ...

    def commit(self, *writes: tuple[str | None, Write]) -> None:
        """As `Store.commit`, over several stores: each write with its organisation, or None for the platform."""
        ...

    def close(self) -> None: ...


def path_of(org: str | None, collection: str, document_id: str) -> str:
    """Where a document lives; raises ValueError for an id that would leave the organisation."""
    checked_id(document_id)
    if org is None:
        return f"{collection}/{document_id}"
    if collection == "orgs":  # an organisation sees its own document and no other
        if document_id != org:
            raise ValueError(f"organisation {org} cannot reach orgs/{document_id}")
        return f"orgs/{org}"
    return f"orgs/{checked_id(org)}/{collection}/{document_id}"


def collection_of(org: str | None, collection: str) -> str:
    """Where a collection lives; raises ValueError for the list of organisations, which no tenant may see."""
    if org is None:
        return collection
    if collection == "orgs":
        raise ValueError("an organisation cannot list organisations")
    return f"orgs/{checked_id(org)}/{collection}"


def paths_of(writes: Sequence[tuple[str | None, Write]]) -> list[str]:
    """Which document each write of a batch is about; raises ValueError where two are about the same one."""
    paths: list[str] = []
    for org, write in writes:
        if isinstance(write, Remark):
            paths.append(path_of(org, write.kind.collection, write.id))
        else:
            record = _record(write)
            paths.append(path_of(org, record.collection, record.id))
    if len(set(paths)) < len(paths):
        raise ValueError(f"a batch writes a document once: {', '.join(paths)}")
    return paths


def _record(write: Create | Put | Update[Any] | Delete[Any]) -> Record:
    record: Record
    if isinstance(write, Update):
        record = write.after
    elif isinstance(write, Delete):
        record = write.before.record
    else:
        record = write.record
    return record


def in_order(query: Query[Any], documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The ids of the documents in the query's order, whatever types people gave to the field it is ordered by."""
    name = query.order_by
    if name is None:
        return sorted(documents)
    having = (one for one, fields in documents.items() if name in fields)
    return sorted(having, key=lambda one: (_rank(documents[one][name]), one), reverse=query.descending)


def _rank(value: Any) -> tuple[int, Any]:
    """Firestore's order over values of different types: null, booleans, numbers, times, text, the rest."""
    if value is None:
        return 0, 0
    ranks: list[tuple[type | tuple[type, ...], int]] = [(bool, 1), ((int, float), 2), (datetime, 3), (str, 4)]
    for kind, rank in ranks:
        if isinstance(value, kind):
            return rank, value
    return 5, repr(value)


def changed_fields(update: Update[Any]) -> dict[str, Any]:
    """The fields of the new record that differ from the one that was read."""
    before = update.before.record.document()
    return {name: value for name, value in update.after.document().items() if before.get(name) != value}


def remarks_on(found: Found[R], kind: type[R]) -> list[Remark]:
    """What there is to tell those who broke documents, and has not been told them yet."""
    return [
        Remark(kind, error.path.rsplit("/", 1)[-1], error.problem)
        for error in found.invalid
        if error.noted != error.problem
    ]


def must_get(store: Store, kind: type[R], document_id: str) -> Stored[R]:
    """The document; raises NotFound where there is none."""
    stored = store.get(kind, document_id)
    if stored is None:
        raise NotFound(f"{kind.collection}/{document_id}")
    return stored


def change(
    store: Store,
    kind: type[R],
    document_id: str,
    decide: Callable[[R], R],
    *,
    beside: Callable[[R], list[Write]] = lambda _: [],
) -> R:
    """Read, decide and write one document together with what goes `beside` it, again if somebody was faster.

    `decide` must be pure: it is asked anew after each lost race, and may refuse by raising. Returning the record
    that it was given means that there is nothing to do, and nothing is written.
    """
    for _ in range(CHANGE_ATTEMPTS):
        before = must_get(store, kind, document_id)
        after = decide(before.record)
        if after == before.record:
            return after
        try:
            store.commit(Update(before, after), *beside(after))
        except Stale:
            continue
        return after
    raise Stale(f"{kind.collection}/{document_id} kept changing")
