"""A question without an answer ends too, and every such end has words: never mind, out of time, the call is over."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.patience import TELL_WITHIN_S
from agent.words import line as words
from agent.words import lines
from agent.writer import Writer
from holdline import desk
from holdline.help_request import Status
from holdline.intent import Intent
from holdline.store import Store
from tests.builders import ANA, later
from tests.unit.agent.asking import DOGS, PARKING, TIMEOUT_S, Line
from tests.unit.agent.fakes import SPEECH_S


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(store, writer)
    yield line
    await line.waiting.close()


async def test_never_mind_withdraws_what_was_asked_last(on: Line) -> None:
    on.ask(PARKING)
    on.ask(DOGS, "call-1_b")
    await on.settled()
    assert on.questions.withdraw()
    assert on.questions.is_waiting
    await on.settled()
    assert [request.status for request in on.requests] == [Status.WAITING, Status.WITHDRAWN]
    assert on.questions.withdraw()
    assert not on.questions.is_waiting


async def test_a_question_can_be_withdrawn_while_it_is_being_written(on: Line) -> None:
    on.ask(PARKING)
    assert on.questions.withdraw()
    assert not on.questions.is_waiting
    await on.settled()
    assert [request.status for request in on.requests] == [Status.WITHDRAWN]
    assert not on.questions.is_waiting


async def test_without_a_question_there_is_nothing_to_withdraw(on: Line) -> None:
    assert not on.questions.withdraw()


async def test_nothing_expires_before_its_time(on: Line) -> None:
    on.ask(PARKING)
    await asyncio.sleep(TIMEOUT_S - 0.1)
    on.patience.tick()
    await on.settled()
    assert on.requests[0].status is Status.WAITING


async def test_out_of_time_the_caller_is_told_once_and_a_message_is_kept(on: Line) -> None:
    on.ask(PARKING)
    await asyncio.sleep(TIMEOUT_S)
    on.patience.tick()
    on.patience.tick()
    await on.settled()
    on.patience.tick()
    assert on.floor.texts == [lines("hold")[0], words("offer", "expired")]
    assert not on.questions.is_waiting
    assert on.offer.requests == ("call-1_a",)

    on.offer.reply("Tell them that my car is a very big one.", Intent.question)
    assert not on.offer.is_open
    await on.settled()
    (request,) = on.requests
    assert request.status is Status.EXPIRED
    assert request.message == "Tell them that my car is a very big one."


async def test_two_that_run_out_together_get_one_apology_and_both_get_the_message(on: Line) -> None:
    on.ask(PARKING)
    on.ask(DOGS, "call-1_b")
    await asyncio.sleep(TIMEOUT_S)
    on.patience.tick()
    await on.settled()
    assert on.floor.texts[2:] == [words("offer", "expired")]
    on.offer.reply("Tell them that I have a very big dog.", Intent.question)
    await on.settled()
    assert [(request.status, request.message) for request in on.requests] == [
        (Status.EXPIRED, "Tell them that I have a very big dog.")
    ] * 2


async def test_a_message_is_wanted_only_once_the_caller_was_asked_for_it(on: Line) -> None:
    on.ask(PARKING)
    await asyncio.sleep(TIMEOUT_S)
    on.patience.tick()
    await asyncio.sleep(SPEECH_S / 2)
    wanted = [on.offer.requests]
    await asyncio.sleep(SPEECH_S)
    wanted.append(on.offer.requests)
    assert wanted == [(), ("call-1_a",)]


async def test_an_answer_that_comes_with_the_expiry_wins(on: Line) -> None:
    on.ask(PARKING)
    await asyncio.sleep(TIMEOUT_S)
    desk.answer(on.store, "call-1_a", "Yes, behind the house.", by=ANA, at=later(TIMEOUT_S))
    on.patience.tick()
    await on.settled()
    assert on.requests[0].status is Status.ANSWERED
    assert on.offer.requests == ()
    assert words("offer", "expired") not in on.floor.texts


async def test_the_caller_is_told_of_the_expiry_though_storage_is_down(on: Line) -> None:
    on.ask(PARKING)
    await asyncio.sleep(TIMEOUT_S)
    on.store.is_down = True
    on.patience.tick()
    await on.settled()
    assert on.floor.texts == [lines("hold")[0], words("offer", "expired")]
    assert on.floor.said[-1].at == pytest.approx(TIMEOUT_S + TELL_WITHIN_S, abs=0.1)


async def test_after_closing_nothing_more_is_said(on: Line) -> None:
    on.store.is_down = True
    on.ask(PARKING)
    await asyncio.sleep(SPEECH_S)
    await on.questions.close()
    await on.settled()
    assert on.floor.texts == [lines("hold")[0]]


async def test_after_closing_nothing_more_is_asked(on: Line) -> None:
    await on.questions.close()
    on.ask(PARKING)
    await on.settled()
    assert on.requests == ()
    assert on.floor.texts == []
    assert not on.questions.is_waiting
