"""All organisations' documents."""

from holdline.firestore.connection import Connection
from holdline.firestore.store import FirestoreStore
from holdline.firestore.watches import Watches
from holdline.settings import FirestoreSettings
from holdline.store import Store


def connect(settings: FirestoreSettings) -> "FirestoreDatabase":
    """The emulator where the settings name one, else Firestore with the machine's own credentials.

    Never before a fork: channels do not survive one. Raises NoCredentials.
    """
    return FirestoreDatabase(settings)


class FirestoreDatabase:
    """Only composition roots hold one."""

    def __init__(self, settings: FirestoreSettings) -> None:
        self._connection = Connection(settings)
        self._client = self._connection.client()
        self._watches = Watches(settings)

    @property
    def platform(self) -> Store:
        return FirestoreStore(self._client, self._watches, org=None)

    def for_org(self, org: str) -> Store:
        return FirestoreStore(self._client, self._watches, org=org)

    @property
    def open_channels(self) -> int:
        return 1 + self._watches.open_channels

    def close(self) -> None:
        """Close every watch and channel."""
        self._watches.close()
        self._connection.close()
