"""Where one of our numbers leads, by phone or by browser."""

from datetime import datetime

from holdline.config import in_force
from holdline.errors import NotFound
from holdline.people import PhoneNumber
from holdline.store import Database


def binding_of(number: str, database: Database, *, at: datetime) -> PhoneNumber | None:
    """What the number is bound to, as it was last good; None for one that is not ours, or no longer.

    Raises InvalidDocument where it never was good, and Unavailable.
    """
    try:
        return in_force(database.platform, PhoneNumber, number, at=at)[0]
    except NotFound:
        stored = database.platform.get(PhoneNumber, number)
        return stored.record if stored else None
