"""Who is at the desk: whoever has the live queue open and is not away. A presence runs out unless it is renewed."""

from datetime import datetime, timedelta
from typing import ClassVar

from holdline.errors import InvalidDocument, Stale
from holdline.people import Person, PersonRef
from holdline.records import Instant, Record
from holdline.store import CHANGE_ATTEMPTS, Put, Query, R, Store, Stored, Update

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
        return is_among(skill, self.skills)


def is_among(skill: str | None, skills: tuple[str, ...]) -> bool:
    """However either is written."""
    return skill is not None and skill.strip().casefold() in {one.strip().casefold() for one in skills}


def beat(store: Store, who: PersonRef, *, is_away: bool | None = None, at: datetime) -> Presence:
    """This person looks at the queue; `is_away` None leaves that as it was. Raises Unavailable, Stale."""
    for _ in range(CHANGE_ATTEMPTS):
        before, person = _read(store, Presence, who.uid), _read(store, Person, who.uid)
        presence = Presence(
            id=who.uid,
            name=who.name,
            skills=person.record.skills if person else (),
            is_away=is_away if is_away is not None else before is not None and before.record.is_away,
            until=at + LASTS,
        )
        try:
            store.commit(Update(before, presence) if before else Put(presence))
        except Stale:  # this person has said something meanwhile, which must stand
            continue
        return presence
    raise Stale(f"{Presence.collection}/{who.uid} kept changing")


def there(store: Store, *, at: datetime) -> tuple[Presence, ...] | None:
    """Who is at the desk now; None where nobody ever was, so that people who answer elsewhere are asked all the same.

    Raises Unavailable.
    """
    found = store.find(Query(Presence)).records
    return tuple(one for one in found if one.is_there(at)) if found else None


def looking(store: Store, *, at: datetime) -> tuple[Presence, ...]:
    """Who has the live queue open now, those who are away included; raises Unavailable."""
    return tuple(one for one in store.find(Query(Presence)).records if one.until > at)


def _read(store: Store, kind: type[R], uid: str) -> Stored[R] | None:
    """What a hand broke is as good as missing here: somebody who looks is there all the same."""
    try:
        return store.get(kind, uid)
    except InvalidDocument:
        return None
