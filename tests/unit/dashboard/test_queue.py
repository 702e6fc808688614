import io
import json
import wave
from collections.abc import Callable

import pytest
from flask import Flask

from dashboard.acts import DONE
from dashboard.preview import VoiceUnavailable
from holdline import desk, line, presence
from holdline.callback import Callback
from holdline.errors import Unavailable
from holdline.help_request import Event, HelpRequest, Status
from holdline.ladder import Rung
from holdline.people import PersonRef
from holdline.store import Create, Put, Store, must_get
from holdline.text_message import TextMessage, TextStatus
from tests.builders import NOW, a_person
from tests.unit.dashboard.world import ROSA, Browser, Clock, a_question, happens


@pytest.fixture(autouse=True)
def waiting(salon: Store) -> HelpRequest:
    request = a_question()
    salon.commit(Create(request))
    return request


def now(salon: Store, request_id: str = "r1") -> HelpRequest:
    return must_get(salon, HelpRequest, request_id).record


def test_a_card_shows_who_waits_for_what_and_how_long(ana: Browser, clock: Clock) -> None:
    clock.passes(75)
    page = ana.get("/").text
    for shown in (
        "1 caller is waiting",
        "Do you have parking?",
        "Nothing is known about parking.",
        "I come by car tomorrow.",
        "+1212***0142",
        "1:15",
        "At 12 Rose Street.",
        ">41<",
        "Yes, that works.",
        "Send to caller",
    ):
        assert shown in page


def test_the_longest_wait_comes_first(ana: Browser, salon: Store, clock: Clock) -> None:
    salon.commit(Create(a_question("r0", question="Do you sell gift cards?", asked_at=NOW.replace(hour=14))))
    page = ana.get("/").text
    assert page.index("gift cards") < page.index("parking")


def test_a_question_of_another_organisation_is_not_there(david: Browser, salon: Store) -> None:
    assert "parking" not in david.get("/").text
    for verb in ("claim", "release", "answer", "preview"):
        assert david.post(f"/help/r1/{verb}", answer="Yes.").status_code == 404
    assert now(salon).status is Status.WAITING


def test_claiming_tells_the_others_who_is_on_it(ana: Browser, rosa: Browser) -> None:
    assert ana.post("/help/r1/claim").location == "/#request-r1"
    assert "You are on it" in ana.get("/").text
    assert "Ana is on it" in rosa.get("/").text


def test_a_claim_that_ran_out_is_no_longer_shown(ana: Browser, rosa: Browser, clock: Clock) -> None:
    ana.post("/help/r1/claim")
    clock.passes(121)
    assert "Ana is on it" not in rosa.get("/").text


def test_releasing_gives_the_question_back(ana: Browser, salon: Store) -> None:
    ana.post("/help/r1/claim")
    ana.post("/help/r1/release")
    assert now(salon).status is Status.WAITING


def test_an_answer_is_sent_as_it_was_typed_in_the_name_of_who_typed_it(ana: Browser, salon: Store) -> None:
    ana.post("/help/r1/answer", answer="  Yes, behind the building.  ")
    request = now(salon)
    assert (request.status, request.answer) == (Status.ANSWERED, "Yes, behind the building.")
    assert request.answered_by == PersonRef(uid="ana", name="Ana")


def test_a_script_is_told_what_was_done_and_gets_the_card_by_the_stream(ana: Browser) -> None:
    reply = ana.post("/help/r1/answer", htmx=True, answer="Yes.")
    assert (reply.status_code, reply.text) == (204, "")
    assert json.loads(reply.headers[DONE]) == {"request": "r1", "verb": "answer", "status": "answered"}


def test_a_script_is_told_that_a_late_answer_is_not_on_its_way(ana: Browser, salon: Store) -> None:
    line.expire(salon, "r1", at=NOW)
    reply = ana.post("/help/r1/answer", htmx=True, answer="Yes.")
    assert json.loads(reply.headers[DONE])["status"] == "follow_up"


