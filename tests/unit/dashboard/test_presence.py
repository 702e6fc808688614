"""Who has the queue open is at the desk, unless they say that they are away; the page tells who else is."""

import re
import time
from collections.abc import Iterator
from itertools import count, islice

import pytest

from holdline.errors import Unavailable
from holdline.people import PersonRef
from holdline.presence import Presence, beat
from holdline.store import Create, Store, must_get
from tests.builders import NOW
from tests.unit.dashboard.test_stream import Stream, first_board
from tests.unit.dashboard.world import ROSA, Browser, Clock, FakeIdentity, a_question

ANA = PersonRef(uid="ana", name="Ana")
NOBODY = "Nobody is at the desk"


def presence(salon: Store, uid: str = "ana") -> Presence:
    return must_get(salon, Presence, uid).record


def switched_to(page: str) -> str:
    """Which side of the switch is pressed."""
    [side] = re.findall(r'name="is_away"[^>]*aria-pressed="true"[^>]*>([^<]+)</button>', page)
    assert ('id="away-note" role="status" hidden' in page) == (side == "At the desk")
    return str(side)


def said_to_be(where: str, page: str) -> list[str]:
    """The names after "At the desk:" or "Away:"."""
    found = re.search(rf"<span>{where}: (.*?)</span>\n", page)
    return re.findall(r"<b[^>]*>([^<]+)</b>", found[1]) if found else []


@pytest.fixture
def stream(ana: Browser) -> Iterator[Stream]:
    stream = Stream(ana)
    yield stream
    stream.close()


def test_who_opens_the_queue_is_at_the_desk(ana: Browser, salon: Store, clock: Clock) -> None:
    page = ana.get("/").text
    assert presence(salon).is_there(clock.now)
    assert (switched_to(page), said_to_be("At the desk", page)) == ("At the desk", ["Ana"])
    assert NOBODY not in page


def test_who_reads_other_pages_is_not(ana: Browser, salon: Store) -> None:
    ana.get("/calls"), ana.get("/knowledge")
    assert salon.get(Presence, "ana") is None


def beats(stream: Stream, salon: Store, clock: Clock) -> Iterator[None]:
    """As long as one likes, 15 seconds apart; a question each makes the stream look at the time."""
    for n in count():
        assert stream.next().name == "beat"
        yield
        stream.next()
        clock.passes(15)
        salon.commit(Create(a_question(f"r{n}")))


def test_a_page_that_answers_the_beats_keeps_its_viewer_at_the_desk(
    ana: Browser, stream: Stream, salon: Store, clock: Clock
) -> None:
    for _ in islice(beats(stream, salon, clock), 6):
        assert presence(salon).is_there(clock.now)
        assert ana.post("/live/looking", htmx=True).status_code == 204


def test_a_stream_that_nobody_answers_keeps_nobody_at_the_desk(stream: Stream, salon: Store, clock: Clock) -> None:
    """A dead connection takes beats for a quarter of an hour."""
    was_there = [presence(salon).is_there(clock.now) for _ in islice(beats(stream, salon, clock), 4)]
    assert was_there == [True, True, True, False]


def test_who_answers_a_beat_is_at_the_desk_though_the_identity_provider_is_away(
    ana: Browser, salon: Store, identity: FakeIdentity, clock: Clock
) -> None:
    identity.is_away = True
    assert ana.post("/live/looking", htmx=True).status_code == 204
    assert presence(salon).is_there(clock.now)


def test_a_session_that_is_over_keeps_nobody_at_the_desk(ana: Browser, salon: Store, identity: FakeIdentity) -> None:
    identity.revoke("ana")
    assert ana.post("/live/looking", htmx=True).status_code == 401
    assert salon.get(Presence, "ana") is None


