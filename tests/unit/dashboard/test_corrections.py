"""An answer that was sent can be corrected, from its card and from its call's page."""

import json

import pytest

from dashboard.acts import DONE
from holdline import desk, line
from holdline.call import Outcome
from holdline.errors import Unavailable
from holdline.help_request import Event, HelpRequest, Status
from holdline.people import PersonRef
from holdline.store import Create, Put, Store, must_get
from tests.builders import NOW, a_call, later
from tests.unit.dashboard.world import ROSA, Browser, Clock, a_question, happens

FIELD = "r1-correction"
WORDS = "Yes, but only for vans."
FROM_THE_CARD = "/help/r1/correct"
FROM_THE_CALL = "/calls/call-1/questions/r1/correct"
both = pytest.mark.parametrize("door", [FROM_THE_CARD, FROM_THE_CALL])


@pytest.fixture(autouse=True)
def answered(salon: Store) -> HelpRequest:
    salon.commit(Create(a_call("call-1")), Create(a_question()))
    return desk.answer(salon, "r1", "Yes, in the yard.", by=ROSA, at=NOW)


def now(salon: Store) -> HelpRequest:
    return must_get(salon, HelpRequest, "r1").record


def heard(salon: Store) -> None:
    happens(salon, Event.SPEAKING_BEGAN, "r1", at=later(1))
    happens(salon, Event.HEARD, "r1", at=later(3))


def page_of(door: str) -> str:
    return "/" if door == FROM_THE_CARD else "/calls/call-1"


@both
def test_the_old_words_stand_in_the_box(ana: Browser, salon: Store, clock: Clock, door: str) -> None:
    heard(salon)
    clock.passes(5)
    page = ana.get(page_of(door)).text
    assert f'action="{door}"' in page
    assert ">Yes, in the yard.</textarea>" in page
    assert "A correction from my supervisor:" in page


@both
def test_a_correction_goes_to_the_caller_in_the_name_of_who_sent_it(ana: Browser, salon: Store, door: str) -> None:
    heard(salon)
    reply = ana.post(door, answer=f"  {WORDS} ", version="1")
    assert (reply.status_code, reply.location) == (303, f"{page_of(door)}#request-r1")
    request = now(salon)
    assert (request.status, request.answer, request.answer_version) == (Status.ANSWERED, WORDS, 2)
    assert request.answered_by == PersonRef(uid="ana", name="Ana")


def test_an_answer_on_its_way_is_replaced(ana: Browser, salon: Store) -> None:
    assert "in place of those on their way" in ana.get("/").text
    ana.post(FROM_THE_CARD, answer=WORDS, version="1")
    assert (now(salon).answer, now(salon).answer_version) == (WORDS, 2)


def test_a_script_is_told_what_became_of_it(ana: Browser, salon: Store) -> None:
    reply = ana.post(FROM_THE_CARD, htmx=True, answer=WORDS, version="1")
    assert reply.status_code == 204
    assert json.loads(reply.headers[DONE]) == {"request": "r1", "verb": "correct", "status": "answered"}
    line.close(salon, "call-1", outcome=Outcome.CALLER_LEFT, at=NOW)
    reply = ana.post(FROM_THE_CARD, htmx=True, answer="No.", version="2")
    assert json.loads(reply.headers[DONE])["status"] == "follow_up"


@both
def test_words_that_cannot_be_spoken_are_refused_at_the_field(ana: Browser, salon: Store, door: str) -> None:
    reply = ana.post(door, answer="<b>No</b>", version="1")
    assert reply.status_code == 422
    assert "has markup" in reply.text[reply.text.index(f'data-note="{FIELD}"') :]
    assert ">&lt;b&gt;No&lt;/b&gt;</textarea>" in reply.text
    assert now(salon).answer_version == 1


def test_the_note_of_a_script_goes_to_the_corrections_field(ana: Browser) -> None:
    reply = ana.post(FROM_THE_CARD, htmx=True, answer=" ", version="1")
    assert (reply.status_code, reply.headers["HX-Retarget"]) == (422, f'[data-note="{FIELD}"]')


