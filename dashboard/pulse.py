"""Whether the jobs that have an organisation's calls live and hear: a round trip through storage to each and back.

Each job renews its lease; and what is written for it, a ping, it answers with its next renewal. The rule, by this
process's clock alone:

- a lease that had run out when it was read is not felt;
- nor is one whose answer has not changed since a ping that was sent HEARD_WITHIN ago. Which ping the answer names does
  not count: other copies of the dashboard send theirs, by clocks of their own.
- A lease without an answer is a job's of a version that knows no pings, or nobody's yet, and is judged by its renewal
  alone. Others answer from the moment that they take the call, so one that never hears is not taken for one of these.
- A call without a lease is over, or begins.

Drawing waits for none of it: reading and pinging go on in the background, and pages are told when the outcome changes.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from dashboard.background import InBackground, on_a_thread
from holdline import instruction
from holdline.errors import StoreError
from holdline.lease import Lease
from holdline.store import Database, Query

log = logging.getLogger(__name__)

READ_EVERY = timedelta(seconds=2)
PING_EVERY = timedelta(seconds=5)
HEARD_WITHIN = timedelta(seconds=10)
"""A job renews every 1.5 s and has three more for slow storage, and what it wrote is read after five at the latest."""

Calls = Mapping[str, datetime | None]
"""Those on the board, each with when it is to be deleted."""


@dataclass
class _Known:
    """Of one organisation."""

    read_at: datetime | None = None
    pinged_at: datetime | None = None
    is_busy: bool = False
    unheard: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    """By call: when the oldest ping was sent that is not answered yet, and the answer that stood there then."""
    unfelt: frozenset[str] | None = frozenset()
    """None where it cannot be read."""


class Pulse:
    """One reading at most every two seconds an organisation, however many look, and none where nobody is on hold."""

    def __init__(
        self,
        database: Database,
        *,
        on_change: Callable[[str], object],
        in_background: InBackground = on_a_thread,
    ) -> None:
        self._database = database
        self._on_change = on_change
        self._in_background = in_background
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def is_felt(self, org: str, calls: Calls, *, at: datetime) -> bool:
        """Whether nothing is known against any of these calls' jobs."""
        with self._lock:
            if not calls:
                self._known.pop(org, None)
                return True
            known = self._known.setdefault(org, _Known())
            is_due = not known.is_busy and (known.read_at is None or at - known.read_at >= READ_EVERY)
            if is_due:
                known.is_busy, known.read_at = True, at
        if is_due:
            self._in_background(partial(self._look, org, known, dict(calls), at))
        return known.unfelt is not None and not known.unfelt & calls.keys()

    def _look(self, org: str, known: _Known, calls: Calls, at: datetime) -> None:
        before = known.unfelt
        try:
            leases = self._read(org)
            known.unfelt = None if leases is None else _unfelt(known, leases, calls, at=at)
            if leases is not None and (known.pinged_at is None or at - known.pinged_at >= PING_EVERY):
                self._ping(org, known, leases, calls, at=at)
        finally:
            known.is_busy = False
        if known.unfelt != before:
            self._on_change(org)

    def _read(self, org: str) -> dict[str, Lease] | None:
        try:
            found = self._database.platform.find(Query(Lease, {"org": org}))
        except StoreError:
            return None
        return {lease.id: lease for lease in found.records}

    def _ping(self, org: str, known: _Known, leases: Mapping[str, Lease], calls: Calls, *, at: datetime) -> None:
        """Those who answer; one that cannot be written will not be heard either."""
        asked = {call: lease for call, lease in leases.items() if call in calls and _answers(lease)}
        known.pinged_at = at
        for call, lease in asked.items():
            known.unheard.setdefault(call, (at, lease.heard_at))
        try:
            instruction.ping_all(self._database.for_org(org), {call: calls[call] for call in asked}, at=at)
        except StoreError as error:
            log.warning("a ping cannot be written: %s", error)


def _unfelt(known: _Known, leases: Mapping[str, Lease], calls: Calls, *, at: datetime) -> frozenset[str]:
    known.unheard = {
        call: (sent_at, answer)
        for call, (sent_at, answer) in known.unheard.items()
        if call in calls and call in leases and _answers(leases[call]) and leases[call].heard_at == answer
    }
    overdue = {call for call in calls if call in leases and leases[call].until < at}
    return frozenset(overdue | {call for call, (sent_at, _) in known.unheard.items() if at - sent_at > HEARD_WITHIN})


def _answers(lease: Lease) -> bool:
    return bool(lease.job) and lease.heard_at is not None
