"""Configuration that people edit by hand: the version in force, whatever state the document is in.

A valid edit takes effect with the next call and is kept as a version. An invalid one is refused with the reason written
beside it, and the last good version stays in force. Which one that is stands under a name of its own, so that a
document and what to fall back on are read together.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic

from holdline.errors import InvalidDocument, NotFound
from holdline.people import Organisation
from holdline.records import Id, Instant, Record
from holdline.store import Database, Put, R, Read, Remark, Store, Stored, Write, must_get


class ConfigVersion(Record):
    """A configuration as it was when it was last good; id = `{collection}_{document}_{version}`."""

    collection: ClassVar[str] = "config_versions"

    of: str
    """`{collection}_{document}`."""
    version: Id
    fields: dict[str, Any]
    since: Instant


class InForce(Record):
    """The version that was last good; id = `{collection}_{document}`."""

    collection: ClassVar[str] = "config_in_force"

    version: Id


@dataclass(frozen=True)
class Reading(Generic[R]):
    """A configuration's document, and which version of it was last good, as both were at one moment."""

    kind: type[R]
    id: str
    found: Stored[R] | InvalidDocument | None
    last_good: str | None

    @property
    def of(self) -> str:
        return _name(self.kind, self.id)

    def in_force(self, store: Store, *, at: datetime) -> tuple[R, str]:
        """The configuration that a call starting at `at` uses, and its version.

        Raises NotFound where there is no document, or none that ever was valid, and Unavailable.
        """
        if self.found is None:  # whoever deletes it wants it gone, whatever was kept
            raise NotFound(f"{self.kind.collection}/{self.id}")
        if isinstance(self.found, InvalidDocument):
            return self._refused(store, self.found)
        return self._accepted(store, self.found.record, at=at)

    def _refused(self, store: Store, error: InvalidDocument) -> tuple[R, str]:
        if error.noted != error.problem:
            store.commit(Remark(self.kind, self.id, error.problem))
        if self.last_good is None:
            raise NotFound(f"{self.kind.collection}/{self.id}")
        return at_version(store, self.kind, self.id, version=self.last_good), self.last_good

    def _accepted(self, store: Store, record: R, *, at: datetime) -> tuple[R, str]:
        fields = record.document()
        fields.pop("problem")
        version = hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()[:12]
        writes: list[Write] = []
        if self.last_good != version:
            kept = ConfigVersion(id=f"{self.of}_{version}", of=self.of, version=version, fields=fields, since=at)
            writes += [Put(kept), Put(InForce(id=self.of, version=version))]
        if record.problem is not None:
            writes.append(Remark(self.kind, self.id, None))
        if writes:
            store.commit(*writes)
        return record, version


def read(store: Store, *documents: tuple[type[Record], str]) -> list[Reading[Any]]:
    """Several configurations in one round trip; raises Unavailable."""
    return _readings(documents, store.get_all(*(key for one in documents for key in _keys(*one))))


def read_all(database: Database, *documents: tuple[str | None, type[Record], str]) -> list[Reading[Any]]:
    """The same over several stores: each with its organisation, or None for the platform."""
    wanted = [(org, *key) for org, kind, one in documents for key in _keys(kind, one)]
    return _readings([(kind, one) for _, kind, one in documents], database.get_all(*wanted))


def _keys(kind: type[Record], document_id: str) -> tuple[tuple[type[Record], str], tuple[type[Record], str]]:
    return (kind, document_id), (InForce, _name(kind, document_id))


def _readings(documents: Sequence[tuple[type[Record], str]], found: Sequence[Read]) -> list[Reading[Any]]:
    return [
        Reading(kind, one, document, kept.record.version if isinstance(kept, Stored) else None)
        for (kind, one), document, kept in zip(documents, found[::2], found[1::2], strict=True)
    ]


def in_force(store: Store, kind: type[R], document_id: str, *, at: datetime) -> tuple[R, str]:
    """As `Reading.in_force`, of one that is read now."""
    reading: Reading[R] = read(store, (kind, document_id))[0]
    return reading.in_force(store, at=at)


def organisation_in_force(store: Store, org: str, *, at: datetime) -> Organisation:
    """As `in_force`; one that nobody ever configured well goes by its id, in UTC. Raises Unavailable."""
    return organisation_of(read(store, (Organisation, org))[0], store, at=at)


def organisation_of(reading: Reading[Organisation], store: Store, *, at: datetime) -> Organisation:
    """As `organisation_in_force`, of one that was read."""
    try:
        return reading.in_force(store, at=at)[0]
    except (NotFound, InvalidDocument):
        return Organisation(id=reading.id, name=reading.id)


def at_version(store: Store, kind: type[R], document_id: str, *, version: str) -> R:
    """The configuration as one call started with it; raises NotFound, InvalidDocument, Unavailable."""
    kept = must_get(store, ConfigVersion, f"{_name(kind, document_id)}_{version}")
    return kind.from_document(document_id, kept.record.fields)


def _name(kind: type[Record], document_id: str) -> str:
    return f"{kind.collection}_{document_id}"
