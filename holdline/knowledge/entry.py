"""A knowledge entry: a question callers ask, the exact words that answer it, and for whom and how long they hold.

Entries are edited by hand in the Firebase console too, so what is wrong with one is said in an admin's words.
"""

import re
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from holdline.records import Id, Instant, Record

MAX_QUESTION = 300
MAX_ANSWER = 500
MAX_PHRASINGS = 40

# Unicode's categories Cc, Zl and Zp.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Scope(StrEnum):
    everyone = "everyone"
    this_caller = "this_caller"
    until = "until"


class Review(StrEnum):
    approved = "approved"
    pending = "pending"
    rejected = "rejected"


class Source(StrEnum):
    seed = "seed"
    learned = "learned"
    admin = "admin"


def _line_of(limit: int) -> AfterValidator:
    def checked(text: str) -> str:
        if not text.strip():
            raise PydanticCustomError("blank", "must not be empty")
        if len(text) > limit:
            raise PydanticCustomError(
                "too_long",
                "must be at most {limit} characters, and has {length}",
                {"limit": limit, "length": len(text)},
            )
        if _CONTROL.search(text):
            raise PydanticCustomError("control", "must be one line of plain text, without line breaks or tabs")
        return text

    return AfterValidator(checked)


Question = Annotated[str, _line_of(MAX_QUESTION)]
Answer = Annotated[str, _line_of(MAX_ANSWER)]


class KnowledgeEntry(Record):
    """One thing the line knows. `phrasings` are other ways callers ask the same; `answer` is spoken as it stands."""

    collection: ClassVar[str] = "knowledge"

    question: Question
    phrasings: Annotated[tuple[Question, ...], Field(max_length=MAX_PHRASINGS)] = ()
    answer: Answer
    scope: Scope = Scope.everyone
    caller: str | None = None
    until: Instant | None = None
    review: Review = Review.approved
    source: Source = Source.admin
    source_request: Id | None = None
    answered_by: str | None = None
    version: Annotated[int, Field(ge=1)] = 1
    updated_at: Instant

    @model_validator(mode="after")
    def _scope_is_complete(self) -> Self:
        if self.scope is Scope.this_caller and not self.caller:
            raise PydanticCustomError("scope", "an entry for 'this_caller' needs the field 'caller'")
        if self.scope is Scope.until and self.until is None:
            raise PydanticCustomError(
                "scope", "an entry that holds 'until' a time needs the field 'until', a timestamp"
            )
        return self


class KnowledgeVersion(Record):
    """What an entry said in one version; its id is `{entry}_{version}`."""

    collection: ClassVar[str] = "knowledge_versions"

    entry: Id
    version: Annotated[int, Field(ge=1)]
    question: Question
    phrasings: tuple[Question, ...] = ()
    answer: Answer
    answered_by: str | None = None
    updated_at: Instant

    @classmethod
    def of(cls, entry: KnowledgeEntry) -> Self:
        """This version of `entry`, kept beside it."""
        return cls(
            id=f"{entry.id}_{entry.version}",
            entry=entry.id,
            version=entry.version,
            question=entry.question,
            phrasings=entry.phrasings,
            answer=entry.answer,
            answered_by=entry.answered_by,
            updated_at=entry.updated_at,
        )
