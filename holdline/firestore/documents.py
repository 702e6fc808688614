"""Our queries, writes and records, in the messages of Firestore's protocol."""

from dataclasses import dataclass
from typing import Any, Generic

from google.cloud.firestore_v1 import types

from holdline.errors import InvalidDocument
from holdline.firestore.values import decoded_fields, encoded, encoded_fields
from holdline.store import Create, Found, Put, Query, R, Remark, Stored, Update, Write, changed_fields, in_order

_Structured = types.StructuredQuery.pb()
_Write = types.Write.pb()


@dataclass(frozen=True)
class _Row(Generic[R]):
    document_id: str
    fields: dict[str, Any]
    revision: int
    parsed: Stored[R] | InvalidDocument


class Rows(Generic[R]):
    """The documents that a query meets, by name, each read once: a change costs only what changed."""

    def __init__(self, query: Query[R]) -> None:
        self._query = query
        self._rows: dict[str, _Row[R]] = {}
        self._read_before: dict[str, _Row[R]] = {}

    def put(self, document: Any) -> bool:
        """Take a document of the protocol in; whether that changed anything."""
        name, revision = document.name, document.update_time.ToNanoseconds()
        if (known := self._rows.get(name)) is not None and known.revision == revision:
            return False
        if (known := self._read_before.get(name)) is not None and known.revision == revision:
            self._rows[name] = known
            return True
        document_id = name.rpartition("/")[2]
        fields = decoded_fields(document.fields)
        parsed: Stored[R] | InvalidDocument
        try:
            parsed = Stored(self._query.kind.from_document(document_id, fields), revision)
        except InvalidDocument as error:
            parsed = error
        self._rows[name] = _Row(document_id, fields, revision, parsed)
        return True

    def remove(self, name: str) -> bool:
        """Take a document out; whether it was there."""
        return self._rows.pop(name, None) is not None

    def clear(self) -> None:
        """Forget which documents the query meets, though not how they read: most of them are about to come again."""
        self._read_before, self._rows = self._rows, {}

    def __len__(self) -> int:
        return len(self._rows)

    def found(self) -> Found[R]:
        """Everything, in the query's order."""
        by_name = {row.document_id: row for row in self._rows.values()}
        ordered = in_order(self._query, {name: row.fields for name, row in by_name.items()})
        parsed = [by_name[name].parsed for name in ordered]
        return Found(
            tuple(one for one in parsed if isinstance(one, Stored)),
            tuple(one for one in parsed if isinstance(one, InvalidDocument)),
        )


def structured(query: Query[Any], collection: str) -> Any:
    """The query as the protocol has it; `collection` is its last path segment."""
    message = _Structured()
    message.from_.add(collection_id=collection)
    for name, wanted in query.where.items():
        one = message.where.composite_filter.filters.add()
        if wanted is None:
            one.unary_filter.field.field_path = name
            one.unary_filter.op = types.StructuredQuery.UnaryFilter.Operator.IS_NULL
            continue
        one.field_filter.field.field_path = name
        any_of = isinstance(wanted, tuple)
        operators = types.StructuredQuery.FieldFilter.Operator
        one.field_filter.op = operators.IN if any_of else operators.EQUAL
        one.field_filter.value.CopyFrom(encoded(wanted))
    if query.where:
        message.where.composite_filter.op = types.StructuredQuery.CompositeFilter.Operator.AND
    directions = types.StructuredQuery.Direction
    is_descending = query.order_by is not None and query.descending
    direction = directions.DESCENDING if is_descending else directions.ASCENDING
    # The database adds the name by itself; a cursor needs it said.
    for field in ([query.order_by] if query.order_by is not None else []) + ["__name__"]:
        message.order_by.add(direction=direction).field.field_path = field
    if query.limit is not None:
        message.limit.value = query.limit
    return message


def start_after(message: Any, last: Any, *, order_by: str | None) -> None:
    """Let a structured query go on behind the document `last`."""
    message.start_at.Clear()
    message.start_at.before = False
    if order_by is not None:
        message.start_at.values.add().CopyFrom(last.fields[order_by])
    message.start_at.values.add(reference_value=last.name)


def written(write: Write, path: str) -> Any:
    """One write of a batch, with its precondition, to the document at the full `path`."""
    message = _Write()
    message.update.name = path
    if isinstance(write, Remark):
        fields: dict[str, Any] = {"problem": write.problem}
        message.current_document.exists = True
    elif isinstance(write, Update):
        fields = changed_fields(write)
        message.current_document.update_time.FromNanoseconds(write.before.revision)
    else:
        fields = write.record.document()
        if isinstance(write, Create):
            message.current_document.exists = False
    if not isinstance(write, Create | Put):
        message.update_mask.SetInParent()
        message.update_mask.field_paths.extend(fields)
    for name, value in encoded_fields(fields).items():
        message.update.fields[name].CopyFrom(value)
    return message
