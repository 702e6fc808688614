"""One organisation's documents in Firestore: each call bounded in time, each failure one of ours."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from google.cloud.firestore_v1 import types

from holdline.errors import AlreadyExists, HoldlineError, NotFound, Stale, StoreError, Unavailable
from holdline.firestore.connection import TIMEOUT_S, Connection, code_and_details
from holdline.firestore.documents import Rows, start_after, structured, written
from holdline.firestore.values import decoded_fields
from holdline.store import (
    Create,
    Found,
    Query,
    R,
    Remark,
    Stored,
    Update,
    Watch,
    Write,
    collection_of,
    path_of,
    paths_of,
)

if TYPE_CHECKING:
    from holdline.firestore.database import FirestoreDatabase

T = TypeVar("T")

PAGE = 1000
"""Documents read in one call, so that the bound on a call holds however many there are."""

_ATTEMPTS = 2
# A read may be repeated after these; a write only after the last, with which Firestore says that it wrote nothing.
_WORTH_ANOTHER_READ = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED)
_WORTH_ANOTHER_WRITE = (grpc.StatusCode.ABORTED,)


class FirestoreStore:
    def __init__(self, database: "FirestoreDatabase", org: str | None) -> None:
        self._database = database
        self._org = org

    @property
    def org(self) -> str | None:
        return self._org

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        request = types.GetDocumentRequest.pb()(name=self._name(path_of(self._org, kind.collection, document_id)))

        def read(connection: Connection) -> Any:
            return types.Document.pb(connection.calls.get_document(request, **_bounds(connection)))

        try:
            document = self._call(read, again_after=_WORTH_ANOTHER_READ)
        except grpc.RpcError as error:
            if code_and_details(error)[0] is grpc.StatusCode.NOT_FOUND:
                return None
            raise _failure(error) from error
        record = kind.from_document(document_id, decoded_fields(document.fields))
        return Stored(record, document.update_time.ToNanoseconds())

    def find(self, query: Query[R]) -> Found[R]:
        parent, _, collection = self._name(collection_of(self._org, query.kind.collection)).rpartition("/")
        request = types.RunQueryRequest.pb()(parent=parent, structured_query=structured(query, collection))

        def read(connection: Connection) -> list[Any]:
            responses = connection.calls.run_query(request, **_bounds(connection))
            return [types.RunQueryResponse.pb(response) for response in responses]

        rows = Rows(query)
        wanted = query.limit
        while wanted is None or wanted > 0:
            size = PAGE if wanted is None else min(wanted, PAGE)
            request.structured_query.limit.value = size
            try:
                responses = self._call(read, again_after=_WORTH_ANOTHER_READ)
            except grpc.RpcError as error:
                raise _failure(error) from error
            page = [response.document for response in responses if response.HasField("document")]
            for document in page:
                rows.put(document)
            if len(page) < size:
                break
            wanted = None if wanted is None else wanted - size
            start_after(request.structured_query, page[-1], order_by=query.order_by)
        return rows.found()

    def commit(self, *writes: Write) -> None:
        if not writes:
            return
        paths = paths_of(self._org, writes)
        request = types.CommitRequest.pb()(
            database=self._database.connection.root,
            writes=[written(write, self._name(path)) for write, path in zip(writes, paths, strict=True)],
        )
        try:
            self._call(
                lambda connection: connection.calls.commit(request, **_bounds(connection)),
                again_after=_WORTH_ANOTHER_WRITE,
            )
        except grpc.RpcError as error:
            raise _refusal(error, list(zip(writes, paths, strict=True))) from error

    def watch(self, query: Query[R], on_state: Callable[[Found[R]], None]) -> Watch:
        parent, _, collection = self._name(collection_of(self._org, query.kind.collection)).rpartition("/")
        return self._database.start_watch(query, parent=parent, collection=collection, on_state=on_state)

    def _name(self, path: str) -> str:
        return f"{self._database.connection.root}/documents/{path}"

    def _call(self, call: Callable[[Connection], T], *, again_after: tuple[grpc.StatusCode, ...]) -> T:
        for _ in range(_ATTEMPTS - 1):
            try:
                return call(self._database.connection)
            except grpc.RpcError as error:
                if code_and_details(error)[0] not in again_after:
                    raise
        return call(self._database.connection)


def _bounds(connection: Connection) -> dict[str, Any]:
    """`wait_for_ready`: while there is no connection the call waits for one, within its time, and was not yet sent."""
    return {"timeout": TIMEOUT_S, "metadata": connection.metadata, "wait_for_ready": True}


def _failure(error: grpc.RpcError) -> StoreError:
    code, details = code_and_details(error)
    text = f"Firestore: {code.name}: {details}"
    return StoreError(text) if code is grpc.StatusCode.INVALID_ARGUMENT else Unavailable(text)


def _refusal(error: grpc.RpcError, batch: Sequence[tuple[Write, str]]) -> HoldlineError:
    """What a commit that failed means for us; Firestore does not say in a stable way which write it stumbled over."""

    def paths(*kinds: type[Any]) -> str:
        return " or ".join(path for write, path in batch if isinstance(write, kinds))

    code, _ = code_and_details(error)
    if code is grpc.StatusCode.ALREADY_EXISTS:
        return AlreadyExists(paths(Create))
    if code is grpc.StatusCode.NOT_FOUND and (remarked := paths(Remark)):
        return NotFound(remarked)
    if code in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND):
        return Stale(paths(Update))
    return _failure(error)
