"""The watches of a database: one thread looks after them all, and no connection carries too many."""

import logging
import threading
from collections.abc import Callable

from holdline.firestore.connection import Connection
from holdline.firestore.watch import LOOK_EVERY_S, FirestoreWatch
from holdline.settings import FirestoreSettings
from holdline.store import Found, Query, R

log = logging.getLogger(__name__)

WATCHES_PER_CHANNEL = 80
"""Firestore allows 100 streams on a connection, and says nothing about the one too many."""


class Watches:
    def __init__(self, settings: FirestoreSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open: dict[FirestoreWatch, Connection] = {}
        self._wake = threading.Event()
        self._is_over = False
        self._supervisor: threading.Thread | None = None

    @property
    def open_channels(self) -> int:
        with self._lock:
            return len(set(self._open.values()))

    def start(self, query: Query[R], *, collection: str, on_state: Callable[[Found[R]], None]) -> FirestoreWatch:
        with self._lock:
            free = (one for one in self._open.values() if one.watches < WATCHES_PER_CHANNEL)
            connection = next(free, None) or Connection(self._settings)
            watch = FirestoreWatch(
                connection,
                query,
                collection=collection,
                on_state=on_state,
                on_end=self._wake.set,
                on_closed=self._forget,
            )
            watch.look()
            connection.watches += 1
            self._open[watch] = connection
            if self._supervisor is None:
                self._supervisor = threading.Thread(target=self._supervise, name="watch supervisor", daemon=True)
                self._supervisor.start()
        return watch

    def close(self) -> None:
        """Close every watch, and end."""
        with self._lock:
            watches = list(self._open)
        for watch in watches:
            watch.close()
        self._is_over = True
        self._wake.set()
        if self._supervisor is not None:
            self._supervisor.join()

    def _forget(self, watch: FirestoreWatch) -> None:
        with self._lock:
            connection = self._open.pop(watch, None)
            if connection is None:
                return
            connection.watches -= 1
        if connection.watches == 0:
            connection.close()

    def _supervise(self) -> None:
        pause_s = LOOK_EVERY_S
        while not self._is_over:
            self._wake.wait(pause_s)
            self._wake.clear()
            with self._lock:
                watches = list(self._open)
            pause_s = min([LOOK_EVERY_S, *map(_look, watches)])


def _look(watch: FirestoreWatch) -> float:
    try:
        return watch.look()
    except Exception:  # whatever it was, a supervisor that is dead would be worse
        log.exception("a watch could not be opened")
        return LOOK_EVERY_S
