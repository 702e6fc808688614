"""The base of every document: frozen, strict in what we write, tolerant in what we read."""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from holdline.errors import InvalidDocument

log = logging.getLogger(__name__)

_ID = re.compile(r"[^/\x00-\x1f]{1,200}")


def checked_id(value: str) -> str:
    """A Firestore document id that cannot leave its collection; raises ValueError."""
    if not _ID.fullmatch(value) or value in (".", "..") or re.fullmatch(r"__.*__", value):
        raise ValueError("must be 1 to 200 characters, without '/' or control characters")
    return value


Id = Annotated[str, AfterValidator(checked_id)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


class Value(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=False)


class Record(Value):
    """A document: `collection` names where it lives, `id` is its name there and not one of its fields."""

    collection: ClassVar[str]

    id: Id
    problem: str | None = None
    """What is wrong with a hand-made edit, written here for the person who made it."""

    def document(self) -> dict[str, Any]:
        """The fields as Firestore takes them: enums as text, times as aware datetimes, tuples as lists."""
        return {name: _plain(value) for name, value in self if name != "id"}

    @classmethod
    def from_document(cls, document_id: str, data: Mapping[str, Any]) -> Self:
        """Read a stored document; raises InvalidDocument that names each wrong field and what is allowed there."""
        unknown = data.keys() - cls.model_fields.keys()
        if unknown:
            log.debug("%s/%s has fields we do not know: %s", cls.collection, document_id, ", ".join(sorted(unknown)))
        try:
            return cls.model_validate({**data, "id": document_id})
        except ValidationError as error:
            raise InvalidDocument(
                f"{cls.collection}/{document_id}",
                {".".join(str(part) for part in e["loc"]) or "document": e["msg"] for e in error.errors()},
                noted=data.get("problem"),
            ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return {name: _plain(part) for name, part in value}
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_plain(part) for part in value]
    return value