def test_the_loser_of_a_race_is_told_by_whom_and_keeps_the_words(ana: Browser, rosa: Browser, salon: Store) -> None:
    rosa.post("/help/r1/answer", answer="Yes, in the yard.")
    reply = ana.post("/help/r1/answer", answer="Yes, on the street.")
    assert reply.status_code == 409
    assert "Already taken by Rosa." in reply.text
    assert ">Yes, on the street.</textarea>" in reply.text
    assert now(salon).answer == "Yes, in the yard."


def test_the_note_of_a_script_is_only_the_note(ana: Browser, rosa: Browser) -> None:
    rosa.post("/help/r1/claim")
    reply = ana.post("/help/r1/answer", htmx=True, answer="Yes, on the street.")
    assert (reply.status_code, reply.text) == (409, "Already taken by Rosa.")
    assert reply.headers["HX-Retarget"] == '[data-note="r1"]'
    assert reply.mimetype == "text/plain"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("   ", "The answer is empty"),
        ("a" * 501, "at most 500"),
        ("Yes\x07", "cannot be spoken"),
        ("<b>Yes</b>", "has markup"),
    ],
)
def test_an_answer_that_cannot_be_spoken_is_refused_at_the_field(
    ana: Browser, salon: Store, words: str, why: str
) -> None:
    reply = ana.post("/help/r1/answer", answer=words)
    assert reply.status_code == 422
    assert why in reply.text
    assert now(salon).status is Status.WAITING


def test_a_refused_answer_stays_in_the_box(ana: Browser) -> None:
    assert "&lt;b&gt;Yes&lt;/b&gt;</textarea>" in ana.post("/help/r1/answer", answer="<b>Yes</b>").text


def test_what_callers_and_people_say_is_never_markup(ana: Browser, salon: Store) -> None:
    evil = "<script>alert(1)</script>"
    request = a_question("r2", question=evil, reason=evil, details=(evil,), caller=evil, skill=evil)
    salon.commit(Create(request))
    page = ana.get("/").text
    assert page.count("&lt;script&gt;alert(1)") >= 5
    assert evil not in page


def test_the_steps_of_a_delivery_are_shown_as_they_happen(ana: Browser, salon: Store, clock: Clock) -> None:
    desk.answer(salon, "r1", "Yes.", by=ROSA, at=NOW)
    assert "On its way to the caller" in ana.get("/").text
    line.received(salon, "r1", version=1, at=NOW.replace(microsecond=200_000))
    happens(salon, Event.SPEAKING_BEGAN, "r1", at=NOW.replace(second=1))
    page = ana.get("/").text
    assert "The caller is hearing it now" in page
    assert "+0.2 s" in page
    happens(salon, Event.CUT, "r1", at=NOW.replace(second=2), cuts=1)
    assert "it will be said again" in ana.get("/").text
    happens(salon, Event.SPEAKING_BEGAN, "r1", at=NOW.replace(second=3))
    happens(salon, Event.HEARD, "r1", at=NOW.replace(second=5))
    clock.passes(6)
    page = ana.get("/").text
    assert "Heard by the caller" in page
    assert "+5.0 s" in page


def test_a_delivered_answer_leaves_the_queue_after_a_minute(ana: Browser, salon: Store, clock: Clock) -> None:
    desk.answer(salon, "r1", "Yes.", by=ROSA, at=NOW)
    happens(salon, Event.SPEAKING_BEGAN, "r1", at=NOW)
    happens(salon, Event.HEARD, "r1", at=NOW)
    clock.passes(59)
    assert "Heard by the caller" in ana.get("/").text
    clock.passes(2)
    assert "parking" not in ana.get("/").text


def test_a_question_is_shown_once_however_it_ended(ana: Browser, salon: Store) -> None:
    line.withdraw(salon, "r1", at=NOW)
    assert ana.get("/").text.count('id="request-r1"') == 1


def test_a_late_answer_is_kept_for_a_follow_up(ana: Browser, salon: Store) -> None:
    line.expire(salon, "r1", at=NOW)
    page = ana.get("/").text
    assert "Nobody answered in time" in page
    assert "Keep for follow-up" in page
    ana.post("/help/r1/answer", answer="Yes, behind the building.")
    assert now(salon).status is Status.FOLLOW_UP


