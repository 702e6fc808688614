"""A text to one of our numbers: whose it must be, what is texted back, and that nobody else gets a word."""

import logging
from typing import Any
from xml.etree import ElementTree

import pytest
from google.events.cloud.firestore import Document, DocumentEventData
from werkzeug.test import TestResponse

from functions.incoming_text import OUR_FAILURE
from holdline import desk, line
from holdline.call import Outcome
from holdline.help_request import HelpRequest, Status
from holdline.ladder import Rung
from holdline.people import Organisation
from holdline.store import Put, Store, must_get
from holdline.text_reply import NO_WORDS, NOTHING_OPEN
from tests.builders import BEN, a_person
from tests.unit.functions.test_learn import REQUEST, deliver
from tests.unit.functions.world import CALL_ID, CALLER, LINE, NOW, PRACTICE_LINE, World

PHONE = "+15555550144"
WORDS = "Yes, there is a car park."


@pytest.fixture
def salon(world: World, salon: Store) -> Store:
    """A caller on the line, whose question was texted to Ana."""
    world.ring()
    salon.commit(
        Put(Organisation(id="salon", name="Luxe Beauty Salon", on_duty="ana")),
        Put(a_person(phone=PHONE)),
        Put(
            HelpRequest(
                id=REQUEST,
                call=CALL_ID,
                question="Do you have parking?",
                rung=Rung.ON_DUTY,
                asked_at=NOW,
                expires_at=NOW,
            )
        ),
    )
    deliver(world, to="send_texts")
    assert len(world.texts.sent) == 1
    return salon


def texted(world: World, body: str = WORDS, **changes: str) -> TestResponse:
    form = {"MessageSid": "SM01", "From": PHONE, "To": LINE, "Body": body, "NumMedia": "0", **changes}
    return world.twilio("twilio_message", form)


def reply(response: TestResponse) -> str | None:
    """The words of the TwiML; None for a reply that has none."""
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    answer = ElementTree.fromstring(response.text)  # noqa: S314 - our own function wrote it
    assert answer.tag == "Response"
    messages = list(answer)
    assert [one.tag for one in messages] == ["Message"] * len(messages)
    return "".join(messages[0].itertext()) if messages else None


def answers(world: World) -> dict[str, Any]:
    """What an answer would change."""
    return {path: fields for path, fields in world.documents().items() if "config_" not in path}


def the_request(salon: Store) -> HelpRequest:
    return must_get(salon, HelpRequest, REQUEST).record


def test_what_the_person_on_duty_texts_is_the_answer(world: World, salon: Store) -> None:
    assert reply(texted(world)) == "Passed on to the caller who asked: Do you have parking?"
    request = the_request(salon)
    assert (request.status, request.accepted_answer) == (Status.ANSWERED, WORDS)
    assert request.answered_by is not None
    assert (request.answered_by.uid, request.answered_by.name) == ("ana", "Ana")


def test_the_same_text_twice_is_one_answer_and_gets_the_same_reply(world: World, salon: Store) -> None:
    first = reply(texted(world))
    before = world.documents()
    assert reply(texted(world)) == first
    assert world.documents() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"From": CALLER},
        {"From": PHONE[:-1]},
        {"From": f"whatsapp:{PHONE}"},
        {"From": "12345"},
        {"From": ""},
        {"To": PRACTICE_LINE},
        {"To": "+12125550999"},
        {"To": ""},
        {"MessageSid": ""},
        {"MessageSid": "../SM01"},
    ],
    ids=lambda changes: " ".join(f"{name}={value}" for name, value in changes.items()),
)
def test_who_is_nobody_of_this_line_gets_no_reply_and_changes_nothing(
    world: World, salon: Store, changes: dict[str, str]
) -> None:
    before = answers(world)
    assert reply(texted(world, **changes)) is None
    assert answers(world) == before


def test_a_person_of_another_organisation_answers_nothing_here(world: World, salon: Store) -> None:
    stranger = "+15555550155"
    world.database.for_org("dental").commit(Put(a_person("dan", name="Dan", phone=stranger)))
    assert reply(texted(world, From=stranger)) is None
    assert the_request(salon).status is Status.WAITING
    assert reply(texted(world, From=stranger, To=PRACTICE_LINE)) == NOTHING_OPEN


