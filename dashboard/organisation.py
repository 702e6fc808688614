"""The organisation of the person who is signed in, as the pages need it."""

import threading
from datetime import datetime, timedelta

from holdline.config import organisation_in_force
from holdline.errors import Unavailable
from holdline.people import Organisation
from holdline.store import Database, Store

FRESH_FOR = timedelta(minutes=1)


class Organisations:
    """For streams, which last a shift: one reading a minute, shared by all who look at the organisation."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._read: dict[str, tuple[Organisation, datetime]] = {}

    def of(self, org: str, *, at: datetime) -> Organisation:
        """As it was at most a minute ago, or longer while storage does not answer."""
        with self._lock:
            last, fresh_until = self._read.get(org, (None, at))
            if last is not None:
                if at < fresh_until:
                    return last
                self._read[org] = (last, at + FRESH_FOR)  # the others need not wait while this one reads
        try:
            organisation = organisation_of(self._database.for_org(org), at=at)
        except Unavailable:
            organisation = last or Organisation(id=org, name=org)
        with self._lock:
            self._read[org] = (organisation, at + FRESH_FOR)
        return organisation


def organisation_of(store: Store, *, at: datetime) -> Organisation:
    """Its configuration in force; raises Unavailable."""
    return organisation_in_force(store, str(store.org), at=at)
