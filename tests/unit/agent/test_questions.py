"""A question goes to a person once, the caller is told at once, and waiting ends with the answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.utterance import Kind
from agent.words import line as words
from agent.words import lines
from agent.writer import Writer
from holdline import desk, line
from holdline.call import Speaker
from holdline.help_request import Status
from holdline.ladder import Rung
from holdline.store import Put, Store
from tests.builders import ANA, a_claimed_request, later
from tests.unit.agent.asking import DOGS, PARKING, TIMEOUT_S, Line
from tests.unit.agent.fakes import SPEECH_S


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(store, writer)
    yield line
    await line.waiting.close()


async def test_asking_takes_no_time_and_the_caller_is_told_at_once(on: Line) -> None:
    loop = asyncio.get_running_loop()
    on.ask(PARKING)
    assert loop.time() == 0
    assert on.questions.is_waiting
    await on.settled()
    assert [(said.kind, said.text, said.at) for said in on.floor.said] == [(Kind.HOLD, lines("hold")[0], 0.0)]


async def test_the_caller_is_told_even_while_storage_is_slow(on: Line) -> None:
    on.store.is_down = True
    on.ask(PARKING)
    await asyncio.sleep(SPEECH_S)
    assert on.floor.texts == [lines("hold")[0]]


async def test_a_question_becomes_one_request_with_all_that_is_known_of_it(on: Line) -> None:
    on.transcript.add(Speaker.AGENT, "Luxe Beauty Salon, hello!")
    on.transcript.add(Speaker.CALLER, "do you have parking")
    on.ask(PARKING, reason="not known", skill="building", confidence=0.25)
    await on.settled()
    (request,) = on.requests
    assert request.status is Status.WAITING
    assert (request.id, request.call, request.question) == ("call-1_a", "call-1", PARKING)
    assert (request.reason, request.skill, request.confidence) == ("not known", "building", 0.25)
    assert [turn.text for turn in request.context] == ["Luxe Beauty Salon, hello!", "do you have parking"]
    assert request.expires_at == later(TIMEOUT_S)
    assert request.caller == "+1555***0142"


@pytest.mark.parametrize("again", [PARKING, "do you have parking", "so is there any parking"])
async def test_a_repeat_or_a_paraphrase_adds_to_the_open_request(on: Line, again: str) -> None:
    on.ask(PARKING)
    await asyncio.sleep(10)
    on.ask(again, "call-1_b")
    await on.settled()
    (request,) = on.requests
    assert request.details == (again,)
    assert on.floor.texts == [lines("hold")[0], words("still_asking")]


async def test_a_repeat_before_the_first_is_written_is_the_same_question(on: Line) -> None:
    on.store.is_down = True
    on.ask(PARKING)
    on.ask(PARKING, "call-1_b")
    await asyncio.sleep(1)
    on.store.is_down = False
    await on.settled()
    assert [request.details for request in on.requests] == [(PARKING,)]
    assert on.floor.texts == [lines("hold")[0], words("still_asking")]


async def test_a_tool_call_that_is_made_twice_is_one_request(on: Line) -> None:
    on.ask(PARKING)
    on.ask(PARKING)
    await on.settled()
    assert [request.details for request in on.requests] == [()]


async def test_two_different_questions_are_two_requests_with_a_hold_phrase_each(on: Line) -> None:
    on.ask(PARKING)
    on.ask(DOGS, "call-1_b")
    await on.settled()
    assert {request.question for request in on.requests} == {PARKING, DOGS}
    assert on.floor.texts == list(lines("hold")[:2])


async def test_a_question_whose_answer_was_heard_may_be_asked_anew(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    answered = desk.answer(on.store, "call-1_a", "Yes, behind the house.", by=ANA, at=later(61))
    heard = answered.model_copy(update={"status": Status.DELIVERED})
    on.store.commit(Put(heard))
    on.questions.saw(heard)
    on.ask(PARKING, "call-1_b")
    await on.settled()
    assert len(on.requests) == 2


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ({"question": "Is it so? " * 100}, {"question": ("Is it so? " * 100)[:500].strip()}),
        ({"confidence": 85.0}, {"confidence": None}),
        ({"confidence": -1.0}, {"confidence": None}),
        ({"question": "  \n"}, {"question": words("person_wanted"), "teaches": False}),
    ],
)
async def test_a_models_odd_arguments_do_not_lose_the_question(
    on: Line, arguments: dict[str, Any], kept: dict[str, Any]
) -> None:
    on.ask(**{"question": PARKING, **arguments})
    await on.settled()
    (request,) = on.requests
    assert {name: getattr(request, name) for name in kept} == kept


async def test_a_question_that_can_never_be_written_is_not_waited_for(on: Line) -> None:
    on.ask(PARKING, request_id="not/an id")
    await on.settled()
    assert on.floor.texts == [lines("hold")[0], words("apology", "cannot_ask")]
    assert not on.questions.is_waiting


async def test_when_storage_stays_down_the_caller_is_told_and_waits_for_nobody(on: Line) -> None:
    on.store.is_down = True
    on.ask(PARKING)
    await on.settled()
    assert on.floor.texts == [lines("hold")[0], words("apology", "cannot_ask")]
    assert not on.questions.is_waiting


async def test_waiting_ends_with_the_answer(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    assert on.questions.is_waiting
    on.questions.saw(desk.answer(on.store, "call-1_a", "Yes, behind the house.", by=ANA, at=later(61)))
    assert not on.questions.is_waiting


async def test_waiting_goes_on_until_the_last_question_is_answered(on: Line) -> None:
    on.ask(PARKING)
    on.ask(DOGS, "call-1_b")
    await on.settled()
    on.questions.saw(desk.answer(on.store, "call-1_a", "Yes, behind the house.", by=ANA, at=later(61)))
    assert on.questions.is_waiting


async def test_an_older_state_of_an_answered_question_opens_nothing(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    (as_it_was,) = on.requests
    on.questions.saw(desk.answer(on.store, "call-1_a", "Yes, behind the house.", by=ANA, at=later(61)))
    on.questions.saw(as_it_was)
    assert not on.questions.is_waiting


@pytest.mark.parametrize("status", [Status.ANSWERED, Status.SPEAKING])
async def test_a_repeat_of_what_has_been_answered_asks_nobody_until_the_answer_was_heard(
    on: Line, status: Status
) -> None:
    on.ask(PARKING)
    await on.settled()
    answered = desk.answer(on.store, "call-1_a", "Yes, behind the house.", by=ANA, at=later(61))
    on.questions.saw(answered.model_copy(update={"status": status}))
    on.ask(PARKING, "call-1_b")
    await on.settled()
    assert len(on.requests) == 1
    assert on.floor.texts == [lines("hold")[0]]
    assert not on.questions.is_waiting


async def test_a_status_that_a_hand_set_ahead_of_the_answer_ends_no_wait(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    on.questions.saw(on.requests[0].model_copy(update={"status": Status.ANSWERED, "answer": "x" * 501}))
    assert on.questions.is_waiting


async def test_until_open_returns_when_there_is_something_to_wait_for(on: Line) -> None:
    waiting = asyncio.create_task(on.questions.until_open())
    await asyncio.sleep(1)
    assert not waiting.done()
    on.ask(PARKING)
    await asyncio.wait_for(waiting, 1)


async def test_the_call_knows_what_people_are_still_asked(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    assert [stored.record.id for stored in line.live_requests(on.store, "call-1")] == ["call-1_a"]


async def test_somebody_who_comes_and_looks_at_it_is_waited_for(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    (request,) = on.requests
    on.questions.saw(request.model_copy(update={"rung": Rung.NOBODY}))
    assert not on.questions.is_waiting
    on.questions.saw(a_claimed_request(request.id, until=later(60)).model_copy(update={"rung": Rung.NOBODY}))
    assert on.questions.is_waiting


async def test_nobody_waits_on_the_line_for_a_call_back(on: Line) -> None:
    on.ask("The caller asks to be called back.", teaches=False, is_told=False)
    assert not on.questions.is_waiting
    await on.settled()
    assert not on.questions.is_waiting
    assert on.floor.texts == []


async def test_the_steps_of_a_call_back_go_on_although_somebody_answers_its_wish(on: Line) -> None:
    on.ask("The caller asks to be called back.", teaches=False, is_told=False)
    await on.settled()
    on.offer.call_back(on.questions.ids, "call me back")
    desk.answer(on.store, "call-1_a", "Sure.", by=ANA, at=later(0))
    (request,) = on.requests
    on.questions.saw(request)
    assert on.offer.is_open


async def test_who_asks_again_what_nobody_was_there_for_is_offered_a_call_back_again(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    (request,) = on.requests
    on.questions.saw(request.model_copy(update={"rung": Rung.NOBODY}))
    on.ask(PARKING, "call-1_b")
    await on.settled()
    assert on.floor.texts == [lines("hold")[0], words("offer", "nobody")]
    assert on.offer.requests == ("call-1_a",)


async def test_a_question_that_sweep_was_first_to_end_is_told_as_run_out(on: Line) -> None:
    on.ask(PARKING)
    await on.settled()
    line.expire(on.store, "call-1_a", at=later(TIMEOUT_S))
    (request,) = on.requests
    on.questions.saw(request)
    await on.settled()
    assert on.floor.texts[-1] == words("offer", "expired")
    assert on.offer.requests == ("call-1_a",)
