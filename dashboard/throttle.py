"""Slows down guessing and flooding: so many tries for one key within a window, then none until the first is old."""

import threading
from collections import deque
from datetime import datetime, timedelta

KEYS_KEPT = 10_000


class Throttle:
    """Kept in memory: each copy of the dashboard counts for itself, next to what Firebase counts for all."""

    def __init__(self, tries: int, *, within: timedelta) -> None:
        self._limit = tries
        self._window = within
        self._tries: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def admits(self, key: str, *, at: datetime) -> bool:
        """Whether one more may try, which is counted. One step, so that tries at once cannot all slip through."""
        with self._lock:
            while key not in self._tries and len(self._tries) >= KEYS_KEPT:
                del self._tries[next(iter(self._tries))]
            tries = self._tries.setdefault(key, deque())
            while tries and tries[0] <= at - self._window:
                tries.popleft()
            if len(tries) >= self._limit:
                return False
            tries.append(at)
            return True

    def forgive(self, key: str) -> None:
        with self._lock:
            self._tries.pop(key, None)
