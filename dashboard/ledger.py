"""What an organisation owes the callers who left: read for its page, and counted for the navigation of every other."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from dashboard.owed import UNHEARD, Owed, is_owed, owed_of
from holdline.errors import Unavailable
from holdline.help_request import HelpRequest, Status
from holdline.store import Query, Store

COUNT_EVERY = timedelta(minutes=1)
LATEST = 200
"""So many that are owed something are listed."""
LOOKED_THROUGH = (LATEST, 2000)
"""So many questions that ended are looked through for them: more where many are of callers who cannot be reached, for
those stay, and must not stand before the ones who can."""


class Ledger:
    """One count a minute an organisation, for all who look at its pages here; what is done here counts at once."""

    def __init__(self, store_of: Callable[[str], Store]) -> None:
        self._store_of = store_of
        self._lock = threading.Lock()
        self._counted: dict[str, tuple[datetime, int | None]] = {}

    def of(self, org: str, *, at: datetime) -> tuple[tuple[Owed, ...], bool]:
        """All that is known to be owed, and whether there may be older ones; raises Unavailable."""
        owed, is_cut = _latest_owed(self._store_of(org), at=at)
        with self._lock:
            self._counted[org] = (at, len(owed))
        return owed, is_cut

    def count(self, org: str, *, at: datetime) -> int | None:
        """As it was at most a minute ago; None where it cannot be read, which is tried again as late."""
        with self._lock:
            counted_at, count = self._counted.get(org, (None, None))
            if counted_at is not None and at - counted_at < COUNT_EVERY:
                return count
            self._counted[org] = (at, count)  # meanwhile the others go by what is known
        try:
            return len(self.of(org, at=at)[0])
        except Unavailable:
            with self._lock:
                self._counted[org] = (at, None)
            return None

    def forget(self, org: str) -> None:
        """Something was done: count anew."""
        with self._lock:
            self._counted.pop(org, None)


def _latest_owed(store: Store, *, at: datetime) -> tuple[tuple[Owed, ...], bool]:
    owed: list[HelpRequest] = []
    is_cut = False
    for limit in LOOKED_THROUGH:
        found, is_cut = _ended(store, limit)
        owed = [request for request in found if is_owed(request, at=at)]
        if not is_cut or len(owed) >= LATEST:
            break
    latest = sorted(owed, key=lambda request: request.asked_at, reverse=True)[:LATEST]
    return owed_of(latest, at=at), is_cut or len(owed) > LATEST


def _ended(store: Store, limit: int) -> tuple[list[HelpRequest], bool]:
    """The latest of those that may be owed something, and whether there may be older ones."""
    unheard = Query(HelpRequest, {"status": UNHEARD}, order_by="asked_at", descending=True, limit=limit)
    heard = Query(
        HelpRequest,
        {"status": Status.DELIVERED, "teaches": False},
        order_by="asked_at",
        descending=True,
        limit=limit,
    )
    found = [store.find(unheard), store.find(heard)]
    is_cut = any(len(one.stored) + len(one.invalid) == limit for one in found)
    return [request for one in found for request in one.records], is_cut
