"""Who looks at the queue is written down on a rhythm, and who is at the desk is read on one, for all who look."""

from collections.abc import Callable

import pytest

from dashboard.attendance import Attendance, AtTheDesk
from holdline.errors import Unavailable
from holdline.memory_store import MemoryDatabase, MemoryStore
from holdline.people import PersonRef
from holdline.presence import Presence, beat
from holdline.store import Found, Put, Query, R, Store, Stored, must_get
from tests.builders import ANA, BEN, NOW, a_person, later

ROSA = PersonRef(uid="rosa", name="Rosa")


@pytest.fixture
def attendance(database: MemoryDatabase) -> Attendance:
    return Attendance(database.for_org)


@pytest.fixture
def storage_goes_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def goes() -> None:
        def away(*_: object) -> None:
            raise Unavailable("it does not answer")

        for door in ("get", "find", "commit"):
            monkeypatch.setattr(MemoryStore, door, away)

    return goes


def stored(salon: Store, uid: str = "ana") -> Stored[Presence]:
    return must_get(salon, Presence, uid)


def names(seen: AtTheDesk | None) -> list[str]:
    assert seen is not None
    return [one.name for one in seen.there]


def test_a_person_is_written_down_once_a_beat_however_many_tabs_are_open(attendance: Attendance, salon: Store) -> None:
    attendance.beat("salon", ANA, at=NOW)
    first = stored(salon).revision
    for second in (0, 4, 11.9):
        attendance.beat("salon", ANA, at=later(second))
    assert stored(salon).revision == first
    attendance.beat("salon", ANA, at=later(15))
    assert stored(salon).record.is_there(later(54))


def test_an_answer_to_a_beat_that_was_faster_than_the_one_before_counts_too(
    attendance: Attendance, salon: Store
) -> None:
    attendance.beat("salon", ANA, at=later(1))
    attendance.beat("salon", ANA, at=later(15.1))
    assert stored(salon).record.is_there(later(55))


def test_a_beat_that_storage_does_not_take_is_made_up_for_by_the_next(
    attendance: Attendance, salon: Store, storage_goes_away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        storage_goes_away()
        attendance.beat("salon", ANA, at=NOW)
        monkeypatch.undo()
    attendance.beat("salon", ANA, at=later(15))
    assert stored(salon).record.is_there(later(15))


def test_who_comes_here_is_seen_at_once_and_who_comes_elsewhere_with_the_next_reading(
    attendance: Attendance, salon: Store
) -> None:
    attendance.beat("salon", ANA, at=NOW)
    assert names(attendance.of("salon", at=NOW)) == ["Ana"]
    attendance.beat("salon", BEN, at=later(1))
    beat(salon, ROSA, at=later(1))
    assert names(attendance.of("salon", at=later(2))) == ["Ana", "Ben"]
    assert names(attendance.of("salon", at=later(15))) == ["Ana", "Ben", "Rosa"]


def test_who_is_at_the_desk_is_read_once_for_all_who_look(database: MemoryDatabase) -> None:
    readings = 0

    def store_of(org: str) -> Store:
        nonlocal readings
        readings += 1
        return database.for_org(org)

    attendance = Attendance(store_of)
    for second in (0, 1, 14):
        attendance.of("salon", at=later(second))
    assert readings == 1
    attendance.of("salon", at=later(15))
    attendance.of("dental", at=later(15))
    assert readings == 3


def test_who_closed_the_page_is_gone_between_two_readings(attendance: Attendance, salon: Store) -> None:
    beat(salon, ROSA, at=NOW)
    assert names(attendance.of("salon", at=later(39))) == ["Rosa"]
    assert names(attendance.of("salon", at=later(40))) == []


def test_a_beat_that_tells_nothing_new_is_no_change_of_what_is_shown(attendance: Attendance) -> None:
    attendance.beat("salon", ANA, at=NOW)
    before = attendance.of("salon", at=NOW)
    attendance.beat("salon", ANA, at=later(15))
    assert attendance.of("salon", at=later(15)) == before


def test_who_is_away_is_known_to_be_looking(attendance: Attendance, salon: Store) -> None:
    attendance.beat("salon", ANA, at=NOW)
    beat(salon, ROSA, at=NOW)
    attendance.say("salon", ANA, is_away=True, at=later(1))
    seen = attendance.of("salon", at=later(1))
    assert names(seen) == ["Rosa"]
    assert seen is not None
    assert [one.name for one in seen.away] == ["Ana"]
    attendance.beat("salon", ANA, at=later(16))
    assert names(attendance.of("salon", at=later(16))) == ["Rosa"]
    attendance.say("salon", ANA, is_away=False, at=later(17))
    assert names(attendance.of("salon", at=later(17))) == ["Ana", "Rosa"]


def test_a_switch_that_storage_does_not_take_is_not_shown_as_made(
    attendance: Attendance, storage_goes_away: Callable[[], None]
) -> None:
    attendance.beat("salon", ANA, at=NOW)
    assert names(attendance.of("salon", at=NOW)) == ["Ana"]
    storage_goes_away()
    with pytest.raises(Unavailable):
        attendance.say("salon", ANA, is_away=True, at=later(1))
    assert names(attendance.of("salon", at=later(1))) == ["Ana"]


def test_a_switch_in_the_moment_of_a_reading_is_not_lost_to_it(database: MemoryDatabase, salon: Store) -> None:
    class Slow(MemoryStore):
        def find(self, query: Query[R]) -> Found[R]:
            found = super().find(query)
            attendance.say("salon", ANA, is_away=True, at=NOW)
            return found

    beat(salon, ANA, at=NOW)
    attendance = Attendance(lambda org: Slow(database, org))
    assert names(attendance.of("salon", at=NOW)) == []


def test_where_storage_does_not_answer_nobody_is_said_to_be_missing(
    attendance: Attendance, storage_goes_away: Callable[[], None]
) -> None:
    storage_goes_away()
    assert attendance.of("salon", at=NOW) is None


def test_who_has_the_skill_is_known_by_name(attendance: Attendance, salon: Store) -> None:
    salon.commit(Put(a_person("rosa", name="Rosa", skills=("Colour",))))
    for who in (ANA, ROSA):
        attendance.beat("salon", who, at=NOW)
    seen = attendance.of("salon", at=NOW)
    assert seen is not None
    assert [one.name for one in seen.with_skill("colour ")] == ["Rosa"]
    assert seen.with_skill("bookings") == ()
    assert seen.with_skill(None) == ()


def test_no_organisation_sees_who_is_at_the_desk_of_another(attendance: Attendance) -> None:
    attendance.beat("salon", ANA, at=NOW)
    assert names(attendance.of("dental", at=NOW)) == []