@both
def test_of_two_who_correct_the_slower_is_told_by_whom_and_keeps_the_words(
    ana: Browser, rosa: Browser, salon: Store, door: str
) -> None:
    rosa.post(door, answer="Yes, in the street.", version="1")
    reply = ana.post(door, answer=WORDS, version="1")
    assert reply.status_code == 409
    assert "Already taken by Rosa." in reply.text
    assert f">{WORDS}</textarea>" in reply.text
    assert now(salon).answer == "Yes, in the street."


@both
def test_storage_that_does_not_answer_costs_nobody_their_words(
    ana: Browser, salon: Store, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("it does not answer")

    monkeypatch.setattr(type(salon), "get", away)
    reply = ana.post(door, answer=WORDS, version="1")
    assert reply.status_code == 503
    assert f">{WORDS}</textarea>" in reply.text
    assert f'action="{door}"' in reply.text, "where it can be sent again"
    assert 'name="version" value="1"' in reply.text


def test_words_for_a_card_that_has_left_the_queue_are_kept(ana: Browser, salon: Store, clock: Clock) -> None:
    heard(salon)
    clock.passes(120)
    reply = ana.post(FROM_THE_CARD, answer="<b>No</b>", version="1")
    assert reply.status_code == 422
    assert "has markup" in reply.text
    assert ">&lt;b&gt;No&lt;/b&gt;</textarea>" in reply.text
    assert f'action="{FROM_THE_CARD}"' in reply.text


@pytest.mark.parametrize("status", [Status.WAITING, Status.WITHDRAWN, Status.CLOSED])
def test_what_cannot_be_corrected_offers_it_nowhere(ana: Browser, salon: Store, status: Status) -> None:
    salon.commit(Put(now(salon).model_copy(update={"status": status, "closed_at": NOW})))
    for page in ("/", "/calls/call-1"):
        assert "/correct" not in ana.get(page).text
    if status is not Status.WAITING:
        assert ana.post(FROM_THE_CARD, answer=WORDS, version="1").status_code == 409


def test_a_kept_answer_can_be_corrected_from_its_call(ana: Browser, salon: Store) -> None:
    line.close(salon, "call-1", outcome=Outcome.CALLER_LEFT, at=NOW)
    assert "kept for the caller" in ana.get("/calls/call-1").text
    ana.post(FROM_THE_CALL, answer=WORDS, version="1")
    assert (now(salon).status, now(salon).answer) == (Status.FOLLOW_UP, WORDS)


def test_words_that_a_caller_was_told_are_owed_again_once_they_are_corrected(ana: Browser, salon: Store) -> None:
    line.close(salon, "call-1", outcome=Outcome.CALLER_LEFT, at=NOW)
    desk.follow_up(salon, "r1", by=ROSA, at=NOW)
    assert "has been told the words above" in ana.get("/calls/call-1").text
    ana.post(FROM_THE_CALL, answer=WORDS, version="1")
    assert now(salon).status is Status.FOLLOW_UP


@pytest.mark.parametrize("version", ["", "x", "-1"])
def test_a_form_without_its_version_is_not_whole(ana: Browser, version: str) -> None:
    assert ana.post(FROM_THE_CARD, answer=WORDS, version=version).status_code == 400


def test_a_question_is_corrected_on_its_own_call_alone(ana: Browser, david: Browser, salon: Store) -> None:
    salon.commit(Create(a_call("call-2")))
    assert ana.post("/calls/call-2/questions/r1/correct", answer=WORDS, version="1").status_code == 404
    for door in (FROM_THE_CARD, FROM_THE_CALL):
        assert david.post(door, answer=WORDS, version="1").status_code == 404
    salon.commit(Put(a_call("call-1", delete_at=NOW)))
    assert ana.post(FROM_THE_CALL, answer=WORDS, version="1").status_code == 404
    assert now(salon).answer_version == 1
