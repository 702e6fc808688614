"""One organisation's documents in Firestore: each call bounded in time, each failure one of ours."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type

from holdline.errors import AlreadyExists, HoldlineError, InvalidDocument, NotFound, Stale, StoreError, Unavailable
from holdline.firestore.connection import TIMEOUT_S
from holdline.firestore.documents import Row, add, asked, found, row_of
from holdline.firestore.watches import Watches
from holdline.records import Record
from holdline.store import (
    Create,
    Delete,
    Found,
    Query,
    R,
    Read,
    Remark,
    Stored,
    Update,
    Watch,
    Write,
    collection_of,
    path_of,
    paths_of,
)

PAGE = 1000
"""Documents read in one call, so that the bound on a call holds however many there are."""


def _again_after(*errors: type[exceptions.GoogleAPICallError]) -> dict[str, Any]:
    """Bounds of a call. Not after a timeout: that was all the time there is."""
    return {
        "timeout": TIMEOUT_S,
        "retry": Retry(predicate=if_exception_type(*errors), initial=0.05, maximum=0.4, timeout=1.0),
    }


_READ = _again_after(exceptions.ServiceUnavailable, exceptions.InternalServerError, exceptions.Aborted)
# A write that met a lost connection may have been written. Aborted says that it was not.
_WRITE = _again_after(exceptions.Aborted)


class FirestoreStore:
    def __init__(self, client: Any, watches: Watches, *, org: str | None) -> None:
        self._client = client
        self._watches = watches
        self._org = org

    @property
    def org(self) -> str | None:
        return self._org

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        with _our_errors():
            snapshot = self._client.document(path_of(self._org, kind.collection, document_id)).get(**_READ)
        if not snapshot.exists:
            return None
        parsed = row_of(kind, snapshot).parsed
        if isinstance(parsed, InvalidDocument):
            raise parsed
        return parsed

    def get_all(self, *wanted: tuple[type[Record], str]) -> list[Read]:
        return get_all(self._client, [(self._org, kind, document_id) for kind, document_id in wanted])

    def find(self, query: Query[R]) -> Found[R]:
        wanted = asked(query, self._client.collection(collection_of(self._org, query.kind.collection)))
        rows: list[Row[R]] = []
        left = query.limit
        while left is None or left > 0:
            size = PAGE if left is None else min(left, PAGE)
            with _our_errors():
                page = wanted.limit(size).get(**_READ)
            rows += [row_of(query.kind, snapshot) for snapshot in page]
            if len(page) < size:
                break
            left = None if left is None else left - size
            wanted = wanted.start_after(page[-1])
        return found(rows)

    def commit(self, *writes: Write) -> None:
        commit(self._client, [(self._org, write) for write in writes])

    def watch(self, query: Query[R], on_state: Callable[[Found[R]], None]) -> Watch:
        collection = collection_of(self._org, query.kind.collection)
        return self._watches.start(query, collection=collection, on_state=on_state)


def get_all(client: Any, wanted: Sequence[tuple[str | None, type[Record], str]]) -> list[Read]:
    """Each document of its organisation, or of the platform, as they were at one moment."""
    references = [client.document(path_of(org, kind.collection, document_id)) for org, kind, document_id in wanted]
    with _our_errors():  # they come in any order
        found = {snapshot.reference: snapshot for snapshot in client.get_all(references, **_READ)}
    read = [found[reference] for reference in references]
    return [row_of(kind, one).parsed if one.exists else None for (_, kind, _), one in zip(wanted, read, strict=True)]


def commit(client: Any, writes: Sequence[tuple[str | None, Write]]) -> None:
    """All of the writes or none, each about a document of its organisation, or of the platform."""
    if not writes:
        return
    paths = paths_of(writes)
    about = [(write, path) for (_, write), path in zip(writes, paths, strict=True)]
    batch = client.batch()
    for write, path in about:
        add(batch, write, client.document(path), client=client)
    with _our_errors(about):
        batch.commit(**_WRITE)


@contextmanager
def _our_errors(batch: Sequence[tuple[Write, str]] = ()) -> Iterator[None]:
    """Translate what the client raises, once."""
    try:
        yield
    except exceptions.GoogleAPIError as error:
        raise _meaning(error.cause if isinstance(error, exceptions.RetryError) else error, batch) from error


def _meaning(error: Exception | None, batch: Sequence[tuple[Write, str]]) -> HoldlineError:
    """What a failure is for us; Firestore does not say in a stable way which write of a batch it stumbled over."""

    def paths(*kinds: type[Any]) -> str:
        return " or ".join(path for write, path in batch if isinstance(write, kinds))

    if isinstance(error, exceptions.AlreadyExists):
        return AlreadyExists(paths(Create))
    if isinstance(error, exceptions.NotFound) and (remarked := paths(Remark)):
        return NotFound(remarked)
    if batch and isinstance(error, exceptions.FailedPrecondition | exceptions.NotFound):
        return Stale(paths(Update, Delete))
    text = f"Firestore: {error}"
    return StoreError(text) if isinstance(error, exceptions.InvalidArgument) else Unavailable(text)
