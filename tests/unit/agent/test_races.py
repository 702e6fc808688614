"""Two things at once: answers, corrections, expiries and the caller's own words may come in any order."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.floor import PATIENCE_S
from agent.words import line as words
from agent.words import lines
from holdline.call import Outcome
from holdline.help_request import Status
from holdline.memory_store import MemoryDatabase
from holdline.store import Store
from tests.unit.agent.studio import SPEECH_S
from tests.unit.agent.whole_line import ANSWER, HOURS, RELAYED, TIMEOUT_S, Line, answered


@pytest.fixture
async def on(database: MemoryDatabase, store: Store) -> AsyncIterator[Line]:
    async with answered(Line(database, store)) as line:
        yield line


async def ask(on: Line) -> None:
    """A question is open, and its hold phrase has been said."""
    on.say("do you have parking")
    assert await on.hears(for_s=5) == [lines("hold")[0]]


async def run_out_of_time(on: Line) -> None:
    """Nobody has answered, and the caller has been told so."""
    await ask(on)
    await asyncio.sleep(TIMEOUT_S)
    assert on.spoken[-1] == words("offer", "expired")


# A repeat of a question whose answer is on its way


async def test_a_repeat_while_the_answer_waits_to_be_said_is_that_question(on: Line) -> None:
    await ask(on)
    on.studio.caller.begin("hello do you have")
    await asyncio.sleep(0.3)
    on.answer()
    await asyncio.sleep(0.5)
    on.studio.caller.end("sorry do you have parking")
    assert await on.hears(for_s=40) == [RELAYED]
    assert [request.status for request in on.requests] == [Status.DELIVERED]


async def test_a_repeat_that_cuts_the_answer_is_that_question(on: Line) -> None:
    await ask(on)
    on.answer()
    await asyncio.sleep(SPEECH_S / 2)
    on.say("sorry do you have parking")
    assert (await on.hears(for_s=40))[-1] == RELAYED
    assert on.spoken[2:] == [RELAYED, RELAYED]
    assert [(request.status, request.cuts) for request in on.requests] == [(Status.DELIVERED, 1)]


async def test_another_question_while_an_answer_waits_to_be_said_is_asked(on: Line) -> None:
    await ask(on)
    on.studio.caller.begin("and do you")
    await asyncio.sleep(0.3)
    on.answer()
    await asyncio.sleep(0.5)
    on.studio.caller.end("and do you sell gift cards")
    assert RELAYED in await on.hears(for_s=10)
    assert [request.status for request in on.requests] == [Status.DELIVERED, Status.WAITING]


# Corrections


async def test_of_an_answer_corrected_while_it_waits_for_the_callers_turn_only_the_new_one_is_said(on: Line) -> None:
    await ask(on)
    on.studio.caller.begin("well you")
    await asyncio.sleep(0.3)
    on.answer("Yes, behind the house.")
    await asyncio.sleep(0.5)
    on.write_by_hand(answer="No, none at all.")
    await asyncio.sleep(0.5)
    on.studio.caller.end("thank you")
    heard = await on.hears(for_s=20)
    assert [text for text in heard if "supervisor confirmed" in text] == ["My supervisor confirmed: No, none at all."]
    assert "Yes, behind the house." not in " ".join(heard)
    (request,) = on.requests
    assert (request.status, request.answer_version, request.accepted_answer) == (
        Status.DELIVERED,
        2,
        "No, none at all.",
    )


async def test_of_an_answer_corrected_while_it_is_said_the_document_shows_what_was_heard_last(on: Line) -> None:
    await ask(on)
    on.answer("Yes, behind the house.")
    await asyncio.sleep(SPEECH_S / 2)
    on.write_by_hand(answer="No, none at all.")
    assert (await on.hears(for_s=1))[-1:] == []
    (request,) = on.requests
    assert request.status is not Status.DELIVERED
    assert await on.hears(for_s=10) == ["A correction from my supervisor: No, none at all."]
    (request,) = on.requests
    assert (request.status, request.answer_version) == (Status.DELIVERED, 2)


# Out of time


async def test_a_caller_who_speaks_on_the_stroke_of_the_expiry_is_answered_told_and_keeps_a_message(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(TIMEOUT_S - 2)
    on.studio.caller.begin("and when do")
    await asyncio.sleep(5)
    on.studio.caller.end("and when do you open")
    assert sorted(await on.hears(for_s=15)) == sorted([HOURS, words("offer", "expired")])
    on.say("tell them that my car is a very big one")
    assert " ".join(await on.hears(for_s=10)) == words("message_taken")
    assert [(request.status, request.message) for request in on.requests] == [
        (Status.EXPIRED, "tell them that my car is a very big one")
    ]


async def test_a_known_question_instead_of_a_message_is_answered_and_the_message_is_still_wanted(on: Line) -> None:
    await run_out_of_time(on)
    on.say("ok and when do you open")
    assert await on.hears(for_s=10) == [HOURS]
    on.say("tell them that my car is a very big one")
    assert " ".join(await on.hears(for_s=10)) == words("message_taken")
    assert [request.message for request in on.requests] == ["tell them that my car is a very big one"]


@pytest.mark.parametrize("apart_s", [1, 4, 8])
async def test_two_questions_out_of_time_get_one_apology_and_one_message(on: Line, apart_s: float) -> None:
    on.say("do you have parking")
    await asyncio.sleep(apart_s)
    on.say("do you sell gift cards")
    await asyncio.sleep(TIMEOUT_S + 10)
    assert [text for text in on.spoken if text == words("offer", "expired")] == [words("offer", "expired")]
    on.say("tell them that i have a big car and a big bag")
    await asyncio.sleep(5)
    assert [(request.status, request.message) for request in on.requests] == [
        (Status.EXPIRED, "tell them that i have a big car and a big bag")
    ] * 2


async def test_an_expiry_whose_writing_was_done_but_not_confirmed_is_an_expiry(on: Line) -> None:
    await ask(on)
    on.storage.loses_confirmations = 1
    await asyncio.sleep(TIMEOUT_S + 5)
    assert on.spoken[-1] == words("offer", "expired")
    on.say("tell them that my car is a very big one")
    await asyncio.sleep(5)
    assert [(request.status, request.message) for request in on.requests] == [
        (Status.EXPIRED, "tell them that my car is a very big one")
    ]


# A caller who does not stop


async def test_words_that_wait_for_the_callers_silence_keep_no_answer_back(on: Line) -> None:
    await ask(on)
    on.studio.caller.begin("well you")
    await asyncio.sleep(0.3)
    notice = asyncio.create_task(on.floor.say("A notice."))
    await asyncio.sleep(0.1)
    on.answer()
    heard = await on.hears(for_s=PATIENCE_S + 1 + SPEECH_S)
    assert heard[:1] == [RELAYED]
    assert [request.status for request in on.requests] == [Status.DELIVERED]
    assert not (await notice).was_heard


async def test_a_caller_who_was_talked_over_is_asked_to_say_it_again_and_asks_anew(on: Line) -> None:
    await ask(on)
    on.studio.caller.begin("and do you sell")
    await asyncio.sleep(0.3)
    on.answer()
    await asyncio.sleep(PATIENCE_S + SPEECH_S / 2)
    on.studio.caller.end("and do you sell gift cards")
    heard = await on.hears(for_s=SPEECH_S + 5)
    assert words("apology", "did_not_hear") in " ".join(heard)
    on.say("do you sell gift cards")
    await asyncio.sleep(5)
    assert [request.status for request in on.requests] == [Status.DELIVERED, Status.WAITING]


async def test_who_asks_the_same_again_when_asked_to_say_it_again_is_told_what_the_line_knows_now(on: Line) -> None:
    await ask(on)
    on.studio.caller.begin("well do you")
    await asyncio.sleep(0.3)
    on.answer()
    await asyncio.sleep(PATIENCE_S + SPEECH_S + 1)
    on.studio.caller.end("well you know")
    await asyncio.sleep(0.5)
    on.say("do you have parking")
    assert (await on.hears(for_s=10))[-1] == ANSWER
    assert len([request for request in on.requests if request.question == "do you have parking"]) == 1


# The end


async def test_a_goodbye_that_the_caller_cuts_does_not_end_the_call(on: Line) -> None:
    on.say("thank you goodbye")
    await asyncio.sleep(1)
    on.say("wait when do you open")
    assert await on.hears(for_s=20) == [HOURS]
    assert on.call.is_live
    assert not on.job.room_is_deleted


async def test_what_is_asked_while_the_call_ends_waits_for_nobody(on: Line) -> None:
    async def slow() -> None:
        await asyncio.sleep(0.3)

    on.ending.on_end(slow)
    on.say("do you have parking")
    await asyncio.sleep(0.2)
    on.ending.begin(Outcome.CALLER_LEFT)
    on.questions.ask("call-1_late", "can I bring my dog", reason="", skill=None, confidence=None, nearest=())
    await asyncio.sleep(5)
    assert on.requests
    assert {request.status for request in on.requests} == {Status.CALLER_LEFT}
    assert on.job.room_is_deleted


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.1, 0.4, 0.5])
async def test_whenever_the_caller_hangs_up_no_question_of_the_call_is_left_open(on: Line, after_s: float) -> None:
    on.say("do you have parking")
    await asyncio.sleep(after_s)
    on.room.leaves("caller")
    await asyncio.sleep(5)
    assert [request.status for request in on.requests if request.status is not Status.CALLER_LEFT] == []
