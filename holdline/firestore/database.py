"""All organisations' documents."""

from holdline.firestore.connection import Connection
from holdline.firestore.pace import Pace
from holdline.firestore.store import FirestoreStore, commit, get_all
from holdline.firestore.watches import Standing, Watches
from holdline.records import Record
from holdline.settings import FirestoreSettings
from holdline.store import Read, Store, Write


def connect(settings: FirestoreSettings, *, pace: Pace | None = None) -> "FirestoreDatabase":
    """The emulator where the settings name one, else Firestore with the machine's own credentials.

    Never before a fork: channels do not survive one. Raises NoCredentials.
    """
    return FirestoreDatabase(settings, pace=pace or Pace())


class FirestoreDatabase:
    """Only composition roots hold one."""

    def __init__(self, settings: FirestoreSettings, *, pace: Pace) -> None:
        self._connection = Connection(settings)
        self._client = self._connection.client()
        self._watches = Watches(settings, pace=pace)

    @property
    def platform(self) -> Store:
        return FirestoreStore(self._client, self._watches, org=None)

    def for_org(self, org: str) -> Store:
        return FirestoreStore(self._client, self._watches, org=org)

    def get_all(self, *wanted: tuple[str | None, type[Record], str]) -> list[Read]:
        return get_all(self._client, wanted)

    def commit(self, *writes: tuple[str | None, Write]) -> None:
        commit(self._client, writes)

    @property
    def watches(self) -> Standing:
        """How the watches stand: one that is open and not live tells nothing just now."""
        return self._watches.standing

    @property
    def open_channels(self) -> int:
        return 1 + self._watches.open_channels

    def close(self) -> None:
        """Close every watch and channel."""
        self._watches.close()
        self._connection.close()
