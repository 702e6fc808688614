"""The page of what callers who left are owed: everything needed to call them back is there, and only there."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dashboard.owed import UNHEARD
from holdline import desk, presence
from holdline.callback import Callback
from holdline.errors import Unavailable
from holdline.help_request import HelpRequest, Status
from holdline.presence import Presence
from holdline.store import Put, Query, Store, must_get
from holdline.text_message import TextMessage, TextStatus
from tests.builders import NOW, a_request_that_is, later
from tests.unit.dashboard.test_stream import Stream
from tests.unit.dashboard.world import ROSA, Browser, Clock

NUMBER = "+12125550142"
Leaves = Callable[..., HelpRequest]


@pytest.fixture
def leaves(salon: Store) -> Leaves:
    """A caller is gone and something is still to be done."""

    def one(request_id: str = "r1", /, *, status: Status = Status.CALLER_LEFT, **fields: Any) -> HelpRequest:
        given = {"caller": "+1212***0142", "caller_number": NUMBER, "closed_at": NOW, **fields}
        request = a_request_that_is(status, request_id, **given)
        salon.commit(Put(request))
        return request

    return one


def an_answer(**fields: Any) -> dict[str, Any]:
    words = "Yes, in the yard."
    given = {"answer": words, "accepted_answer": words, "answer_version": 1, "answered_by": ROSA, "answered_at": NOW}
    return {"status": Status.FOLLOW_UP, **given, **fields}


def now(salon: Store, request_id: str = "r1") -> HelpRequest:
    return must_get(salon, HelpRequest, request_id).record


def told(page: str) -> str:
    """Its words, without the markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def test_everything_that_is_needed_to_call_back_is_there(ana: Browser, leaves: Leaves) -> None:
    wish = Callback(
        number="+12125550177",
        window="tomorrow morning",
        not_before=NOW + timedelta(hours=22),
        not_after=NOW + timedelta(hours=26),
        consents_to_text=True,
        asked_at=NOW,
    )
    leaves(callback=wish, message="It is for my sister.", details=("for a van",))
    page = ana.get("/follow-ups").text
    assert 'href="tel:+12125550177"' in page
    assert 'href="/calls/call-1"' in page
    words = told(page)
    for shown in (
        "1 caller is owed something",
        "Do you have parking?",
        "for a van",
        "It is for my sister.",
        "tomorrow morning",
        "3 Mar, 08:00 to 12:00",
        "Not before 3 Mar, 08:00",
        "The caller hung up",
    ):
        assert shown in words


def test_the_whole_number_is_nowhere_else(ana: Browser, leaves: Leaves) -> None:
    leaves(callback=Callback(number=NUMBER, asked_at=NOW))
    for path in ("/", "/calls", "/knowledge"):
        assert NUMBER not in ana.get(path).text


@pytest.mark.parametrize(
    ("until", "said"), [(-1, "Overdue since 2 Mar, 09:59"), (60, "Due now, until 2 Mar, 11:00"), (None, "Due now")]
)
def test_a_promise_is_told_with_its_time(ana: Browser, leaves: Leaves, until: int | None, said: str) -> None:
    not_after = None if until is None else NOW + timedelta(minutes=until)
    leaves(callback=Callback(number=NUMBER, not_before=NOW - timedelta(hours=1), not_after=not_after, asked_at=NOW))
    assert said in told(ana.get("/follow-ups").text)


