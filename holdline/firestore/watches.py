"""The watches of a database: one thread opens what is not open, another asks connections that say nothing."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from holdline.firestore.connections import Connections
from holdline.firestore.pace import Pace
from holdline.firestore.watch import FirestoreWatch
from holdline.settings import FirestoreSettings
from holdline.store import Found, Query, R

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """How many watches there are, and how many of them are current."""

    open: int
    live: int


class Watches:
    def __init__(self, settings: FirestoreSettings, *, pace: Pace) -> None:
        self._pace = pace
        self._connections = Connections(settings)
        self._lock = threading.Lock()
        self._open: set[FirestoreWatch] = set()
        self._wake = threading.Event()
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def open_channels(self) -> int:
        return len(self._connections)

    @property
    def standing(self) -> Standing:
        watches = self._all()
        return Standing(len(watches), sum(watch.is_live for watch in watches))

    def start(self, query: Query[R], *, collection: str, on_state: Callable[[Found[R]], None]) -> FirestoreWatch:
        watch = FirestoreWatch(
            self._connections,
            query,
            collection=collection,
            pace=self._pace,
            on_state=on_state,
            on_end=self._wake.set,
            on_closed=self._forget,
        )
        with self._lock:  # nobody else looks at it, and nobody forgets it, before it is there
            watch.look()
            self._open.add(watch)
            if not self._threads:
                self._threads = [
                    threading.Thread(target=work, name=name, daemon=True)
                    for name, work in (("watch supervisor", self._supervise), ("watch checker", self._check))
                ]
                for thread in self._threads:
                    thread.start()
        return watch

    def close(self) -> None:
        """Close every watch, and end."""
        for watch in self._all():
            watch.close()
        self._is_over.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()

    def _all(self) -> list[FirestoreWatch]:
        with self._lock:
            return list(self._open)

    def _forget(self, watch: FirestoreWatch) -> None:
        with self._lock:
            self._open.discard(watch)

    def _supervise(self) -> None:
        pause_s = self._pace.look_every_s
        while not self._is_over.is_set():
            self._wake.wait(pause_s)
            self._wake.clear()
            pause_s = min([self._pace.look_every_s, *map(self._look, self._all())])

    def _look(self, watch: FirestoreWatch) -> float:
        try:
            return watch.look()
        except Exception:  # whatever it was, a supervisor that is dead would be worse
            log.exception("a watch could not be opened")
            return self._pace.look_every_s

    def _check(self) -> None:
        """A question about each new stream, then one at a time a connection, however many watches share it."""
        while not self._is_over.wait(self._pace.check_every_s / 3):
            now = time.monotonic()
            watches = self._all()
            for connection in {watch.connection for watch in watches if watch.connection is not None}:
                on_it = [watch for watch in watches if watch.connection is connection and watch.is_live]
                due = [watch for watch in on_it if watch.is_new(now)]
                if not due:
                    silent = (watch for watch in on_it if watch.silent_s(now) >= self._pace.check_every_s)
                    due = sorted(silent, key=lambda watch: watch.silent_s(now))[-1:]
                if all(map(self._answers, due)):
                    continue
                self._connections.give_up(connection)
                for watch in on_it:
                    watch.give_up(connection, why=f"its connection did not answer in {self._pace.answer_s:g} s")

    def _answers(self, watch: FirestoreWatch) -> bool:
        try:
            return watch.check()
        except Exception:  # as above
            log.exception("a watch could not be checked")
            return True
