"""Slows down guessing: so many failures for one key within a window, then nothing until the window has passed."""

import threading
from collections import deque
from datetime import datetime, timedelta

FAILURES = 8
WINDOW = timedelta(minutes=1)
KEYS_KEPT = 10_000


class Throttle:
    """Kept in memory: each copy of the dashboard counts for itself, next to what Firebase counts for all."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def is_closed(self, key: str, *, at: datetime) -> bool:
        with self._lock:
            failures = self._failures.get(key)
            if failures is None:
                return False
            while failures and failures[0] <= at - WINDOW:
                failures.popleft()
            if not failures:
                del self._failures[key]
            return len(failures) >= FAILURES

    def failed(self, key: str, *, at: datetime) -> None:
        with self._lock:
            while len(self._failures) >= KEYS_KEPT:
                del self._failures[next(iter(self._failures))]
            self._failures.setdefault(key, deque(maxlen=FAILURES)).append(at)

    def succeeded(self, key: str) -> None:
        with self._lock:
            self._failures.pop(key, None)