def test_the_oldest_promise_comes_first(ana: Browser, leaves: Leaves) -> None:
    leaves("r1", question="Do you sell gift cards?", asked_at=NOW - timedelta(hours=1))
    leaves("r2", question="Is there parking?", asked_at=NOW - timedelta(hours=2))
    page = ana.get("/follow-ups").text
    assert page.index("parking") < page.index("gift cards")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TextMessage(status=TextStatus.SENDING, at=NOW, version=1), "The answer is being texted"),
        (TextMessage(status=TextStatus.SENT, at=NOW, version=1), "The answer was texted"),
        (TextMessage(status=TextStatus.SENT, at=NOW, version=0), "An earlier answer was texted"),
        (
            TextMessage(status=TextStatus.FAILED, at=NOW, version=1, problem="No such number."),
            "The answer could not be texted: No such number.",
        ),
        (
            TextMessage(status=TextStatus.FAILED, at=NOW, version=1, may_have_arrived=True, problem="nobody knows"),
            "The text may not have arrived: nobody knows",
        ),
    ],
    ids=["sending", "sent", "earlier", "failed", "unknown"],
)
def test_what_became_of_a_text_to_the_caller_is_told(
    ana: Browser, leaves: Leaves, text: TextMessage, said: str
) -> None:
    leaves(**an_answer(caller_text=text))
    page = told(ana.get("/follow-ups").text)
    assert said in page
    assert "Yes, in the yard. Rosa" in page


@pytest.mark.parametrize("fields", [{}, an_answer()], ids=["without an answer", "with one"])
def test_called_back_and_nothing_to_do_take_it_off_the_list(
    ana: Browser, leaves: Leaves, salon: Store, fields: dict[str, Any]
) -> None:
    leaves("r1", **fields), leaves("r2", **fields)
    shown = str(now(salon).answer_version)
    reply = ana.post("/follow-ups/r1/called-back", version=shown)
    assert (reply.status_code, reply.location) == (303, "/follow-ups")
    assert (now(salon).status, now(salon).closed_at) == (Status.FOLLOWED_UP, NOW)
    assert "the caller was called back" in ana.get("/follow-ups").text
    ana.post("/follow-ups/r2/close", version=shown)
    assert now(salon, "r2").status is Status.CLOSED
    page = ana.get("/follow-ups").text
    assert "Nobody is owed anything" in page
    assert "called back" not in page, "said once"


def test_a_call_back_that_was_promised_on_the_call_stays_until_it_is_made(
    ana: Browser, leaves: Leaves, salon: Store
) -> None:
    wish = Callback(number=NUMBER, asked_at=NOW)
    leaves(**an_answer(status=Status.DELIVERED, teaches=False, callback=wish, delivered_at=NOW))
    page = told(ana.get("/follow-ups").text)
    assert "1 caller is owed something" in page
    assert "Heard by the caller" in page
    assert "Nobody heard" not in page
    ana.post("/follow-ups/r1/called-back", version="1")
    assert now(salon).status is Status.FOLLOWED_UP
    assert "Nobody is owed anything" in ana.get("/follow-ups").text


def test_an_answer_can_be_given_where_there_is_none(ana: Browser, leaves: Leaves, salon: Store) -> None:
    leaves("r1"), leaves("r2", **an_answer())
    page = ana.get("/follow-ups").text
    assert 'action="/follow-ups/r1/answer"' in page
    assert 'action="/follow-ups/r2/answer"' not in page
    ana.post("/follow-ups/r1/answer", answer="  Yes, in the street. ")
    request = now(salon)
    assert (request.status, request.accepted_answer) == (Status.FOLLOW_UP, "Yes, in the street.")
    assert request.answered_by is not None
    assert request.answered_by.name == "Ana"


def test_it_is_told_when_an_answer_will_be_texted_and_whether_the_line_learns_it(ana: Browser, leaves: Leaves) -> None:
    will_be_texted, learns = "your words are texted to the caller, who agreed to it", "the line will know it"
    leaves(callback=Callback(number=NUMBER, consents_to_text=True, asked_at=NOW))
    page = told(ana.get("/follow-ups").text)
    assert (will_be_texted in page, learns in page) == (True, True)
    leaves(teaches=False)
    page = told(ana.get("/follow-ups").text)
    assert (will_be_texted in page, learns in page) == (False, False)


def test_an_answer_that_cannot_be_spoken_is_refused_at_the_field(ana: Browser, leaves: Leaves, salon: Store) -> None:
    leaves("r1"), leaves("r2")
    reply = ana.post("/follow-ups/r1/answer", answer="<b>Yes</b>")
    assert reply.status_code == 422
    at_r1 = reply.text[reply.text.index('id="request-r1"') : reply.text.index('id="request-r2"')]
    assert "has markup" in at_r1
    assert ">&lt;b&gt;Yes&lt;/b&gt;</textarea>" in at_r1
    assert now(salon).status is Status.CALLER_LEFT