def test_who_has_got_another_phone_answers_from_that_and_no_longer_from_the_old_one(world: World, salon: Store) -> None:
    salon.commit(Put(a_person(phone="+15555550166")))
    assert reply(texted(world)) is None
    assert reply(texted(world, From="+15555550166")) == NOTHING_OPEN


def test_of_two_who_share_a_phone_the_one_on_duty_has_answered(world: World, salon: Store) -> None:
    salon.commit(
        Put(a_person("aaron", name="Aaron", phone=PHONE)),
        Put(Organisation(id="salon", name="Luxe Beauty Salon", on_duty="ana")),
    )
    texted(world)
    request = the_request(salon)
    assert request.answered_by is not None
    assert request.answered_by.uid == "ana"


def test_two_people_who_reply_are_told_who_was_first(world: World, salon: Store) -> None:
    desk.answer(salon, REQUEST, "No.", by=BEN, at=NOW)
    assert reply(texted(world)) == "Already answered by Ben, so nothing was passed on."


def test_a_reply_after_the_caller_left_is_a_follow_up(world: World, salon: Store) -> None:
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    assert "Too late for the call" in str(reply(texted(world)))
    assert the_request(salon).status is Status.FOLLOW_UP


@pytest.mark.parametrize(
    ("body", "changes"),
    [("", {}), ("  ", {}), ("", {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/picture"}), ("\U0001f44d", {})],
    ids=["empty", "blank", "a picture", "an emoji"],
)
def test_without_words_nothing_is_passed_on(world: World, salon: Store, body: str, changes: dict[str, str]) -> None:
    assert reply(texted(world, body, **changes)) == NO_WORDS
    assert the_request(salon).status is Status.WAITING


def test_a_form_without_a_body_has_no_words(world: World, salon: Store) -> None:
    assert reply(world.twilio("twilio_message", {"MessageSid": "SM01", "From": PHONE, "To": LINE})) == NO_WORDS


def test_more_than_can_be_spoken_is_refused_with_the_reason(world: World, salon: Store) -> None:
    assert "501 characters; at most 500" in str(reply(texted(world, "x" * 501)))
    assert "markup (&amp;)" in str(reply(texted(world, "salt &amp; pepper", MessageSid="SM02")))
    assert the_request(salon).status is Status.WAITING


def test_an_emoji_beside_words_passes(world: World, salon: Store) -> None:
    texted(world, "Yes \U0001f44d")
    assert the_request(salon).accepted_answer == "Yes \U0001f44d"


def test_several_questions_are_asked_back_with_their_codes(world: World, salon: Store) -> None:
    other = the_request(salon).model_copy(update={"id": "other", "question": "Can I <bring> my dog & cat?"})
    salon.commit(Put(other.model_copy(update={"duty_text": None})))
    path = "orgs/salon/help_requests/other"
    name = f"projects/demo-holdline/databases/(default)/documents/{path}"
    event = DocumentEventData.serialize(DocumentEventData(value=Document(name=name)))
    deliver(world, event, to="send_texts", headers={"ce-document": path})
    _, (_, _, words) = world.texts.sent
    code = words.rpartition("Reply with ")[2][:2]
    listed = str(reply(texted(world)))
    assert f"{code}: Can I <bring> my dog & cat?" in listed
    assert "Passed on" in str(reply(texted(world, f"{code} Only the cat.", MessageSid="SM02")))
    assert must_get(salon, HelpRequest, "other").record.accepted_answer == "Only the cat."


def test_an_order_to_the_network_is_left_to_the_network(world: World, salon: Store) -> None:
    assert reply(texted(world, "STOP")) is None
    assert the_request(salon).status is Status.WAITING


def test_where_storage_fails_the_person_is_told_that_nothing_was_passed_on(world: World, salon: Store) -> None:
    world.without_storage()
    assert reply(texted(world)) == OUR_FAILURE


def test_log_lines_hold_no_words_and_no_whole_number(
    world: World, salon: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given: list[dict[str, Any]] = [
        {},
        {"body": "x" * 501, "MessageSid": "SM02"},
        {"From": CALLER},
        {"From": f"whatsapp:{PHONE}"},
        {"To": "+12125550999"},
    ]
    for changes in given:
        texted(world, **changes)
    world.without_storage()
    texted(world)
    for said in (PHONE, CALLER, LINE, "+12125550999", "car park", "parking", "xxx"):
        assert said not in caplog.text
    assert "+1555***0142 texted +1212***0100, and is nobody of its people" in caplog.text
    assert f"about request {REQUEST}: relayed" in caplog.text
