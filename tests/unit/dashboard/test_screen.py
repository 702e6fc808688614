"""One picture for all who look: drawn once, with eyes of their own for those who are on it, and never an old one."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from dashboard.attendance import Attendance
from dashboard.ledger import Ledger
from dashboard.live import Hub
from dashboard.organisation import Organisations
from dashboard.screen import ANYBODY, Picture, Scene, Screen
from holdline import desk, line
from holdline.errors import Unavailable
from holdline.help_request import HelpRequest
from holdline.memory_store import MemoryDatabase, MemoryStore
from holdline.people import Organisation
from holdline.presence import Presence, beat
from holdline.records import Record
from holdline.store import Create, Found, Put, Query, R, Read, Store, Stored
from tests.builders import ANA, NOW, a_request, an_organisation
from tests.unit.dashboard.world import ROSA, Clock

SOON_S = 5


class Drawn:
    """Draws how many wait, and remembers for whom."""

    def __init__(self) -> None:
        self.for_whom: Counter[str] = Counter()
        self.fails = False

    def __call__(self, scene: Scene, viewer: str, at: datetime) -> str:
        if self.fails:
            raise RuntimeError("no paint")
        self.for_whom[viewer] += 1
        return f"{len(scene.board.waiting)} wait, seen by {viewer or 'anybody'}"


@pytest.fixture
def drawn() -> Drawn:
    return Drawn()


class Untold:
    """A watch that storage refuses, while readings are answered."""

    is_live = False

    def close(self) -> None:
        pass


@pytest.fixture
def hub(database: MemoryDatabase, drawn: Drawn, clock: Clock) -> Iterator[Hub]:
    hub = Hub(
        database,
        organisations=Organisations(database),
        attendance=Attendance(database.for_org),
        ledger=Ledger(database.for_org),
        draw=drawn,
        clock=clock,
    )
    yield hub
    hub.stop()


def shown(screen: Screen, seen: Picture | None = None, *, until: Callable[[Scene], bool] = lambda _: True) -> Picture:
    """The first picture other than `seen` that is wanted."""
    for _ in range(20):
        picture = screen.wait(seen, timeout_s=SOON_S)
        assert picture is not None
        assert picture is not seen
        if until(picture.scene):
            return picture
        seen = picture
    raise AssertionError("no such picture came")


def waiting(count: int) -> Callable[[Scene], bool]:
    return lambda scene: len(scene.board.waiting) == count


def is_at_the_desk(*names: str) -> Callable[[Scene], bool]:
    return lambda scene: scene.around.desk is not None and [one.name for one in scene.around.desk.there] == [*names]


def test_however_many_look_a_change_is_drawn_once(hub: Hub, salon: Store, drawn: Drawn) -> None:
    saw: list[str] = []

    def look(uid: str) -> None:
        with hub.looking_at("salon") as screen:
            first = shown(screen)
            ready.wait()
            saw.append(shown(screen, first, until=waiting(1)).for_eyes_of(uid))

    ready = threading.Barrier(51)
    threads = [threading.Thread(target=look, args=(f"person-{n}",)) for n in range(50)]
    for thread in threads:
        thread.start()
    ready.wait()
    assert drawn.for_whom == {ANYBODY: 1}
    salon.commit(Create(a_request("r1")))
    for thread in threads:
        thread.join()
    assert saw == ["1 wait, seen by anybody"] * 50
    assert drawn.for_whom == {ANYBODY: 2}


def test_who_is_on_the_board_sees_it_with_their_own_eyes_however_many_pages_they_have_open(
    hub: Hub, salon: Store, drawn: Drawn
) -> None:
    salon.commit(Create(a_request("r1")), Create(a_request("r2")))
    desk.claim(salon, "r1", by=ROSA, at=NOW)
    desk.answer(salon, "r2", "Yes.", by=ANA, at=NOW)
    with hub.looking_at("salon") as screen:
        picture = shown(screen)
        assert picture.for_eyes_of(ROSA.uid) == picture.for_eyes_of(ROSA.uid) == "1 wait, seen by rosa"
        assert picture.for_eyes_of(ANA.uid) == f"1 wait, seen by {ANA.uid}"
        assert picture.for_eyes_of("vera") == picture.for_eyes_of("carla") == "1 wait, seen by anybody"
    assert drawn.for_whom == {ANYBODY: 1, "rosa": 1, ANA.uid: 1}


def test_who_comes_later_sees_what_is_there_and_nothing_is_drawn_anew(hub: Hub, salon: Store, drawn: Drawn) -> None:
    salon.commit(Create(a_request("r1")))
    with hub.looking_at("salon") as screen:
        first = shown(screen)
        with hub.looking_at("salon") as same:
            assert same is screen
            assert shown(same) is first
    assert drawn.for_whom == {ANYBODY: 1}


def test_a_slow_viewer_gets_the_newest_picture_and_no_backlog(hub: Hub, salon: Store) -> None:
    with hub.looking_at("salon") as screen:
        first = shown(screen)
        for n in range(20):
            salon.commit(Create(a_request(f"r{n:02d}")))
        newest = shown(screen, first, until=waiting(20))
        assert screen.wait(newest, timeout_s=0) is newest


def test_no_organisation_sees_the_picture_of_another(hub: Hub, salon: Store) -> None:
    salon.commit(Create(a_request("r1")))
    with hub.looking_at("salon") as salons, hub.looking_at("dental") as practices:
        assert shown(salons).for_eyes_of("ana") == "1 wait, seen by anybody"
        assert shown(practices).for_eyes_of("ana") == "0 wait, seen by anybody"


def test_a_picture_that_cannot_be_drawn_ends_the_screen_and_the_next_viewer_gets_another(
    hub: Hub, salon: Store, drawn: Drawn, caplog: pytest.LogCaptureFixture
) -> None:
    with hub.looking_at("salon") as screen:
        first = shown(screen)
        drawn.fails = True
        salon.commit(Create(a_request("r1")))
        screen.wait(first, timeout_s=SOON_S)
        assert screen.is_closed
        assert "could not be shown" in caplog.text
        drawn.fails = False
        with hub.looking_at("salon") as another:
            assert shown(another).for_eyes_of("ana") == "1 wait, seen by anybody"


def test_a_queue_whose_watch_never_told_anything_is_read_instead_and_is_not_called_live(
    hub: Hub, salon: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(salon), "watch", lambda *_: Untold())
    with hub.looking_at("salon") as screen:
        clock.passes(4)
        hub.look_again("salon")
        assert screen.wait(None, timeout_s=0.1) is None, "it may still tell"
        clock.passes(2)
        hub.look_again("salon")
        first = shown(screen)
        assert not first.scene.is_live
        salon.commit(Create(a_request("r1")))
        hub.look_again("salon")
        assert not shown(screen, first, until=waiting(1)).scene.is_live


def test_a_queue_that_can_be_neither_watched_nor_read_stays_as_it_was(
    hub: Hub, salon: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    monkeypatch.setattr(type(salon), "watch", lambda *_: Untold())
    monkeypatch.setattr(type(salon), "find", away)
    with hub.looking_at("salon") as screen:
        clock.passes(6)
        hub.look_again("salon")
        assert screen.wait(None, timeout_s=0.1) is None
        assert not screen.is_closed


class SlowReads:
    """Storage that answers nothing about some kinds of document for as long as `while_slow` lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._slow: frozenset[type] = frozenset()
        self._released = threading.Event()
        find, get_all, get = MemoryStore.find, MemoryStore.get_all, MemoryStore.get

        def slow_find(store: MemoryStore, query: Query[R]) -> Found[R]:
            self._wait(query.kind)
            return find(store, query)

        def slow_get_all(store: MemoryStore, *wanted: tuple[type[Record], str]) -> list[Read]:
            self._wait(*(kind for kind, _ in wanted))
            return get_all(store, *wanted)

        def slow_get(store: MemoryStore, kind: type[R], document_id: str) -> Stored[R] | None:
            self._wait(kind)
            return get(store, kind, document_id)

        for name, door in (("find", slow_find), ("get_all", slow_get_all), ("get", slow_get)):
            monkeypatch.setattr(MemoryStore, name, door)

    def _wait(self, *kinds: type) -> None:
        is_the_tests_own = threading.current_thread() is threading.main_thread()  # on which watches in memory tell
        if self._slow.intersection(kinds) and not is_the_tests_own:
            self._released.wait(timeout=30)

    @contextmanager
    def while_slow(self, *kinds: type) -> Iterator[None]:
        self._slow = frozenset(kinds)
        try:
            yield
        finally:
            self._released.set()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> SlowReads:
    return SlowReads(monkeypatch)