def test_what_a_colleague_did_first_is_told_and_the_words_are_kept(ana: Browser, rosa: Browser, leaves: Leaves) -> None:
    leaves()
    rosa.post("/follow-ups/r1/answer", answer="Yes, in the yard.")
    reply = ana.post("/follow-ups/r1/answer", answer="No.")
    assert reply.status_code == 409
    assert "Already taken by Rosa." in reply.text
    assert ">No.</textarea>" in reply.text
    rosa.post("/follow-ups/r1/called-back", version="1")
    reply = ana.post("/follow-ups/r1/close", version="1")
    assert reply.status_code == 409
    assert "A request that is followed up cannot be closed." in reply.text
    reply = ana.post("/follow-ups/r1/called-back", version="1")
    assert reply.status_code == 409
    assert "Rosa has done that already." in reply.text


@pytest.mark.parametrize("verb", ["called-back", "close"])
def test_an_answer_that_the_page_did_not_show_is_shown_before_it_is_settled(
    ana: Browser, rosa: Browser, leaves: Leaves, salon: Store, verb: str
) -> None:
    leaves()
    forms = ana.get("/follow-ups").text
    assert forms.count('name="version" value="0"') == 2
    rosa.post("/follow-ups/r1/answer", answer="Yes, in the yard.")
    reply = ana.post(f"/follow-ups/r1/{verb}", version="0")
    assert reply.status_code == 409
    assert "Rosa has answered this meanwhile: read the words, and decide anew." in reply.text
    assert "Yes, in the yard." in reply.text
    assert reply.text.count('name="version" value="1"') == 2
    assert now(salon).status is Status.FOLLOW_UP
    assert ana.post(f"/follow-ups/r1/{verb}", version="1").status_code == 303


@pytest.mark.parametrize("verb", ["called-back", "close"])
@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 5000])
def test_a_form_without_the_answer_it_showed_is_not_whole(
    ana: Browser, leaves: Leaves, salon: Store, verb: str, version: str
) -> None:
    leaves()
    reply = ana.post(f"/follow-ups/r1/{verb}", version=version)
    assert reply.status_code == 400
    assert "load the page again" in reply.text
    assert now(salon).status is Status.CALLER_LEFT


