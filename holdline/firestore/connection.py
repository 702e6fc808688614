"""Channels to Firestore or its emulator, with bounds on every wait."""

import threading
from typing import Any, cast

import grpc
from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport

from holdline.settings import FirestoreSettings

TIMEOUT_S = 3.0
"""The longest that one read or write may take, connecting included."""
WATCHES_PER_CHANNEL = 80
"""Firestore allows 100 streams on a connection, and says nothing about the one too many."""

_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Without it two channels of one process share a connection, and its streams.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 2000),
]
# A connection that is dead without a word is found out by these; the emulator would take them for abuse.
_KEEPALIVE = [("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 5_000)]


def code_and_details(error: grpc.RpcError) -> tuple[grpc.StatusCode, str]:
    """What a failed call says of itself; whatever a stub raises is a finished call as well."""
    call = cast(grpc.Call, error)
    return call.code(), call.details() or ""


class Connection:
    """One channel, and the calls of the Firestore protocol on it."""

    def __init__(self, settings: FirestoreSettings) -> None:
        self.root = f"projects/{settings.google_cloud_project}/databases/(default)"
        self.metadata = [("google-cloud-resource-prefix", self.root)]
        emulator = settings.firestore_emulator_host
        if emulator is None:
            channel = FirestoreGrpcTransport.create_channel(options=[*_OPTIONS, *_KEEPALIVE])
        else:
            self.metadata.append(("authorization", "Bearer owner"))
            channel = grpc.insecure_channel(emulator, options=_OPTIONS)
        self._channel = channel
        self.calls: Any = FirestoreGrpcTransport(channel=channel)
        self.watches = 0

    def close(self) -> None:
        self._channel.close()


class WatchConnections:
    """Channels for watches: never more streams on one than Firestore serves."""

    def __init__(self, settings: FirestoreSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open: list[Connection] = []

    def take(self) -> Connection:
        """A connection with room for one more watch."""
        with self._lock:
            free = next((one for one in self._open if one.watches < WATCHES_PER_CHANNEL), None)
            if free is None:
                free = Connection(self._settings)
                self._open.append(free)
            free.watches += 1
            return free

    def give_back(self, connection: Connection) -> None:
        """The watch is closed; a connection without any is closed too."""
        with self._lock:
            connection.watches -= 1
            if connection.watches == 0 and connection in self._open:
                self._open.remove(connection)
                connection.close()

    def __len__(self) -> int:
        return len(self._open)
