"""The event of a written help request, once more: which text goes out, from which number, and what is written of it."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from functions.context import replaced
from functions.messages import NO_ACCOUNT, MaybeSent, NotSent
from functions.texting import NO_NUMBER
from holdline import desk, line
from holdline.call import Outcome
from holdline.callback import Callback
from holdline.help_request import HelpRequest, Status
from holdline.ladder import Rung
from holdline.people import Organisation
from holdline.store import Put, Store, must_get
from holdline.text_message import TextMessage, TextStatus
from tests.builders import a_person
from tests.unit.functions.test_learn import ANA, PARKING, REQUEST, deliver
from tests.unit.functions.world import CALL_ID, CALLER, LINE, NOW, World

PHONE = "+15555550144"


@pytest.fixture
def salon(world: World, salon: Store) -> Store:
    """A caller on the line, and Ana on duty."""
    world.ring()
    salon.commit(
        Put(Organisation(id="salon", name="Luxe Beauty Salon", on_duty="ana")),
        Put(a_person(phone=PHONE)),
    )
    return salon


def asked(salon: Store, **fields: Any) -> HelpRequest:
    """A question that nobody at the desk has answered."""
    request = HelpRequest(
        **{
            "id": REQUEST,
            "call": CALL_ID,
            "question": "Do you have parking?",
            "rung": Rung.ON_DUTY,
            "caller_number": CALLER,
            "asked_at": NOW,
            "expires_at": NOW,
            **fields,
        }
    )
    salon.commit(Put(request))
    return request


def answered_late(salon: Store) -> None:
    """The caller has left, and agreed to a text."""
    asked(salon, callback=Callback(consents_to_text=True, asked_at=NOW))
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    desk.answer(salon, REQUEST, PARKING, by=ANA, at=NOW)


def the_request(salon: Store) -> HelpRequest:
    return must_get(salon, HelpRequest, REQUEST).record


def duty_text(salon: Store) -> TextMessage:
    text = the_request(salon).duty_text
    assert text is not None
    return text


def told(world: World) -> None:
    assert deliver(world, to="send_texts").status_code == 200


def test_the_person_on_duty_is_texted_from_the_number_that_the_caller_rang(world: World, salon: Store) -> None:
    asked(salon)
    told(world)
    [(to, sender, words)] = world.texts.sent
    assert (to, sender) == (PHONE, LINE)
    assert words.startswith("Luxe Beauty Salon: a caller is waiting")
    text = duty_text(salon)
    assert (text.status, text.sid, text.to) == (TextStatus.SENT, "SM" + "1".zfill(32), ANA)


def test_the_same_event_however_often_sends_once(world: World, salon: Store) -> None:
    asked(salon)
    world.texts.meanwhile = lambda: told(world)  # another delivery, while the first one is being sent
    told(world)
    told(world)
    assert len(world.texts.sent) == 1


def test_most_events_ask_for_no_text_and_write_nothing(world: World, salon: Store) -> None:
    asked(salon, rung=Rung.ANYONE)
    before = world.documents()
    told(world)
    assert (world.texts.sent, world.documents()) == ([], before)


def test_a_call_that_came_by_no_number_is_texted_about_from_the_first_of_the_organisation(
    world: World, salon: Store
) -> None:
    asked(salon)
    salon.commit(Put(world.call().model_copy(update={"line": "playground"})))
    told(world)
    assert [sender for _, sender, _ in world.texts.sent] == [LINE]


@pytest.mark.parametrize("call", ["broken", "gone"])
def test_a_call_that_cannot_be_read_keeps_nobody_from_being_texted(world: World, salon: Store, call: str) -> None:
    asked(salon)
    world.memory.delete_by_hand(f"orgs/salon/calls/{CALL_ID}")
    if call == "broken":
        world.memory.write_by_hand(f"orgs/salon/calls/{CALL_ID}", {"line": 7})
    told(world)
    assert [sender for _, sender, _ in world.texts.sent] == [LINE]


def test_an_organisation_without_a_number_is_told_how_to_get_one(world: World, salon: Store) -> None:
    asked(salon)
    world.memory.delete_by_hand(f"orgs/salon/calls/{CALL_ID}")
    world.memory.delete_by_hand(f"phone_numbers/{LINE}")
    told(world)
    assert (duty_text(salon).status, duty_text(salon).problem) == (TextStatus.FAILED, NO_NUMBER)


def test_without_an_account_the_document_says_what_to_set(world: World, salon: Store) -> None:
    asked(salon)
    with replaced(replace(world.context(), messages=None)):
        told(world)
    assert (duty_text(salon).status, duty_text(salon).problem) == (TextStatus.FAILED, NO_ACCOUNT)
    assert "TWILIO_ACCOUNT_SID" in NO_ACCOUNT


def test_what_twilio_refuses_stands_beside_the_question_in_words(world: World, salon: Store) -> None:
    world.texts.failure = NotSent("This number cannot receive texts.")
    asked(salon)
    told(world)
    told(world)
    assert (duty_text(salon).problem, duty_text(salon).tries) == ("This number cannot receive texts.", 1)


@pytest.mark.parametrize("failure", [NotSent("Twilio does not answer.", may_repeat=True), MaybeSent("It broke off.")])
def test_the_person_on_duty_is_texted_once_more_where_it_may_not_have_arrived(
    world: World, salon: Store, failure: Exception
) -> None:
    world.texts.failure = failure
    asked(salon)
    told(world)
    world.texts.failure = None
    told(world)  # the echo of what was just written
    told(world)
    assert len(world.texts.sent) == 1
    assert (duty_text(salon).status, duty_text(salon).tries) == (TextStatus.SENT, 2)


def test_a_late_answer_is_texted_to_its_caller_and_followed_up_thereby(world: World, salon: Store) -> None:
    answered_late(salon)
    told(world)
    told(world)
    [(to, sender, words)] = world.texts.sent
    assert (to, sender) == (CALLER, LINE)
    assert words == f'Luxe Beauty Salon: you asked "Do you have parking?" Our answer: {PARKING}'
    assert the_request(salon).status is Status.FOLLOWED_UP


@pytest.mark.parametrize("failure", [NotSent("Twilio does not answer.", may_repeat=True), MaybeSent("It broke off.")])
def test_a_caller_is_not_texted_again_and_the_question_stays_with_people(
    world: World, salon: Store, failure: Exception
) -> None:
    world.texts.failure = failure
    answered_late(salon)
    told(world)
    world.texts.failure = None
    told(world)
    request = the_request(salon)
    assert world.texts.sent == []
    assert request.caller_text is not None
    assert (request.status, request.caller_text.status) == (Status.FOLLOW_UP, TextStatus.FAILED)
    unknown = isinstance(failure, MaybeSent)
    assert ("it is not known whether it was sent" in str(request.caller_text.problem)) == unknown


def test_a_correction_is_texted_when_it_comes(world: World, salon: Store) -> None:
    answered_late(salon)
    told(world)
    desk.correct(salon, REQUEST, "No, not any more.", by=ANA, at=NOW)
    told(world)
    told(world)
    assert [words.partition('?" ')[2] for _, _, words in world.texts.sent] == [
        f"Our answer: {PARKING}",
        "A correction of our answer: No, not any more.",
    ]


def test_where_the_process_dies_while_it_sends_no_other_one_sends_in_its_place(world: World, salon: Store) -> None:
    answered_late(salon)
    world.texts.failure = RuntimeError("gone")
    assert deliver(world, to="send_texts").status_code >= 500
    world.texts.failure = None
    told(world)
    assert world.texts.sent == []
    request = the_request(salon)
    assert request.caller_text is not None
    assert (request.caller_text.status, request.is_texting) == (TextStatus.SENDING, True), "the sweep looks for it"


def test_log_lines_hold_no_words_and_no_whole_number(
    world: World, salon: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked(salon)
    told(world)
    answered_late(salon)
    for failure in (None, NotSent(f"No {PHONE}."), MaybeSent(f"{PHONE} broke off.")):
        world.texts.failure = failure
        told(world)
    for said in (PHONE, CALLER, LINE, "parking", "building"):
        assert said not in caplog.text
    assert "was sent" in caplog.text


def test_a_person_whose_document_is_broken_is_told_of_beside_the_question(world: World, salon: Store) -> None:
    world.memory.write_by_hand("orgs/salon/people/ana", {"phone": "ring twice"})
    asked(salon)
    told(world)
    assert "people/ana is on duty, and is not valid: phone" in str(duty_text(salon).problem)