def test_storage_that_does_not_answer_costs_nobody_their_words(
    ana: Browser, leaves: Leaves, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaves()

    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    for door in ("get", "find"):
        monkeypatch.setattr(type(salon), door, away)
    reply = ana.post("/follow-ups/r1/answer", answer="Yes, in the yard.")
    assert reply.status_code == 503
    assert ">Yes, in the yard.</textarea>" in reply.text


def test_the_navigation_counts_what_is_owed(ana: Browser, leaves: Leaves, clock: Clock) -> None:
    assert 'id="owed" hidden>0<' in ana.get("/calls").text
    leaves("r1"), leaves("r2"), leaves("r3", caller_number=None)
    clock.passes(60)
    assert 'id="owed">2<' in ana.get("/calls").text
    ana.post("/follow-ups/r1/close", version="0")
    assert 'id="owed">1<' in ana.get("/").text


def test_an_open_queue_follows_the_count(ana: Browser, leaves: Leaves) -> None:
    leaves()
    stream = Stream(ana)
    stream.next()
    assert 'data-owed="1"' in stream.next().data
    ana.post("/follow-ups/r1/called-back", version="0")
    assert 'data-owed="0"' in stream.next().data
    stream.close()


def test_what_is_owed_is_counted_once_a_minute_for_all_pages(
    ana: Browser, rosa: Browser, salon: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    find = type(salon).find

    def counted(store: Store, query: Query[Any]) -> object:
        if query.kind is HelpRequest and query.where.get("status") == UNHEARD:
            asked.append(query)
        return find(store, query)

    monkeypatch.setattr(type(salon), "find", counted)
    for browser in (ana, rosa):
        browser.get("/calls"), browser.get("/knowledge")
    assert len(asked) == 1
    clock.passes(60)
    ana.get("/calls")
    assert len(asked) == 2


def test_where_it_cannot_be_counted_the_page_is_there_all_the_same(
    ana: Browser, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = type(salon).find

    def away(store: Store, query: Query[Any]) -> object:
        if query.kind is HelpRequest:
            raise Unavailable("it does not answer")
        return find(store, query)

    monkeypatch.setattr(type(salon), "find", away)
    page = ana.get("/knowledge")
    assert page.status_code == 200
    assert 'id="owed" hidden>' in page.text


def test_a_long_list_says_that_it_is_not_all(ana: Browser, salon: Store, leaves: Leaves) -> None:
    for number in range(201):
        leaves(f"r{number:03d}", asked_at=later(number))
    page = ana.get("/follow-ups").text
    assert "200 callers are owed something" in page
    assert "Only the latest are listed" in page
    assert 'id="request-r000"' not in page
    assert 'id="request-r200"' in page


@pytest.mark.parametrize(
    "out_of_reach",
    [{"status": Status.CALLER_LEFT}, {"status": Status.DELIVERED, "teaches": False}],
    ids=["left", "heard"],
)
def test_callers_who_cannot_be_reached_hide_nobody_who_can(
    ana: Browser, leaves: Leaves, out_of_reach: dict[str, Any]
) -> None:
    """Browser callers leave no number, and nobody can close their questions."""
    wish = Callback(number=NUMBER, asked_at=NOW)
    leaves("oldest", **{**out_of_reach, "callback": wish})
    for number in range(250):
        leaves(f"r{number:03d}", asked_at=later(1 + number), caller_number=None, **out_of_reach)
    page = ana.get("/follow-ups").text
    assert "1 caller is owed something" in page
    assert 'id="request-oldest"' in page
    assert "Only the latest" not in page


def test_of_many_who_are_owed_something_among_those_who_cannot_be_reached_the_latest_are_listed(
    ana: Browser, leaves: Leaves
) -> None:
    for number in range(300):
        reach = {"caller_number": None} if number % 3 == 0 else {}
        leaves(f"r{number:03d}", asked_at=later(number), **reach)
    page = ana.get("/follow-ups").text
    assert "200 callers are owed something" in page
    leaves("r300", asked_at=later(300))
    page = ana.get("/follow-ups").text
    assert "200 callers are owed something" in page
    assert "Only the latest are listed" in page
    assert 'id="request-r001"' not in page
    assert 'id="request-r300"' in page


def test_what_callers_left_is_never_markup(ana: Browser, leaves: Leaves) -> None:
    evil = "<script>alert(1)</script>"
    wish = Callback(number=NUMBER, window=evil, asked_at=NOW)
    text = TextMessage(status=TextStatus.FAILED, at=NOW, problem=evil)
    leaves(question=evil, message=evil, details=(evil,), callback=wish, caller_text=text)
    page = ana.get("/follow-ups").text
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)") >= 5


def test_another_organisation_sees_and_does_nothing_of_it(david: Browser, leaves: Leaves, salon: Store) -> None:
    leaves()
    assert "parking" not in david.get("/follow-ups").text
    for verb in ("called-back", "close", "answer"):
        assert david.post(f"/follow-ups/r1/{verb}", answer="Yes.", version="0").status_code == 404
    assert now(salon).status is Status.CALLER_LEFT


def test_who_only_reads_this_page_is_not_at_the_desk(ana: Browser, salon: Store) -> None:
    ana.get("/follow-ups")
    assert salon.get(Presence, "ana") is None
    assert presence.there(salon, at=NOW) is None


def test_what_is_done_elsewhere_is_gone_from_here(ana: Browser, leaves: Leaves, salon: Store) -> None:
    leaves()
    desk.close(salon, "r1", by=ROSA, at=NOW)
    assert "Nobody is owed anything" in ana.get("/follow-ups").text
