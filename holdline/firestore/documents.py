"""Our queries, writes and records, in the client's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from google.cloud import firestore

from holdline.errors import InvalidDocument
from holdline.store import Create, Delete, Found, Query, R, Remark, Stored, Update, Write, changed_fields


def asked(query: Query[Any], collection: Any) -> Any:
    """The query on a `CollectionReference`, without its limit."""
    for name, wanted in query.where.items():
        is_any = isinstance(wanted, tuple)
        chosen = firestore.FieldFilter(name, "in" if is_any else "==", list(wanted) if is_any else wanted)
        collection = collection.where(filter=chosen)
    if query.order_by is not None:
        direction = firestore.Query.DESCENDING if query.descending else firestore.Query.ASCENDING
        collection = collection.order_by(query.order_by, direction=direction)
    return collection


def add(batch: Any, write: Write, reference: Any, *, client: Any) -> None:
    """Add one of our writes, about the document at `reference`, to a `WriteBatch` of the client."""
    if isinstance(write, Remark):
        batch.update(reference, {"problem": write.problem})
    elif isinstance(write, Update):
        # An update without a field is refused by the client, yet its precondition counts: name one as it is.
        fields = changed_fields(write) or {"problem": write.after.problem}
        batch.update(reference, fields, option=client.write_option(last_update_time=write.before.revision))
    elif isinstance(write, Delete):
        batch.delete(reference, option=client.write_option(last_update_time=write.before.revision))
    elif isinstance(write, Create):
        batch.create(reference, write.record.document())
    else:
        batch.set(reference, write.record.document())


@dataclass(frozen=True)
class Row(Generic[R]):
    """A `DocumentSnapshot` as it reads; an invalid one must not hide the others."""

    fields: dict[str, Any]
    revision: Any
    parsed: Stored[R] | InvalidDocument


def row_of(kind: type[R], snapshot: Any) -> Row[R]:
    fields, revision = plain(snapshot.to_dict()), snapshot.update_time
    try:
        return Row(fields, revision, Stored(kind.from_document(snapshot.id, fields), revision))
    except InvalidDocument as error:
        return Row(fields, revision, error)


def found(rows: Iterable[Row[R]]) -> Found[R]:
    parsed = [row.parsed for row in rows]
    return Found(
        tuple(one for one in parsed if isinstance(one, Stored)),
        tuple(one for one in parsed if isinstance(one, InvalidDocument)),
    )


def plain(value: Any) -> Any:
    """A value as the client reads it, in types of Python's own: whatever people put there, records can be strict."""
    if isinstance(value, datetime):  # the client's have nanoseconds
        return datetime.combine(value.date(), value.timetz())
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, firestore.GeoPoint):
        return {"latitude": value.latitude, "longitude": value.longitude}
    if isinstance(value, firestore.DocumentReference):
        return value.path
    return value