def test_a_card_tells_whom_it_is_put_to_and_whose_page_is_to_sound(ana: Browser, salon: Store, clock: Clock) -> None:
    salon.commit(Put(a_person("rosa", name="Rosa", skills=("colour",))))
    presence.beat(salon, ROSA, at=clock.now)
    salon.commit(Put(a_question(skill="colour", rung=Rung.SKILLED)))
    page = ana.get("/").text
    assert "Colour: Rosa first" in page
    assert """data-first='["rosa"]'""" in page
    desk.claim(salon, "r1", by=ROSA, at=clock.now)
    assert "data-first=" in ana.get("/").text, "a claim is nothing new to anybody"
    salon.commit(Put(a_question(skill="colour", rung=Rung.ANYONE)))
    page = ana.get("/").text
    assert "Rosa first" not in page
    assert "data-first=" not in page


def test_a_text_that_could_not_be_sent_is_told_with_its_reason(ana: Browser, salon: Store) -> None:
    text = TextMessage(to=ROSA, status=TextStatus.FAILED, at=NOW, problem="No such number.")
    salon.commit(Put(a_question(rung=Rung.ON_DUTY, duty_text=text)))
    assert "The text to Rosa could not be sent: No such number." in ana.get("/").text


def test_where_and_when_a_caller_wants_to_be_called_is_on_the_card_but_for_the_whole_number(
    ana: Browser, salon: Store
) -> None:
    wish = Callback(number="+12125550177", window="after five", consents_to_text=True, asked_at=NOW)
    for status in (Status.WAITING, Status.EXPIRED):
        salon.commit(Put(a_question(status=status, closed_at=NOW, callback=wish)))
        page = ana.get("/").text
        assert "Wants to be called back on +1212***0177" in page
        assert "after five" in page
        assert "may be texted" in page
        assert "+12125550177" not in page


def test_a_preview_is_the_sound_of_the_words_and_sends_nothing(ana: Browser, salon: Store) -> None:
    reply = ana.post("/help/r1/preview", answer="Yes.")
    assert reply.mimetype == "audio/wav"
    with wave.open(io.BytesIO(reply.data)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 22050)
        assert sound.getnframes() == len("Yes.")
    assert now(salon).status is Status.WAITING


@pytest.mark.parametrize("htmx", [True, False])
def test_a_preview_without_its_voice_says_that_the_answer_can_be_sent_all_the_same(
    app_with: Callable[..., Flask], htmx: bool
) -> None:
    def silent(_: str) -> bytes:
        raise VoiceUnavailable

    ana = Browser(app_with(synthesise=silent).test_client())
    ana.sign_in()
    reply = ana.post("/help/r1/preview", htmx=htmx, answer="Yes, upstairs.")
    assert reply.status_code == 502
    assert "can be sent all the same" in reply.text
    assert htmx or ">Yes, upstairs.</textarea>" in reply.text


def test_a_preview_of_what_cannot_be_spoken_says_why(ana: Browser) -> None:
    reply = ana.post("/help/r1/preview", htmx=True, answer="<b>Yes</b>")
    assert reply.status_code == 422
    assert "markup" in reply.text


@pytest.mark.parametrize("request_id", ["none", "..", "__x__"])
def test_a_request_that_does_not_exist_is_not_found(ana: Browser, request_id: str) -> None:
    assert ana.post(f"/help/{request_id}/claim").status_code == 404


def test_storage_that_does_not_answer_costs_nobody_their_words(
    ana: Browser, monkeypatch: pytest.MonkeyPatch, salon: Store
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("it does not answer")

    monkeypatch.setattr(type(salon), "get", away)
    reply = ana.post("/help/r1/answer", answer="Yes, behind the building.")
    assert reply.status_code == 503
    assert ">Yes, behind the building.</textarea>" in reply.text
    note = ana.post("/help/r1/answer", htmx=True, answer="Yes.")
    assert (note.status_code, note.headers["HX-Retarget"]) == (503, '[data-note="r1"]')
