"""Configuration that people edit by hand: the version in force, whatever state the document is in.

A valid edit takes effect with the next call and is kept as a version. An invalid one is refused with the reason written
beside it, and the last good version stays in force.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar

from holdline.errors import InvalidDocument, NotFound
from holdline.people import Organisation
from holdline.records import Id, Instant, Record
from holdline.store import Put, Query, R, Remark, Store, Write


class ConfigVersion(Record):
    """A configuration as it was when it was last good; id = `{collection}_{document}_{version}`."""

    collection: ClassVar[str] = "config_versions"

    of: str
    """`{collection}_{document}`."""
    version: Id
    fields: dict[str, Any]
    since: Instant


def in_force(store: Store, kind: type[R], document_id: str, *, at: datetime) -> tuple[R, str]:
    """The configuration that a call starting at `at` uses, and its version.

    Raises NotFound where there is no document, or none that ever was valid, and Unavailable.
    """
    of = f"{kind.collection}_{document_id}"
    try:
        stored = store.get(kind, document_id)
    except InvalidDocument as error:
        if error.noted != error.problem:
            store.commit(Remark(kind, document_id, error.problem))
        stored = None
    else:
        if stored is None:  # whoever deletes it wants it gone, whatever was kept
            raise NotFound(f"{kind.collection}/{document_id}")
    kept = max(store.find(Query(ConfigVersion, {"of": of})).records, key=lambda v: v.since, default=None)
    if stored is None:
        if kept is None:
            raise NotFound(f"{kind.collection}/{document_id}")
        return kind.from_document(document_id, kept.fields), kept.version

    fields = stored.record.document()
    fields.pop("problem")
    version = hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()[:12]
    writes: list[Write] = []
    if kept is None or kept.version != version:
        writes.append(Put(ConfigVersion(id=f"{of}_{version}", of=of, version=version, fields=fields, since=at)))
    if stored.record.problem is not None:
        writes.append(Remark(kind, document_id, None))
    if writes:
        store.commit(*writes)
    return stored.record, version


def organisation_in_force(store: Store, org: str, *, at: datetime) -> Organisation:
    """As `in_force`; one that nobody ever configured well goes by its id, in UTC. Raises Unavailable."""
    try:
        return in_force(store, Organisation, org, at=at)[0]
    except (NotFound, InvalidDocument):
        return Organisation(id=org, name=org)


def at_version(store: Store, kind: type[R], document_id: str, *, version: str) -> R:
    """The configuration as one call started with it; raises NotFound, InvalidDocument, Unavailable."""
    key = f"{kind.collection}_{document_id}_{version}"
    kept = store.get(ConfigVersion, key)
    if kept is None:
        raise NotFound(f"{ConfigVersion.collection}/{key}")
    return kind.from_document(document_id, kept.record.fields)
