"""The organisation, the people who stand behind its line, and the numbers that lead to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, StringConstraints, field_validator

from holdline.ladder import Ladder
from holdline.records import Id, Instant, Record, Value, checked_id

E164 = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{6,14}$")]
Spoken = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


@cache
def _time_zones() -> frozenset[str]:
    """Python looks for them in hundreds of files each time that it is asked."""
    return frozenset(available_timezones())


class Role(StrEnum):
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


def org_and_role(uid: str, claims: Mapping[str, Any]) -> tuple[str, Role] | None:
    """Where somebody belongs and as what, from verified claims. Half a role, or one that we do not know, is none.

    An account whose uid cannot name a document has none either, since what a person does is written under it.
    """
    try:
        checked_id(uid)
        return checked_id(claims["org"]), Role(claims["role"])
    except (KeyError, ValueError, TypeError):
        return None


class PersonRef(Value):
    """Who did something, as it is written beside what they did."""

    uid: str
    name: str


class Person(Record):
    collection: ClassVar[str] = "people"

    name: str = Field(min_length=1, max_length=80)
    email: str
    role: Role
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    phone: E164 | None = None
    """Where this person is texted while on duty, and answers from."""


class Organisation(Record):
    """One tenant; the document `orgs/{org}`."""

    collection: ClassVar[str] = "orgs"

    name: str = Field(min_length=1, max_length=120)
    time_zone: str = "UTC"
    consent_line: Spoken | None = None
    """Said after the greeting: that the call is recorded and that an AI is speaking."""
    quick_responses: tuple[Spoken, ...] = ()
    ladder: Ladder = Ladder()
    on_duty: Id | None = None
    """Who of the people is texted when nobody at the desk answers; needs a phone."""
    retention_days: int = Field(default=90, ge=1, le=3650)
    """How long calls, what was said on them and what was asked are kept. What was learned of them stays."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _time_zones():
            raise ValueError("must be a time zone of the IANA database, such as America/New_York")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def keeps_until(self, at: datetime) -> datetime:
        """When a call that begins at that time is to be forgotten."""
        return at + timedelta(days=self.retention_days)


class PhoneNumber(Record):
    """What a number rings; its id is the number in E.164."""

    collection: ClassVar[str] = "phone_numbers"

    org: Id
    voice_agent: Id
    web_calls: bool = False
    """Whether a visitor may ring this line from a browser, without an account."""


class AuditEntry(Record):
    """Who did what to which document, and when."""

    collection: ClassVar[str] = "audit"

    who: PersonRef
    did: str
    subject: str
    at: Instant

    @classmethod
    def of(cls, who: PersonRef, did: str, record: Record, *, at: Instant) -> Self:
        micros = int(at.timestamp() * 1_000_000)
        subject = f"{record.collection}/{record.id}"
        return cls(id=f"{record.id}_{did}_{who.uid}_{micros}", who=who, did=did, subject=subject, at=at)
