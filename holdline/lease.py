"""Which job has a call. One job holds the lease and renews it; each holder's epoch is one above the last one's.

Whoever writes with an older epoch has lost the call and must fall silent: a job that was stopped for a while, or that
is cut off, does not know it until it asks. When a lease is due is judged by the clock of the one who looks. Clocks
differ, so whoever looks must also have seen it stand unchanged for `UNCHANGED_FOR`.
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from holdline.errors import AlreadyExists, LeaseLost, NotFound, Stale
from holdline.records import Id, Instant, Record
from holdline.store import Create, Delete, Query, Store, Stored, Update, Write, change

LEASE = timedelta(seconds=5)
"""How long a holder that says nothing is still taken for alive."""
UNCHANGED_FOR = timedelta(seconds=3)
"""A holder that lives would have renewed it in this time, whatever the clocks say."""
COMES_WITHIN = timedelta(seconds=12)
"""How long the first job may take to come; a process that is not warm takes some seconds to begin."""
DUE_AT_MOST = 20
"""So many are looked at in one go; the rest come with the next look. Those that nobody renews come first."""


class Lease(Record):
    """The id is the call's. Kept with the platform, so that one look finds those of every organisation."""

    collection: ClassVar[str] = "leases"

    org: Id
    job: str
    """The job that holds it; empty from the moment that it is taken away until the successor has it."""
    epoch: int = Field(ge=1)
    until: Instant
    heard_at: Instant | None = None
    """When the last ping was sent that the holder heard (see `instruction.py`), and from when it took the call until it
    heard one, when that was. A holder that knows no pings leaves it empty."""
    is_given_away: bool = False
    """Its holder said that it goes: nobody need wait until it would have run out."""


def awaited(call: str, *, org: str, at: datetime) -> Create:
    """A job is sent for; if it does not come, another is."""
    return Create(Lease(id=call, org=org, job="", epoch=1, until=at + COMES_WITHIN))


def expect(platform: Store, call: str, *, org: str, at: datetime) -> None:
    """Write that a job is awaited; again is harmless. Raises Unavailable."""
    with contextlib.suppress(AlreadyExists):
        platform.commit(awaited(call, org=org, at=at))


def take(platform: Store, call: str, *, org: str, job: str, epoch: int, at: datetime) -> Lease:
    """Have the call, in this epoch; again is harmless. Raises LeaseLost where somebody else has it, and Unavailable.

    A job that was given up because it was slow to come has it all the same, in the newer epoch, if it is the first.
    """
    mine = Lease(id=call, org=org, job=job, epoch=epoch, until=at + LEASE, heard_at=at)

    def decide(held: Lease) -> Lease:
        is_free = held.job == "" and held.epoch > mine.epoch
        return mine.model_copy(update={"epoch": held.epoch}) if is_free else _renewed(mine, held)

    try:
        platform.commit(Create(mine))
    except AlreadyExists:
        try:
            return change(platform, Lease, mine.id, decide)
        except NotFound:
            raise LeaseLost(f"The lease of call {mine.id} is gone.") from None
    return mine


def renew(platform: Store, mine: Lease, *, at: datetime, heard_at: datetime | None = None) -> Lease:
    """Keep the call, and say which ping was heard last, if one was. Raises LeaseLost where it went to somebody else, or
    is over; and Unavailable."""
    mine = mine.model_copy(update={"until": at + LEASE, "heard_at": heard_at or mine.heard_at})
    try:
        return change(platform, Lease, mine.id, lambda held: _renewed(mine, held))
    except NotFound:
        raise LeaseLost(f"The lease of call {mine.id} is gone.") from None


def release(platform: Store, mine: Lease) -> bool:
    """The call is over. One that went to somebody else stays theirs, which is told; raises Unavailable."""
    return _let_go(platform, mine, Delete)


def give_away(platform: Store, mine: Lease, *, at: datetime) -> bool:
    """The call goes on without this job: let whoever looks next find it so. Tells, and raises, as `release` does."""
    free = {"job": "", "until": at, "is_given_away": True}
    return _let_go(platform, mine, lambda held: Update(held, held.record.model_copy(update=free)))


def oldest(platform: Store) -> Sequence[Stored[Lease]]:
    """The leases that run out next or did so, at most DUE_AT_MOST; raises Unavailable."""
    return platform.find(Query(Lease, order_by="until", limit=DUE_AT_MOST)).stored


def take_away(platform: Store, stored: Stored[Lease], *, at: datetime) -> Lease | None:
    """Give the call a new epoch, that a successor is to be sent with; None where somebody was faster.

    The successor has as long as any holder to take it, and is then given up in turn; the next ones have longer.
    """
    held = stored.record
    within = min(held.epoch * LEASE, COMES_WITHIN)
    free = {"job": "", "epoch": held.epoch + 1, "until": at + within, "is_given_away": False, "heard_at": None}
    lease = held.model_copy(update=free)
    try:
        platform.commit(Update(stored, lease))
    except Stale:
        return None
    return lease


def _renewed(mine: Lease, held: Lease) -> Lease:
    if held.epoch > mine.epoch or (held.epoch == mine.epoch and held.job not in ("", mine.job)):
        raise LeaseLost(f"Call {mine.id} is with another job, in epoch {held.epoch}.")
    return mine


def _let_go(platform: Store, mine: Lease, how: Callable[[Stored[Lease]], Write]) -> bool:
    """Tells whether it was ours, or nobody's any more."""
    held = platform.get(Lease, mine.id)
    if held is None:
        return True
    if (held.record.epoch, held.record.job) != (mine.epoch, mine.job):
        return False
    try:
        platform.commit(how(held))
    except Stale:
        return False
    return True
