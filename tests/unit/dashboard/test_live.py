import threading

import pytest

from dashboard.live import Hub
from holdline import desk, line
from holdline.errors import Unavailable
from holdline.help_request import Event, HelpRequest, Status
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Store
from tests.builders import ANA, NOW, a_request, later
from tests.unit.dashboard.world import happens


@pytest.fixture
def hub(database: MemoryDatabase) -> Hub:
    return Hub(database, clock=lambda: NOW, idle_s=0)


def when_closed(hub: Hub, org: str) -> None:
    """The watch goes a moment after the last viewer, on a thread of the hub's."""
    gone = threading.Event()
    for _ in range(200):
        if org not in hub.watched:
            return
        gone.wait(0.01)
    raise AssertionError("the watch is still open")


def test_a_viewer_sees_the_state_at_once_and_every_change(hub: Hub, salon: Store) -> None:
    salon.commit(Create(a_request("r1")))
    with hub.following("salon") as feed:
        board = feed.board(at=NOW)
        assert board is not None
        assert [r.id for r in board.waiting] == ["r1"]
        seen = feed.wait(-1, timeout_s=1)
        salon.commit(Create(a_request("r2")))
        assert feed.wait(seen, timeout_s=1) != seen
        board = feed.board(at=NOW)
        assert board is not None
        assert [r.id for r in board.waiting] == ["r1", "r2"]


def test_a_request_that_left_the_watch_is_shown_as_it_ended(hub: Hub, salon: Store) -> None:
    salon.commit(Create(a_request("r1")))
    with hub.following("salon") as feed:
        desk.answer(salon, "r1", "Yes.", by=ANA, at=NOW)
        happens(salon, Event.SPEAKING_BEGAN, "r1", at=later(1))
        happens(salon, Event.HEARD, "r1", at=later(2))
        board = feed.board(at=later(3))
        assert board is not None
        assert [r.status for r in board.ended] == [Status.DELIVERED]
        board = feed.board(at=later(63))
        assert board is not None
        assert board.ended == ()


def test_what_ended_before_the_first_viewer_came_is_there_too(hub: Hub, salon: Store) -> None:
    salon.commit(Create(a_request("r1")))
    line.withdraw(salon, "r1", at=NOW)
    with hub.following("salon") as feed:
        board = feed.board(at=later(1))
        assert board is not None
        assert [r.status for r in board.ended] == [Status.WITHDRAWN]


def test_a_late_answer_is_seen_by_those_who_look(hub: Hub, salon: Store) -> None:
    salon.commit(Create(a_request("r1")))
    line.expire(salon, "r1", at=NOW)
    with hub.following("salon") as feed:
        hub.note("salon", desk.answer(salon, "r1", "Yes.", by=ANA, at=later(1)))
        board = feed.board(at=later(2))
        assert board is not None
        assert [r.status for r in board.ended] == [Status.FOLLOW_UP]


def test_a_late_answer_to_what_had_left_the_queue_is_seen_too(hub: Hub, salon: Store) -> None:
    """Somebody was still typing when its time on the board was over."""
    salon.commit(Create(a_request("r1")))
    with hub.following("salon") as feed:
        line.expire(salon, "r1", at=NOW)
        board = feed.board(at=later(121))
        assert board is not None
        assert board.ended == ()
        hub.note("salon", desk.answer(salon, "r1", "Yes.", by=ANA, at=later(122)))
        board = feed.board(at=later(123))
        assert board is not None
        assert [r.status for r in board.ended] == [Status.FOLLOW_UP]


def test_all_viewers_of_an_organisation_share_one_watch_that_ends_with_the_last(hub: Hub) -> None:
    with hub.following("salon") as first:
        with hub.following("salon") as second:
            assert second is first
        assert hub.watched == {"salon"}
        assert not first.is_closed
    when_closed(hub, "salon")
    assert first.is_closed


def test_a_page_that_is_loaded_again_finds_the_watch_still_open(database: MemoryDatabase) -> None:
    hub = Hub(database, clock=lambda: NOW, idle_s=60)
    with hub.following("salon") as first:
        pass
    with hub.following("salon") as again:
        assert again is first


def test_no_organisation_sees_the_requests_of_another(hub: Hub, salon: Store) -> None:
    salon.commit(Create(a_request("r1")))
    with hub.following("dental") as feed:
        board = feed.board(at=NOW)
        assert board is not None
        assert board.waiting == ()


def test_a_slow_viewer_gets_the_newest_state_and_no_backlog(hub: Hub, salon: Store) -> None:
    with hub.following("salon") as feed:
        seen = feed.wait(-1, timeout_s=1)
        for n in range(50):
            salon.commit(Create(a_request(f"r{n:02d}")))
        newest = feed.wait(seen, timeout_s=1)
        board = feed.board(at=NOW)
        assert board is not None
        assert len(board.waiting) == 50
        assert feed.wait(newest, timeout_s=0) == newest


def test_an_end_that_cannot_be_read_leaves_the_rest_of_the_queue(
    hub: Hub, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    salon.commit(Create(a_request("r1")), Create(a_request("r2")))
    with hub.following("salon") as feed:
        line.withdraw(salon, "r1", at=NOW)

        def away(*_: object) -> HelpRequest:
            raise Unavailable("it does not answer")

        monkeypatch.setattr(type(salon), "get", away)
        board = feed.board(at=NOW)
        assert board is not None
        assert [r.id for r in board.waiting] == ["r2"]


def test_stopping_wakes_every_viewer(hub: Hub) -> None:
    with hub.following("salon") as feed:
        seen = feed.wait(-1, timeout_s=1)
        waiter = threading.Thread(target=feed.wait, args=(seen,), kwargs={"timeout_s": 30})
        waiter.start()
        hub.stop()
        waiter.join(timeout=2)
        assert not waiter.is_alive()
        assert feed.is_closed
