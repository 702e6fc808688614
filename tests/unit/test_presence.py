"""Who is at the desk: written by a beat, and over when none follows."""

from collections.abc import Callable

from holdline.memory_store import MemoryDatabase, MemoryStore
from holdline.people import PersonRef
from holdline.presence import LASTS, Presence, beat, there
from holdline.store import Put, Store, Write, must_get
from tests.builders import ANA, BEN, NOW, a_person, later


class BetweenReadingAndWriting(MemoryStore):
    """Something happens just before the first write."""

    def __init__(self, database: MemoryDatabase, happens: Callable[[], object]) -> None:
        super().__init__(database, "salon")
        self._happens: list[Callable[[], object]] = [happens]

    def commit(self, *writes: Write) -> None:
        if self._happens:
            self._happens.pop()()
        super().commit(*writes)


def names(store: Store, *, seconds: float = 0) -> list[str]:
    return [one.name for one in there(store, at=later(seconds)) or ()]


def test_who_looks_is_there_until_two_beats_are_lost(store: Store) -> None:
    beat(store, ANA, at=NOW)
    assert names(store, seconds=LASTS.total_seconds() - 1) == ["Ana"]
    assert names(store, seconds=LASTS.total_seconds()) == []


def test_where_nobody_ever_was_at_the_desk_it_is_not_known_who_is_there(store: Store) -> None:
    assert there(store, at=NOW) is None
    beat(store, ANA, at=NOW)
    assert there(store, at=later(3600)) == ()


def test_a_beat_takes_the_skills_that_the_persons_document_has_now(store: Store) -> None:
    beat(store, ANA, at=NOW)
    store.commit(Put(a_person(skills=("colour",))))
    beat(store, ANA, at=NOW)
    assert must_get(store, Presence, "ana").record.skills == ("colour",)


def test_who_is_away_stays_away_however_long_the_page_is_open(store: Store) -> None:
    beat(store, ANA, at=NOW)
    beat(store, ANA, is_away=True, at=NOW)
    beat(store, ANA, at=later(15))
    assert names(store, seconds=15) == []
    beat(store, ANA, is_away=False, at=later(20))
    assert names(store, seconds=20) == ["Ana"]


def test_a_beat_in_the_moment_of_a_switch_does_not_undo_it(database: MemoryDatabase, store: Store) -> None:
    beat(store, ANA, at=NOW)
    racing = BetweenReadingAndWriting(database, lambda: beat(store, ANA, is_away=True, at=later(15)))
    beat(racing, ANA, at=later(15))
    assert names(store, seconds=15) == []


def test_a_document_that_a_hand_broke_keeps_nobody_from_being_there(database: MemoryDatabase, store: Store) -> None:
    database.write_by_hand("orgs/salon/presence/ana", {"until": "tomorrow"})
    database.write_by_hand("orgs/salon/people/ana", {"role": "queen"})
    beat(store, ANA, at=NOW)
    assert names(store) == ["Ana"]


def test_each_organisation_has_its_own(database: MemoryDatabase, store: Store) -> None:
    beat(store, ANA, at=NOW)
    beat(database.for_org("dental"), PersonRef(uid=BEN.uid, name=BEN.name), at=NOW)
    assert names(store) == ["Ana"]
