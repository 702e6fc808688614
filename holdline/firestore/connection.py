"""One channel to Firestore or its emulator, and the official clients that speak over it."""

import json
from typing import Any

import grpc
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport
from grpc.experimental import ChannelOptions

from holdline.errors import NoCredentials
from holdline.settings import FirestoreSettings

TIMEOUT_S = 3.0
"""The longest that one read or write may take, connecting included."""

# While there is no connection a call waits for one, within its time, and was not yet sent.
_WAIT_FOR_READY = {"methodConfig": [{"name": [{"service": "google.firestore.v1.Firestore"}], "waitForReady": True}]}
_OPTIONS = [
    ("grpc.service_config", json.dumps(_WAIT_FOR_READY)),
    # What is answered in a stream, as readings are, is read by the thread that asks; else one is begun for each.
    (ChannelOptions.SingleThreadedUnaryStream, 1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Without it two channels of one process share a connection, and its streams.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
]
# A connection that is dead without a word is found out by these; the emulator would take them for abuse.
_KEEPALIVE = [("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 5_000)]


class Connection:
    """A channel of our own: the client's would have none of these options but the sizes."""

    def __init__(self, settings: FirestoreSettings) -> None:
        """Raises NoCredentials."""
        self._project = settings.google_cloud_project
        self._emulator = settings.firestore_emulator_host
        if self._emulator is None:
            self._channel = _to_google()
        else:
            self._channel = grpc.insecure_channel(self._emulator, options=_OPTIONS)

    def client(self, *interceptors: grpc.StreamStreamClientInterceptor) -> Any:
        """A `firestore.Client` on this channel, which has the credentials."""
        client: Any = firestore.Client(project=self._project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        # There is no public way to give it a channel, or an emulator other than the one that the environment names.
        client._emulator_host = self._emulator
        channel = grpc.intercept_channel(self._channel, *interceptors)
        client._firestore_api_internal = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
        return client

    def close(self) -> None:
        self._channel.close()


def _to_google() -> grpc.Channel:
    try:
        return FirestoreGrpcTransport.create_channel(options=[*_OPTIONS, *_KEEPALIVE])
    except GoogleAuthError as error:  # none are set up, or the file that is named is not there or no key
        raise NoCredentials(
            f"There are no Google credentials here that can be used. Run `gcloud auth application-default login`, or "
            f"name a service account's key file in GOOGLE_APPLICATION_CREDENTIALS. Google's library says: {error}"
        ) from error
