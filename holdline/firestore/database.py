"""All organisations' documents, behind one set of channels."""

import threading
from collections.abc import Callable

from holdline.firestore.connection import Connection, WatchConnections
from holdline.firestore.store import FirestoreStore
from holdline.firestore.watch import FirestoreWatch
from holdline.settings import FirestoreSettings
from holdline.store import Found, Query, R, Store


def connect(settings: FirestoreSettings) -> "FirestoreDatabase":
    """The emulator where the settings name one, else Firestore with the machine's own credentials.

    Never before a fork: channels do not survive one.
    """
    return FirestoreDatabase(settings)


class FirestoreDatabase:
    """Only composition roots hold one."""

    def __init__(self, settings: FirestoreSettings) -> None:
        self.connection = Connection(settings)
        """For reads and writes; watches have their own."""
        self._watch_connections = WatchConnections(settings)
        self._lock = threading.Lock()
        self._watches: set[FirestoreWatch] = set()

    @property
    def platform(self) -> Store:
        return FirestoreStore(self, None)

    def for_org(self, org: str) -> Store:
        return FirestoreStore(self, org)

    @property
    def open_channels(self) -> int:
        return 1 + len(self._watch_connections)

    def start_watch(
        self, query: Query[R], *, parent: str, collection: str, on_state: Callable[[Found[R]], None]
    ) -> FirestoreWatch:
        connection = self._watch_connections.take()

        def forget(watch: FirestoreWatch) -> None:
            with self._lock:
                self._watches.discard(watch)
            self._watch_connections.give_back(connection)

        watch = FirestoreWatch(
            connection, query, parent=parent, collection=collection, on_state=on_state, on_closed=forget
        )
        with self._lock:
            self._watches.add(watch)
        watch.start()
        return watch

    def close(self) -> None:
        """Close every watch and channel."""
        with self._lock:
            watches = list(self._watches)
        for watch in watches:
            watch.close()
        self.connection.close()