def test_a_stream_goes_on_where_storage_takes_no_presence(
    ana: Browser, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    monkeypatch.setattr(type(salon), "commit", away)
    assert "Nobody is waiting" in first_board(ana)


def test_the_page_tells_who_else_is_at_the_desk_and_follows_them(stream: Stream, salon: Store, clock: Clock) -> None:
    stream.next()
    assert said_to_be("At the desk", stream.next().data) == ["Ana"]
    beat(salon, ROSA, at=clock.now)
    clock.passes(15)
    salon.commit(Create(a_question()))
    assert stream.next().name == "beat"
    assert said_to_be("At the desk", stream.next().data) == ["Ana", "Rosa"]


@pytest.mark.parametrize("htmx", [True, False])
def test_who_is_away_is_told_so_and_is_nobody_for_callers(ana: Browser, salon: Store, clock: Clock, htmx: bool) -> None:
    ana.get("/")
    reply = ana.post("/presence", htmx=htmx, is_away="yes")
    assert presence(salon).is_away
    if htmx:
        assert reply.status_code == 200
        assert 'value="yes" aria-pressed="true"' in reply.text
    else:
        assert (reply.status_code, reply.location) == (303, "/")
    page = ana.get("/").text
    assert switched_to(page) == "Away"
    assert NOBODY in page
    assert "callers are told that nobody is there" in page
    clock.passes(60)
    assert switched_to(ana.get("/").text) == "Away"
    ana.post("/presence", htmx=htmx, is_away="no")
    page = ana.get("/").text
    assert (switched_to(page), NOBODY in page) == ("At the desk", False)


def test_callers_have_somebody_while_a_colleague_is_there(ana: Browser, rosa: Browser) -> None:
    ana.get("/"), rosa.get("/")
    ana.post("/presence", is_away="yes")
    page = ana.get("/").text
    assert switched_to(page) == "Away"
    assert (NOBODY in page, said_to_be("At the desk", page)) == (False, ["Rosa"])


def test_every_open_page_is_told_at_once_who_is_away(ana: Browser, stream: Stream) -> None:
    stream.next(), stream.next()
    ana.post("/presence", is_away="yes")
    before = time.monotonic()
    assert said_to_be("Away", stream.next().data) == ["Ana"]
    assert time.monotonic() - before < 1, "not only when the stream looks by itself"


def test_where_it_is_not_known_who_is_there_nothing_is_said_of_it(
    ana: Browser, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = type(salon).find

    def away(store: Store, query: object) -> object:
        if getattr(query, "kind", None) is Presence:
            raise Unavailable("it does not answer")
        return find(store, query)  # type: ignore[arg-type]

    monkeypatch.setattr(type(salon), "find", away)
    page = ana.get("/").text
    assert NOBODY not in page
    assert "At the desk: " not in page


@pytest.mark.parametrize("htmx", [True, False])
def test_a_switch_that_storage_does_not_take_says_so_and_stays(
    ana: Browser, salon: Store, monkeypatch: pytest.MonkeyPatch, htmx: bool
) -> None:
    ana.get("/")

    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    with monkeypatch.context() as storage:
        storage.setattr(type(salon), "commit", away)
        reply = ana.post("/presence", htmx=htmx, is_away="yes")
    assert reply.status_code == 503
    assert "does not answer" in reply.text
    if htmx:
        assert reply.headers["HX-Retarget"] == "#presence"
        assert 'value="no" aria-pressed="true"' in reply.text
    assert not presence(salon).is_away


@pytest.mark.parametrize("said", ["", "perhaps"])
def test_a_switch_has_two_sides(ana: Browser, salon: Store, said: str) -> None:
    ana.get("/")
    assert ana.post("/presence", is_away=said).status_code == 400
    assert not presence(salon).is_away


def test_a_name_is_never_markup(ana: Browser, salon: Store) -> None:
    beat(salon, PersonRef(uid="x", name="<i>Eve</i>"), at=NOW)
    page = ana.get("/").text
    assert "&lt;i&gt;Eve" in page
    assert "<i>Eve" not in page


def test_of_many_at_the_desk_some_are_named(ana: Browser, salon: Store) -> None:
    for number in range(9):
        beat(salon, PersonRef(uid=f"p{number}", name=f"Person {number}"), at=NOW)
    page = ana.get("/").text
    assert said_to_be("At the desk", page) == ["Ana", *(f"Person {number}" for number in range(5))]
    assert "and 4 more" in page


def test_nobody_is_seen_by_another_organisation(ana: Browser, david: Browser) -> None:
    ana.get("/")
    assert said_to_be("At the desk", david.get("/").text) == ["David"]
