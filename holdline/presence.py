"""Who is at the desk: whoever has the live queue open and is not away. A presence runs out unless it is renewed."""

from datetime import datetime, timedelta
from typing import ClassVar

from holdline.errors import InvalidDocument
from holdline.people import Person, PersonRef
from holdline.records import Instant, Record
from holdline.store import Put, Query, R, Store

BEAT = timedelta(seconds=15)
"""How often somebody who looks at the queue is written down."""
LASTS = timedelta(seconds=40)
"""How long somebody counts as there after that: two beats may get lost."""


class Presence(Record):
    """The id is the person's uid. A document of its own, because it changes all the time and nobody watches it."""

    collection: ClassVar[str] = "presence"

    name: str
    skills: tuple[str, ...] = ()
    """As the person's document has them, so that one query tells who is there for what."""
    is_away: bool = False
    """Looks, and has said that callers are not to count on it."""
    until: Instant

    def is_there(self, at: datetime) -> bool:
        return not self.is_away and self.until > at

    def has(self, skill: str | None) -> bool:
        """Whether this is one of those to ask first; a question that needs no skill has none."""
        return skill is not None and skill.strip().casefold() in {one.strip().casefold() for one in self.skills}


def beat(store: Store, who: PersonRef, *, is_away: bool | None = None, at: datetime) -> Presence:
    """This person looks at the queue; `is_away` None leaves that as it was. Raises Unavailable."""
    before, person = _read(store, Presence, who.uid), _read(store, Person, who.uid)
    presence = Presence(
        id=who.uid,
        name=who.name,
        skills=person.skills if person else (),
        is_away=is_away if is_away is not None else before is not None and before.is_away,
        until=at + LASTS,
    )
    store.commit(Put(presence))
    return presence


def there(store: Store, *, at: datetime) -> tuple[Presence, ...] | None:
    """Who is at the desk now; None where nobody ever was, so that people who answer elsewhere are asked all the same.

    Raises Unavailable.
    """
    found = store.find(Query(Presence)).records
    return tuple(one for one in found if one.is_there(at)) if found else None


def _read(store: Store, kind: type[R], uid: str) -> R | None:
    """What a hand broke is as good as missing here: somebody who looks is there all the same."""
    try:
        stored = store.get(kind, uid)
    except InvalidDocument:
        return None
    return stored.record if stored else None
