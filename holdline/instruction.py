"""What somebody tells the job that has a call, which hears it through its watch. So far a ping, to see that it does."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from holdline.records import Id, Instant, Record
from holdline.store import Put, Store


class InstructionKind(StrEnum):
    PING = "ping"
    """Renew your lease with the time of this: a page shows by it that the line is live."""


class Instruction(Record):
    collection: ClassVar[str] = "instructions"

    call: Id
    kind: InstructionKind
    sent_at: Instant
    delete_at: Instant | None = None
    """With its call."""


def ping(store: Store, call: str, *, at: datetime, delete_at: datetime | None = None) -> None:
    """Ask the job of this call for a sign of life; one ping a call is kept. Raises Unavailable."""
    ping_all(store, {call: delete_at}, at=at)


def ping_all(store: Store, calls: Mapping[str, datetime | None], *, at: datetime) -> None:
    """The jobs of these calls, each with when it is to be deleted, in one batch; raises Unavailable."""
    kind = InstructionKind.PING
    pings = [
        Instruction(id=f"{call}_{kind}", call=call, kind=kind, sent_at=at, delete_at=delete_at)
        for call, delete_at in calls.items()
    ]
    if pings:
        store.commit(*map(Put, pings))
