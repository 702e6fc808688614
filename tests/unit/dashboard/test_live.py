import threading
from datetime import datetime

import pytest

from dashboard.attendance import Attendance
from dashboard.feed import board_now
from dashboard.ledger import Ledger
from dashboard.live import Hub, Watching
from dashboard.organisation import Organisations
from dashboard.screen import Scene
from holdline import desk, lease, line
from holdline.errors import Unavailable
from holdline.help_request import Event, HelpRequest, Status
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Store
from tests.builders import ANA, NOW, a_request, later
from tests.unit.dashboard.world import happens


def a_hub(database: MemoryDatabase, *, idle_s: float) -> Hub:
    def draw(scene: Scene, viewer: str, at: datetime) -> str:
        return f"{len(scene.board.waiting)} wait"

    return Hub(
        database,
        organisations=Organisations(database),
        attendance=Attendance(database.for_org),
        ledger=Ledger(database.for_org),
        draw=draw,
        clock=lambda: NOW,
        idle_s=idle_s,
        in_background=lambda work: work(),
    )


@pytest.fixture
def hub(database: MemoryDatabase) -> Hub:
    return a_hub(database, idle_s=0)


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


def test_what_a_caller_leaves_after_nobody_answered_is_seen(hub: Hub, salon: Store) -> None:
    """The watch is of what is live, and says nothing of it."""
    salon.commit(Create(a_request("r1")))
    with hub.following("salon") as feed:
        line.expire(salon, "r1", at=NOW)
        feed.board(at=later(1))
        line.take_message(salon, "r1", "Please keep me a loaf.")
        board = feed.board(at=later(6))
        assert board is not None
        assert [r.message for r in board.ended] == ["Please keep me a loaf."]
        desk.close(salon, "r1", by=ANA, at=later(7))
        board = feed.board(at=later(11))
        assert board is not None
        assert [r.status for r in board.ended] == [Status.CLOSED]


def test_a_card_that_ends_while_the_end_of_another_is_read_is_never_gone(
    hub: Hub, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for request_id in ("r1", "r2"):
        salon.commit(Create(a_request(request_id)))
    get = type(salon).get

    def slow(store: Store, kind: type, document_id: str) -> object:
        if document_id == "r1":
            line.withdraw(salon, "r2", at=NOW)
        return get(store, kind, document_id)  # type: ignore[arg-type]

    with hub.following("salon") as feed:
        line.withdraw(salon, "r1", at=NOW)
        monkeypatch.setattr(type(salon), "get", slow)
        board = feed.board(at=later(1))
        assert board is not None
        assert sorted(r.id for r in board.ended) == ["r1", "r2"]


def test_what_is_settled_long_after_its_call_is_no_news_for_the_queue(hub: Hub, salon: Store) -> None:
    """Somebody works through the follow-ups."""
    for request_id in ("r1", "r2"):
        salon.commit(Create(a_request(request_id)))
        line.expire(salon, request_id, at=NOW)
    with hub.following("salon") as feed:
        hub.note("salon", desk.follow_up(salon, "r1", by=ANA, at=later(1)))
        board = feed.board(at=later(2))
        assert board is not None
        assert [r.status for r in board.ended if r.id == "r1"] == [Status.FOLLOWED_UP], "it was on the board"
        feed.board(at=later(200))
        hub.note("salon", desk.close(salon, "r2", by=ANA, at=later(201)))
        board = feed.board(at=later(202))
        assert board is not None
        assert board.ended == ()
    assert board_now(salon, at=later(202)).ended == ()


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
    hub = a_hub(database, idle_s=60)
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


def lamp(hub: Hub, *, after_s: float) -> bool:
    with hub.following("salon") as feed:
        board = feed.board(at=later(after_s))
        assert board is not None
        return hub.is_line_live("salon", feed, board, at=later(after_s))


def test_the_line_is_live_while_the_job_of_each_caller_on_hold_renews_its_lease(
    hub: Hub, salon: Store, database: MemoryDatabase
) -> None:
    salon.commit(Create(a_request("r1", call="call-1", expires_at=later(600))))
    mine = lease.take(database.platform, "call-1", org="salon", job="job-1", epoch=1, at=NOW)
    assert lamp(hub, after_s=2)
    assert not lamp(hub, after_s=8)
    lease.renew(database.platform, mine, at=later(9))
    assert lamp(hub, after_s=11)


def test_a_call_without_a_lease_and_one_that_asks_nothing_say_nothing_of_the_line(
    hub: Hub, salon: Store, database: MemoryDatabase
) -> None:
    salon.commit(Create(a_request("r1", call="call-1", expires_at=later(600))))
    lease.take(database.platform, "call-2", org="salon", job="job-2", epoch=1, at=NOW)
    lease.take(database.platform, "call-1", org="dental", job="job-3", epoch=1, at=NOW)
    assert lamp(hub, after_s=60)


def test_a_process_is_deaf_when_for_ten_seconds_none_of_its_watches_was_live(hub: Hub, salon: Store) -> None:
    assert hub.watching(at=NOW) == Watching(open=0, live=0, is_deaf=False)
    with hub.following("salon") as feed:
        assert hub.watching(at=NOW) == Watching(open=1, live=1, is_deaf=False)
        feed.close()
        assert hub.watching(at=later(1)) == Watching(open=1, live=0, is_deaf=False)
        assert hub.watching(at=later(10)) == Watching(open=1, live=0, is_deaf=False)
        assert hub.watching(at=later(11)) == Watching(open=1, live=0, is_deaf=True)
        with hub.following("dental"):
            assert hub.watching(at=later(12)) == Watching(open=2, live=1, is_deaf=False)
