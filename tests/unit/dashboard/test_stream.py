import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest
from flask import Flask

from dashboard.attendance import Attendance
from dashboard.identity import IdentityUnavailable
from dashboard.ledger import Ledger
from dashboard.live import Hub
from dashboard.organisation import Organisations
from dashboard.services import KEY
from dashboard.stream import FORM_TOKEN, draw
from holdline import desk
from holdline.store import Create, Put, Store
from tests.builders import NOW, an_organisation
from tests.unit.dashboard.world import ROSA, Browser, Clock, FakeIdentity, a_question


@dataclass(frozen=True)
class Event:
    name: str
    data: str


class Stream:
    """What an EventSource would be given, one event after another."""

    def __init__(self, browser: Browser) -> None:
        self.reply = browser.get("/live")
        self._chunks: Iterator[bytes] = iter(self.reply.iter_encoded())  # type: ignore[assignment]

    def next(self) -> Event:
        for chunk in self._chunks:
            fields = [line.partition(": ")[::2] for line in chunk.decode().splitlines()]
            names = [value for field, value in fields if field == "event"]
            if names:
                return Event(names[0], "\n".join(value for field, value in fields if field == "data"))
        raise AssertionError("the stream is over")

    @property
    def is_over(self) -> bool:
        return next(self._chunks, None) is None

    def close(self) -> None:
        self.reply.close()


def first_board(browser: Browser) -> str:
    stream = Stream(browser)
    stream.next()
    board = stream.next()
    stream.close()
    assert board.name == "board"
    return board.data


@pytest.fixture
def stream(ana: Browser, salon: Store) -> Iterator[Stream]:
    salon.commit(Create(a_question()))
    stream = Stream(ana)
    yield stream
    stream.close()


def test_a_stream_is_never_kept_or_held_back_on_its_way(stream: Stream) -> None:
    assert stream.reply.mimetype == "text/event-stream"
    assert stream.reply.headers["Cache-Control"] == "no-store"
    assert stream.reply.headers["X-Accel-Buffering"] == "no"


def test_a_stream_begins_with_a_beat_and_the_whole_board(stream: Stream) -> None:
    assert stream.next() == Event("beat", NOW.isoformat())
    board = stream.next()
    assert board.name == "board"
    assert "Do you have parking?" in board.data
    assert "Line is live" in board.data


def test_every_change_is_a_new_board(stream: Stream, salon: Store) -> None:
    stream.next(), stream.next()
    desk.claim(salon, "r1", by=ROSA, at=NOW)
    assert "Rosa is on it" in stream.next().data
    desk.answer(salon, "r1", "Yes, behind the building.", by=ROSA, at=NOW)
    assert "On its way to the caller" in stream.next().data


def test_each_viewer_sees_the_board_with_their_own_eyes(ana: Browser, rosa: Browser, salon: Store) -> None:
    salon.commit(Create(a_question()))
    desk.claim(salon, "r1", by=ROSA, at=NOW)
    assert "You are on it" in first_board(rosa)
    assert "Rosa is on it" in first_board(ana)


def test_each_viewer_sends_their_forms_with_a_token_of_their_own(ana: Browser, rosa: Browser, salon: Store) -> None:
    """The picture is shared; what proves that a form is one's own is not."""
    salon.commit(Create(a_question()))
    tokens = [set(re.findall(r'name="csrf_token" value="([^"]+)"', first_board(one))) for one in (ana, rosa)]
    assert [len(of_one) for of_one in tokens] == [1, 1]
    assert tokens[0] != tokens[1]
    (token,) = tokens[0]
    assert rosa.client.post("/help/r1/claim", data={"csrf_token": token}).status_code == 400
    assert ana.client.post("/help/r1/claim", data={"csrf_token": token}).status_code == 303


def test_the_stand_in_for_a_token_reaches_nobody(stream: Stream) -> None:
    stream.next()
    assert FORM_TOKEN not in stream.next().data


def test_what_is_said_is_never_markup_in_the_stream(ana: Browser, salon: Store) -> None:
    salon.commit(Create(a_question(question="<img src=x onerror=alert(1)>\n\nevent: ended")))
    board = first_board(ana)
    assert "&lt;img" in board
    assert "<img" not in board


def test_a_quick_response_that_an_admin_adds_appears_within_a_minute(
    stream: Stream, salon: Store, clock: Clock
) -> None:
    stream.next(), stream.next()
    salon.commit(Put(an_organisation("salon", quick_responses=("We are moving house.",))))
    clock.passes(60)
    desk.claim(salon, "r1", by=ROSA, at=clock.now)
    assert stream.next().name == "beat"
    assert "We are moving house." in stream.next().data


def test_a_stream_without_a_session_says_that_it_is_over(visitor: Browser) -> None:
    stream = Stream(visitor)
    assert stream.next().name == "ended"
    assert stream.is_over


def test_a_session_that_is_revoked_ends_its_stream_within_a_beat(
    stream: Stream, identity: FakeIdentity, clock: Clock, salon: Store
) -> None:
    stream.next(), stream.next()
    identity.revoke("ana")
    clock.passes(15)
    desk.claim(salon, "r1", by=ROSA, at=NOW)
    assert stream.next().name == "ended"
    assert stream.is_over


def test_a_stream_outlives_a_pause_of_the_identity_provider(
    stream: Stream, identity: FakeIdentity, clock: Clock, salon: Store
) -> None:
    stream.next(), stream.next()
    identity.is_away = True
    clock.passes(15)
    desk.claim(salon, "r1", by=ROSA, at=clock.now)
    assert stream.next().name == "beat"
    assert "Rosa is on it" in stream.next().data


def test_no_question_waits_for_the_identity_provider(
    stream: Stream, identity: FakeIdentity, clock: Clock, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.next(), stream.next()
    answers = threading.Event()

    def hangs(cookie: str, *, current: bool) -> None:
        answers.wait(timeout=10)
        raise IdentityUnavailable

    monkeypatch.setattr(identity, "signed_in", hangs)
    clock.passes(15)
    salon.commit(Create(a_question("r2", question="Is there a lift?")))
    began = time.monotonic()
    assert stream.next().name == "beat"
    assert "Is there a lift?" in stream.next().data
    assert time.monotonic() - began < 1
    answers.set()


def test_a_session_whose_time_is_over_ends_its_stream_though_the_provider_is_away(
    stream: Stream, identity: FakeIdentity, clock: Clock, salon: Store
) -> None:
    stream.next(), stream.next()
    identity.is_away = True
    clock.passes(12 * 3600)
    desk.claim(salon, "r1", by=ROSA, at=NOW)
    assert stream.next().name == "ended"


def test_another_organisations_stream_has_nothing_of_it(ana: Browser, david: Browser, salon: Store) -> None:
    salon.commit(Create(a_question()))
    assert "parking" not in first_board(david)


def test_a_viewer_who_leaves_lets_go_of_the_watch(app: Flask, ana: Browser) -> None:
    services = app.extensions[KEY]
    database, clock = services.database, services.clock
    hub = Hub(
        database,
        organisations=Organisations(database),
        attendance=Attendance(database.for_org),
        ledger=Ledger(database.for_org),
        draw=partial(draw, app),
        clock=clock,
        idle_s=0,
    )
    app.extensions[KEY] = replace(services, hub=hub)
    first_board(ana)
    for _ in range(200):
        if not hub.watched:
            break
        threading.Event().wait(0.01)
    assert not hub.watched
