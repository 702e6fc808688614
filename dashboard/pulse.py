"""Whether the jobs that have an organisation's calls are alive: each renews its lease, and here it is read back.

With the queue's own watch it is what the lamp stands for: what a job writes reaches this page now.
"""

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from holdline.errors import Unavailable
from holdline.lease import Lease
from holdline.store import Query, Store

READ_EVERY = timedelta(seconds=2)


class Pulse:
    """One reading at most every two seconds an organisation, however many look, and none where nobody is on hold."""

    def __init__(self, platform: Callable[[], Store]) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._read: dict[str, tuple[datetime, dict[str, datetime] | None]] = {}

    def is_felt(self, org: str, calls: Collection[str], *, at: datetime) -> bool:
        """False where a call's job is overdue, or that cannot be read. One without a lease is over, or begins."""
        if not calls:
            return True
        until = self._leases(org, at=at)
        return until is not None and all(until.get(call, at) >= at for call in calls)

    def _leases(self, org: str, *, at: datetime) -> dict[str, datetime] | None:
        with self._lock:
            read_at, until = self._read.get(org, (None, {}))
            if read_at is not None and at - read_at < READ_EVERY:
                return until
            self._read[org] = (at, until)  # meanwhile the others go by what is known
        try:
            found = self._platform().find(Query(Lease, {"org": org}))
            until = {lease.id: lease.until for lease in found.records}
        except Unavailable:
            until = None
        with self._lock:
            self._read[org] = (at, until)
        return until