@pytest.mark.parametrize("kind", [HelpRequest, Presence, Organisation])
def test_no_question_waits_for_what_is_read_around_it(
    hub: Hub, salon: Store, clock: Clock, reads: SlowReads, kind: type
) -> None:
    """What is owed, who is at the desk, and what the organisation has set."""
    salon.commit(Put(an_organisation("salon", quick_responses=("Yes.",))))
    with hub.looking_at("salon") as screen:
        first = shown(screen)
        clock.passes(60)
        beat(salon, ROSA, at=clock.now)
        with reads.while_slow(kind):
            salon.commit(Create(a_request("r1")))
            began = time.monotonic()
            second = shown(screen, first, until=waiting(1))
            assert time.monotonic() - began < 1
            assert second.scene.around.organisation.quick_responses == ("Yes.",)
        shown(screen, second, until=is_at_the_desk("Rosa"))


def test_a_card_stays_as_it_was_while_it_is_read_how_it_ended(hub: Hub, salon: Store, reads: SlowReads) -> None:
    salon.commit(Create(a_request("r1")))
    with hub.looking_at("salon") as screen:
        first = shown(screen, until=waiting(1))
        with reads.while_slow(HelpRequest):
            line.withdraw(salon, "r1", at=NOW)
            salon.commit(Create(a_request("r2")))
            second = shown(screen, first, until=waiting(2))
        last = shown(screen, second, until=waiting(1)).scene.board
        assert [request.id for request in last.waiting] == ["r2"]
        assert [request.id for request in last.ended] == ["r1"]


def test_stopping_wakes_whoever_looks(hub: Hub) -> None:
    with hub.looking_at("salon") as screen:
        picture = shown(screen)
        waiter = threading.Thread(target=screen.wait, args=(picture,), kwargs={"timeout_s": 30})
        waiter.start()
        hub.stop()
        waiter.join(timeout=2)
        assert not waiter.is_alive()
        assert screen.is_closed
