"""The connections that watches share: none carries too many streams, and one that was given up gets no more."""

import threading

from holdline.firestore.connection import Connection
from holdline.settings import FirestoreSettings

STREAMS_PER_CONNECTION = 80
"""Firestore allows 100, and says nothing about the one too many."""


class Connections:
    def __init__(self, settings: FirestoreSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._streams: dict[Connection, int] = {}
        self._given_up: set[Connection] = set()

    def __len__(self) -> int:
        with self._lock:
            return len(self._streams)

    def take(self) -> Connection:
        """A connection for one more stream, to be given back."""
        with self._lock:
            for connection, streams in self._streams.items():
                if streams < STREAMS_PER_CONNECTION and connection not in self._given_up:
                    break
            else:
                connection = Connection(self._settings)
            self._streams[connection] = self._streams.get(connection, 0) + 1
            return connection

    def give_back(self, connection: Connection) -> None:
        """One stream less; with its last one the connection is closed."""
        with self._lock:
            self._streams[connection] -= 1
            is_last = self._streams[connection] == 0
            if is_last:
                del self._streams[connection]
                self._given_up.discard(connection)
        if is_last:
            connection.close()

    def give_up(self, connection: Connection) -> None:
        """Nothing new on this one: something on it is not answered."""
        with self._lock:
            if connection in self._streams:
                self._given_up.add(connection)
