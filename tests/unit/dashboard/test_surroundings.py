"""What stands around the questions: read in the background, and told when it is another."""

from collections.abc import Callable

import pytest

from dashboard.attendance import Attendance
from dashboard.ledger import Ledger
from dashboard.organisation import Organisations
from dashboard.surroundings import Around, Surroundings
from holdline.memory_store import MemoryDatabase
from holdline.store import Store
from tests.builders import ANA, NOW, later


@pytest.fixture
def work() -> list[Callable[[], None]]:
    """What is to be done in the background, when the test has it done."""
    return []


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def attendance(database: MemoryDatabase) -> Attendance:
    return Attendance(database.for_org)


@pytest.fixture
def surroundings(
    database: MemoryDatabase, attendance: Attendance, work: list[Callable[[], None]], told: list[str]
) -> Surroundings:
    return Surroundings(
        Organisations(database),
        attendance,
        Ledger(database.for_org),
        on_change=told.append,
        in_background=work.append,
    )


def at_the_desk(around: Around) -> list[str]:
    assert around.desk is not None
    return [one.name for one in around.desk.there]


def test_only_what_is_another_than_before_is_told(
    surroundings: Surroundings, attendance: Attendance, salon: Store, work: list[Callable[[], None]], told: list[str]
) -> None:
    assert surroundings.of("salon", at=NOW).desk is None
    work.pop()()
    assert told == ["salon"]
    assert at_the_desk(surroundings.of("salon", at=later(1))) == []
    work.pop()()
    assert told == ["salon"]
    attendance.beat("salon", ANA, at=later(2))
    surroundings.of("salon", at=later(2))
    work.pop()()
    assert told == ["salon", "salon"]
    assert at_the_desk(surroundings.of("salon", at=later(3))) == ["Ana"]


def test_who_looked_while_it_was_read_is_told_to_look_again(
    surroundings: Surroundings, salon: Store, work: list[Callable[[], None]], told: list[str]
) -> None:
    """For a change that this reading may not have met, such as somebody who has just gone away."""
    surroundings.of("salon", at=NOW)
    work.pop()()
    surroundings.of("salon", at=later(1))
    surroundings.of("salon", at=later(1))
    assert len(work) == 1
    work.pop()()
    assert told == ["salon", "salon"]
