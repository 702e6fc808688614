"""What stands around the questions on a live queue: whose it is, who is at the desk, what is owed to callers who left.

It is read in the background, whenever somebody looks: no question waits for it longer than nobody notices.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dashboard.attendance import Attendance, AtTheDesk
from dashboard.background import InBackground
from dashboard.ledger import Ledger
from dashboard.organisation import Organisations
from holdline.people import Organisation

PATIENCE_S = 0.2
"""Where storage is quick, what was read is on the same picture as the questions."""


@dataclass(frozen=True)
class Around:
    organisation: Organisation
    desk: AtTheDesk | None = None
    """Who is there to answer; None where that is not known."""
    owing: int | None = None
    """To how many callers who left; None where that is not known."""


class Surroundings:
    """One reading at a time an organisation, of what its parts keep for as long as they do."""

    def __init__(
        self,
        organisations: Organisations,
        attendance: Attendance,
        ledger: Ledger,
        *,
        on_change: Callable[[str], object],
        in_background: InBackground,
    ) -> None:
        self._organisations = organisations
        self._attendance = attendance
        self._ledger = ledger
        self._on_change = on_change
        self._in_background = in_background
        self._lock = threading.Lock()
        self._known: dict[str, Around] = {}
        self._busy: set[str] = set()
        self._missed: set[str] = set()
        """Somebody looked while it was being read, maybe for a change that the reading did not meet."""

    def of(self, org: str, *, at: datetime) -> Around:
        """As it is now, or was when it could last be read."""
        with self._lock:
            is_busy = org in self._busy
            (self._missed if is_busy else self._busy).add(org)
        if not is_busy:
            is_read = threading.Event()
            self._in_background(partial(self._look, org, at, is_read))
            is_read.wait(PATIENCE_S)
        return self._known.get(org) or Around(Organisation(id=org, name=org))

    def _look(self, org: str, at: datetime, is_read: threading.Event) -> None:
        before = self._known.get(org)
        try:
            self._known[org] = self._read(org, at=at)
        finally:
            with self._lock:
                is_news = org in self._missed or self._known.get(org) != before
                self._busy.discard(org)
                self._missed.discard(org)
            is_read.set()
        if is_news:
            self._on_change(org)

    def _read(self, org: str, *, at: datetime) -> Around:
        return Around(
            self._organisations.of(org, at=at),
            self._attendance.of(org, at=at),
            self._ledger.count(org, at=at),
        )
