"""Who is at the desk: those who look at the queue here are written down on a rhythm, and everybody is read on another.

Nothing is watched: a presence changes all the time, and nobody waits for it. One reading an organisation serves all who
look at it here, and what this process wrote itself is known at once.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdline import presence
from holdline.errors import StoreError, Unavailable
from holdline.people import PersonRef
from holdline.presence import BEAT, Presence
from holdline.store import Store

log = logging.getLogger(__name__)

READ_EVERY = timedelta(seconds=15)
WRITE_EVERY = BEAT - timedelta(seconds=3)
"""Pages answer a beat now sooner, now later: none that belongs to the next beat is to be taken for one too many."""


@dataclass(frozen=True)
class Somebody:
    """As the pages show people, without the time until when it holds: a beat alone changes no page."""

    uid: str
    name: str
    skills: tuple[str, ...]


@dataclass(frozen=True)
class AtTheDesk:
    there: tuple[Somebody, ...]
    away: tuple[Somebody, ...]
    """They look, and have said that callers are not to count on them."""

    def with_skill(self, skill: str | None) -> tuple[Somebody, ...]:
        """Those who are asked first."""
        return tuple(one for one in self.there if presence.is_among(skill, one.skills))


class Attendance:
    """For streams and pages, of any organisation."""

    def __init__(self, store_of: Callable[[str], Store]) -> None:
        self._store_of = store_of
        self._lock = threading.Lock()
        self._beats: dict[tuple[str, str], datetime] = {}
        self._read: dict[str, tuple[datetime, dict[str, Presence] | None]] = {}
        self._since: dict[str, dict[str, Presence]] = {}
        """What was written here since the last reading began, which may not have met it."""

    def beat(self, org: str, who: PersonRef, *, at: datetime) -> None:
        """This person looks at the queue, in however many tabs: written once in WRITE_EVERY. Storage may be away."""
        with self._lock:
            last = self._beats.get((org, who.uid))
            if last is not None and at - last < WRITE_EVERY:
                return
            self._beats[org, who.uid] = at
        try:
            self._note(org, presence.beat(self._store_of(org), who, at=at))
        except StoreError as error:
            log.warning("that somebody is at the desk cannot be written: %s", error)

    def say(self, org: str, who: PersonRef, *, is_away: bool, at: datetime) -> None:
        """Callers are to count on this person, or not to; raises Unavailable."""
        self._note(org, presence.beat(self._store_of(org), who, is_away=is_away, at=at))

    def of(self, org: str, *, at: datetime) -> AtTheDesk | None:
        """As it was at most READ_EVERY ago; None while that cannot be read."""
        with self._lock:
            read_at, seen = self._read.get(org, (None, None))
            is_fresh = read_at is not None and at - read_at < READ_EVERY
            if not is_fresh:
                self._read[org] = (at, seen)  # meanwhile the others go by what is known
                self._since[org] = {}
        if not is_fresh:
            try:
                seen = {one.id: one for one in presence.looking(self._store_of(org), at=at)}
            except Unavailable:
                seen = None
            with self._lock:
                seen = None if seen is None else {**seen, **self._since[org]}
                self._read[org] = (at, seen)
        return None if seen is None else _shown(seen, at=at)

    def _note(self, org: str, mine: Presence) -> None:
        with self._lock:
            self._since.setdefault(org, {})[mine.id] = mine
            read_at, seen = self._read.get(org, (None, None))
            if read_at is not None and seen is not None:
                self._read[org] = (read_at, {**seen, mine.id: mine})


def _shown(seen: dict[str, Presence], *, at: datetime) -> AtTheDesk:
    """In the order of names, so that nobody changes places."""
    looking = sorted((one for one in seen.values() if one.until > at), key=lambda one: (one.name.casefold(), one.id))

    def those(*, is_away: bool) -> tuple[Somebody, ...]:
        return tuple(Somebody(one.id, one.name, one.skills) for one in looking if one.is_away is is_away)

    return AtTheDesk(there=those(is_away=False), away=those(is_away=True))
