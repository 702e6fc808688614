"""A call: one LiveKit room, its turns, and the metadata with which a worker is dispatched into it."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from holdline.records import Id, Instant, Record, Value


class CallKind(StrEnum):
    PHONE = "phone"
    BROWSER = "browser"
    REHEARSAL = "rehearsal"
    FRONT_END = "front_end"
    """LiveKit's playground, or an app that is not ours."""
    CONSOLE = "console"
    """Typed in a terminal: there is no room."""


class Floor(StrEnum):
    """Who talks to the caller."""

    AGENT = "agent"
    NOBODY = "nobody"


class Outcome(StrEnum):
    CALLER_LEFT = "caller_left"
    AGENT_ENDED = "agent_ended"
    NOT_CONNECTED = "not_connected"
    FAILED = "failed"


COMES_BACK = ("DUPLICATE_IDENTITY", "MIGRATION", "STATE_MISMATCH", "SERVER_SHUTDOWN")
"""LiveKit's reasons why a connection ended whose caller has a newer one, or is making it: the call goes on.

A caller who does not come back after all is missed by LiveKit, which then closes the room.
"""


class Call(Record):
    """The id is also the name of the LiveKit room, but for a room that a front end opened: see `room_name`."""

    collection: ClassVar[str] = "calls"

    kind: CallKind
    caller: str
    """The caller's number in E.164, `browser` or `front end`."""
    caller_identity: Id | None
    """The caller's participant identity in the room; nobody else is ever taken for the caller.

    None until somebody has come, in a room that a front end opened.
    """
    line: str
    """The number that was rung, in E.164; for a front end the voice agent that was asked for."""
    room: str | None = None
    """The name of a room that we did not open."""
    voice_agent: Id
    voice_agent_version: Id
    opened_by: str
    """Twilio's CallSid, the uid of the browser's visitor, or LiveKit's id of a front end's room."""
    floor: Floor = Floor.NOBODY
    started_at: Instant
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    outcome: Outcome | None = None
    outcome_detail: str | None = None
    """What ended it, in a few words; its page shows them."""
    delete_at: Instant | None = None
    """When the database may delete this call, its turns and its questions; it does so within a day or two of it."""

    @property
    def room_name(self) -> str:
        """The LiveKit room in which it is held."""
        return self.room or self.id

    @property
    def number(self) -> str | None:
        """The caller's number, if it is known: a browser or a withheld number is not one caller but any."""
        return self.caller if self.caller.startswith("+") else None

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    def is_kept(self, at: datetime) -> bool:
        """Whether anybody may still see it: it is over when its time is, and not when the database gets round to it."""
        return self.delete_at is None or at < self.delete_at


class Dispatch(BaseModel):
    """The metadata of a job and of its room: everything a worker needs to find the call. JSON on the wire."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    org: Id
    call: Id
    voice_agent: Id
    version: Id
    kind: CallKind
    caller_identity: Id | None
    """None where the first to come is the caller."""
    epoch: int = Field(default=1, ge=1)

    @classmethod
    def to(cls, call: Call, *, org: str) -> "Dispatch":
        return cls(
            org=org,
            call=call.id,
            voice_agent=call.voice_agent,
            version=call.voice_agent_version,
            kind=call.kind,
            caller_identity=call.caller_identity,
        )


class Speaker(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    """A supervisor's words, spoken by the agent."""


class KnowledgeUse(Value):
    """An entry that was looked at for a turn, with its score in [0, 1]."""

    entry: Id
    question: str
    answer: str
    score: float


class Turn(Record):
    """One utterance; id = `{call}_{n}` with n counting from 1."""

    collection: ClassVar[str] = "turns"

    call: Id
    n: int
    who: Speaker
    text: str
    at: Instant
    knowledge: tuple[KnowledgeUse, ...] = ()
    latencies_ms: dict[str, float] = Field(default_factory=dict)
    cut: bool = False
    delete_at: Instant | None = None
    """With its call."""

    @classmethod
    def of(cls, call: str, n: int, *, who: Speaker, text: str, at: datetime) -> "Turn":
        return cls(id=f"{call}_{n:04d}", call=call, n=n, who=who, text=text, at=at)
