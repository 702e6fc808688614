"""The organisation of the person who is signed in, as the pages need it."""

from datetime import datetime

from holdline.config import in_force
from holdline.errors import NotFound
from holdline.people import Organisation
from holdline.store import Store


def organisation_of(store: Store, *, at: datetime) -> Organisation:
    """Its configuration in force; raises Unavailable. One that was never written has its id for a name."""
    org = str(store.org)
    try:
        return in_force(store, Organisation, org, at=at)[0]
    except NotFound:
        return Organisation(id=org, name=org)
