"""Which job has a call. One job holds the lease and renews it; each holder's epoch is one above the last one's.

Whoever writes with an older epoch has lost the call and must fall silent: a job that was stopped for a while, or that
is cut off, does not know it until it asks. When a lease is due is judged by the clock of the one who looks, so clocks
may differ by less than `LEASE`; `doctor` checks that.
"""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from holdline.errors import AlreadyExists, LeaseLost, NotFound, Stale
from holdline.records import Id, Instant, Record
from holdline.store import Create, Delete, Query, Store, Stored, Update, change

LEASE = timedelta(seconds=5)
"""How long a holder that says nothing is still taken for alive."""
COMES_WITHIN = timedelta(seconds=12)
"""How long the first job may take to come; a process that is not warm takes some seconds to begin."""
DUE_AT_MOST = 20
"""So many are looked at in one go; the rest come with the next look."""


class Lease(Record):
    """The id is the call's. Kept with the platform, so that one look finds those of every organisation."""

    collection: ClassVar[str] = "leases"

    org: Id
    job: str
    """The job that holds it; empty from the moment that it is taken away until the successor has it."""
    epoch: int = Field(ge=1)
    until: Instant


def expect(platform: Store, call: str, *, org: str, at: datetime) -> None:
    """A job was sent for; if it does not come, another is. Again is harmless. Raises Unavailable."""
    with contextlib.suppress(AlreadyExists):
        platform.commit(Create(Lease(id=call, org=org, job="", epoch=1, until=at + COMES_WITHIN)))


def take(platform: Store, call: str, *, org: str, job: str, epoch: int, at: datetime) -> Lease:
    """Have the call, in this epoch; again is harmless. Raises LeaseLost where somebody else has it, and Unavailable."""
    mine = Lease(id=call, org=org, job=job, epoch=epoch, until=at + LEASE)
    try:
        platform.commit(Create(mine))
    except AlreadyExists:
        return renew(platform, mine, at=at)
    return mine


def renew(platform: Store, mine: Lease, *, at: datetime) -> Lease:
    """Keep the call. Raises LeaseLost where it went to somebody else, or is over; and Unavailable."""
    mine = mine.model_copy(update={"until": at + LEASE})

    def decide(held: Lease) -> Lease:
        if held.epoch > mine.epoch or (held.epoch == mine.epoch and held.job not in ("", mine.job)):
            raise LeaseLost(f"Call {mine.id} is with another job, in epoch {held.epoch}.")
        return mine

    try:
        return change(platform, Lease, mine.id, decide)
    except NotFound:
        raise LeaseLost(f"The lease of call {mine.id} is gone.") from None


def release(platform: Store, mine: Lease) -> None:
    """The call is over. One that went to somebody else stays theirs."""
    held = platform.get(Lease, mine.id)
    if held is None or (held.record.epoch, held.record.job) != (mine.epoch, mine.job):
        return
    try:
        platform.commit(Delete(held))
    except Stale:
        return


def give_away(platform: Store, mine: Lease, *, at: datetime) -> None:
    """The call goes on without this job: let whoever looks next find it due."""
    held = platform.get(Lease, mine.id)
    if held is None or (held.record.epoch, held.record.job) != (mine.epoch, mine.job):
        return
    try:
        platform.commit(Update(held, held.record.model_copy(update={"job": "", "until": at})))
    except Stale:
        return


def due(platform: Store, *, at: datetime) -> Sequence[Stored[Lease]]:
    """The leases that ran out, the oldest first, at most DUE_AT_MOST; raises Unavailable."""
    found = platform.find(Query(Lease, order_by="until", limit=DUE_AT_MOST))
    return [stored for stored in found.stored if stored.record.until <= at]


def take_away(platform: Store, stored: Stored[Lease], *, at: datetime) -> Lease | None:
    """Give the call a new epoch, that a successor is to be sent with; None where somebody was faster.

    The successor has as long as any holder to take it, and is then given up in turn.
    """
    lease = stored.record.model_copy(update={"job": "", "epoch": stored.record.epoch + 1, "until": at + LEASE})
    try:
        platform.commit(Update(stored, lease))
    except Stale:
        return None
    return lease
