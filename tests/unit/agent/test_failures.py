"""Whatever fails, the caller is not left in silence, and is promised nothing that is not kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from agent.patience import TELL_WITHIN_S
from agent.questions import ASK_WITHIN_S
from agent.words import line as words
from agent.words import lines
from holdline.call import Outcome
from holdline.help_request import HelpRequest, Status
from holdline.memory_store import MemoryDatabase
from holdline.store import Store
from tests.builders import NOW
from tests.unit.agent.models import BrokenModel, ScriptedModel
from tests.unit.agent.studio import SPEECH_S
from tests.unit.agent.whole_line import HOURS, RELAYED, TIMEOUT_S, Line, answered


@pytest.fixture
async def on(database: MemoryDatabase, store: Store) -> AsyncIterator[Line]:
    async with answered(Line(database, store)) as line:
        yield line


@pytest.fixture(params=["at once", "after some tries", "in mid-sentence"])
async def without_model(database: MemoryDatabase, store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    model = {
        "at once": BrokenModel(),
        "after some tries": BrokenModel(is_tried_again=True),
        "in mid-sentence": BrokenModel(is_tried_again=True, says_first="Let me "),
    }
    async with answered(Line(database, store, model=model[request.param])) as line:
        yield line


# The model


async def test_without_the_model_a_known_question_is_answered_once(without_model: Line) -> None:
    without_model.say("when do you open")
    heard = await without_model.hears(for_s=60)
    assert heard[-1] == HOURS
    assert heard.count(HOURS) == 1


async def test_without_the_model_an_unknown_question_is_asked_once_and_its_answer_heard(without_model: Line) -> None:
    without_model.say("do you have parking")
    heard = await without_model.hears(for_s=20)
    assert Counter(heard)[lines("hold")[0]] == 1
    assert words("still_asking") not in heard
    (request,) = without_model.requests
    assert (request.question, request.status, request.details) == ("do you have parking", Status.WAITING, ())
    without_model.answer()
    assert RELAYED in await without_model.hears(for_s=5)


async def test_without_the_model_a_goodbye_is_returned_and_ends_the_call(without_model: Line) -> None:
    without_model.say("thank you goodbye")
    heard = await without_model.hears(for_s=30)
    assert " ".join(heard) == words("goodbye")
    assert without_model.call.outcome is Outcome.AGENT_ENDED
    assert without_model.job.room_is_deleted


async def test_without_the_model_every_turn_is_taken(without_model: Line) -> None:
    for _ in range(3):
        without_model.say("when do you open")
        assert (await without_model.hears(for_s=30))[-1] == HOURS


async def test_a_model_that_fails_once_and_then_replies_is_not_helped_out(
    database: MemoryDatabase, store: Store
) -> None:
    model = ScriptedModel(f"Good question! {HOURS}")
    model.failures = 1
    async with answered(Line(database, store, model=model)) as line:
        line.say("when do you open")
        assert " ".join(await line.hears(for_s=30)) == f"Good question! {HOURS}"


# The voice


@pytest.mark.parametrize("is_answered_before", [True, False])
async def test_a_model_that_counts_its_tool_calls_anew_in_each_reply_has_every_question_asked(
    database: MemoryDatabase, store: Store, is_answered_before: bool
) -> None:
    model = ScriptedModel("do you have parking", "can i bring my dog", asks=True)
    async with answered(Line(database, store, model=model)) as line:
        line.say("do you have parking")
        await asyncio.sleep(5)
        if is_answered_before:
            line.answer()
            await asyncio.sleep(5)
        line.say("can i bring my dog")
        await asyncio.sleep(5)
        assert [request.question for request in line.requests] == ["do you have parking", "can i bring my dog"]
        assert line.requests[1].status is Status.WAITING


async def test_a_reply_that_found_no_voice_is_said_once_there_is_one(on: Line) -> None:
    on.synthesiser.failures = 1
    on.say("when do you open")
    assert await on.hears(for_s=60) == [HOURS, HOURS]
    assert len(on.studio.loudspeaker.played) == 2


async def test_hold_words_that_found_no_voice_repeat_no_reply(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.say("when do you open")
    await asyncio.sleep(5)
    on.synthesiser.failures = 1
    assert HOURS not in await on.hears(for_s=30)
    assert on.synthesiser.failures == 0


# Noises


async def test_a_reply_that_a_noise_cut_is_said_again_until_it_was_heard(on: Line) -> None:
    on.say("when do you open")
    await asyncio.sleep(1)
    on.studio.caller.begin("uh")
    await asyncio.sleep(0.8)
    on.studio.caller.end("um")
    assert await on.hears(for_s=60) == [HOURS]
    assert on.spoken[1:] == [HOURS, HOURS]
    assert [played.was_cut for played in on.studio.loudspeaker.played[1:]] == [True, False]


async def test_a_reply_that_a_caller_cut_with_words_is_not_said_again(on: Line) -> None:
    on.say("when do you open")
    await asyncio.sleep(1)
    on.say("thank you very much")
    assert HOURS not in await on.hears(for_s=60)


async def test_a_reply_that_was_cut_by_the_next_question_is_not_said_again_nor_the_next_one_twice(on: Line) -> None:
    on.say("hello")
    await asyncio.sleep(1)
    on.say("when do you open")
    assert await on.hears(for_s=60) == [HOURS]


async def test_hold_words_that_a_noise_cut_are_not_said_again(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(1)
    assert on.spoken[-1] == lines("hold")[0]
    on.say("um")
    assert await on.hears(for_s=7) == []


async def test_a_reply_that_a_noise_cut_is_not_said_again_once_it_is_no_longer_true(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.say("ok thank you")
    await asyncio.sleep(1)
    on.studio.caller.begin("uh")
    on.answer()
    await asyncio.sleep(0.8)
    on.studio.caller.end("um")
    heard = await on.hears(for_s=20)
    assert RELAYED in heard
    assert words("still_asking") not in heard[heard.index(RELAYED) :]


async def test_a_goodbye_that_a_noise_cut_is_said_again_and_ends_the_call(on: Line) -> None:
    on.say("thank you goodbye")
    await asyncio.sleep(1)
    on.say("um")
    assert " ".join(await on.hears(for_s=30)) == words("goodbye")
    assert not on.studio.loudspeaker.played[-1].was_cut
    assert on.call.outcome is Outcome.AGENT_ENDED


# Storage


async def test_a_question_that_could_not_be_asked_is_promised_nothing(on: Line) -> None:
    on.storage.is_down = True
    on.say("do you have parking")
    heard = await on.hears(for_s=ASK_WITHIN_S + SPEECH_S + 8)
    assert heard[-1] == words("apology", "cannot_ask")
    assert "message" not in heard[-1]
    assert "get back" not in heard[-1]
    assert await on.hears(for_s=30) == []
    assert not on.music.is_playing


async def test_once_storage_is_back_a_question_that_could_not_be_asked_may_be_asked_again(on: Line) -> None:
    on.storage.is_down = True
    on.say("do you have parking")
    await asyncio.sleep(90)
    on.storage.is_down = False
    await asyncio.sleep(60)
    on.say("do you have parking")
    assert await on.hears(for_s=5) == [lines("hold")[1]]
    assert [(request.status, request.message) for request in on.requests] == [(Status.WAITING, None)]


async def test_an_answer_to_a_question_that_was_written_late_is_heard_all_the_same(on: Line) -> None:
    on.storage.is_down = True
    on.say("do you have parking")
    await asyncio.sleep(ASK_WITHIN_S + 5)
    on.storage.is_down = False
    await asyncio.sleep(20)
    on.answer()
    assert await on.hears(for_s=5) == [RELAYED]


async def test_who_asks_again_what_was_written_late_is_kept_company_like_anybody(on: Line) -> None:
    on.storage.is_down = True
    on.say("do you have parking")
    await asyncio.sleep(ASK_WITHIN_S + 5)
    on.storage.is_down = False
    await asyncio.sleep(5)
    assert [request.status for request in on.requests] == [Status.WAITING]
    on.say("do you have parking")
    assert await on.hears(for_s=5) == [lines("hold")[1]]
    (company,) = await on.hears(for_s=10)
    assert company in lines("progress")
    assert len(on.requests) == 1
    assert (await on.hears(for_s=TIMEOUT_S))[-1] == words("offer", "expired")


async def test_without_storage_the_caller_is_told_in_time_that_nobody_answered(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    (request,) = on.requests
    on.storage.is_down = True
    await asyncio.sleep(TIMEOUT_S)
    assert on.spoken[-1] == words("offer", "expired")
    told_after_s = on.studio.loudspeaker.played[-1].at - (request.expires_at - NOW).total_seconds()
    assert told_after_s < TELL_WITHIN_S + 1


async def test_a_message_left_while_storage_is_away_is_kept_once_it_is_back(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.storage.is_down = True
    await asyncio.sleep(TIMEOUT_S + 5)
    on.say("tell them that my car is a very big one")
    assert " ".join(await on.hears(for_s=5)) == words("message_taken")
    on.storage.is_down = False
    await asyncio.sleep(30)
    assert [(request.status, request.message) for request in on.requests] == [
        (Status.EXPIRED, "tell them that my car is a very big one")
    ]


# What people break by hand


@pytest.mark.parametrize("fields", [{"answer": "x" * 501}, {"answer": "<b>Yes</b>"}, {}])
async def test_a_status_set_by_hand_without_an_answer_to_speak_ends_no_wait(on: Line, fields: dict[str, str]) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.write_by_hand(status="answered", **fields)
    assert set(await on.hears(for_s=30)) <= set(lines("progress"))
    assert await on.hears(for_s=10) != []
    await asyncio.sleep(TIMEOUT_S)
    assert on.spoken[-1] == words("offer", "expired")
    assert [request.status for request in on.requests] == [Status.EXPIRED]


async def test_a_refused_answer_says_why_beside_it_and_a_mended_one_is_heard(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.write_by_hand(status="answered", answer="x" * 501)
    await asyncio.sleep(5)
    (request,) = on.requests
    assert request.problem is not None
    on.write_by_hand(answer="Yes, behind the house.")
    assert await on.hears(for_s=5) == ["My supervisor confirmed: Yes, behind the house."]


# Our own defects


async def test_an_answer_that_cannot_be_learned_keeps_the_next_from_nobody(
    on: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: HelpRequest, **_: object) -> None:
        raise ValueError(request.id)

    monkeypatch.setattr(on.known, "told", fail)
    for question in ("do you have parking", "do you sell gift cards"):
        on.say(question)
        await asyncio.sleep(5)
        (waiting,) = [request for request in on.requests if request.status is Status.WAITING]
        on.answer_request(waiting.id)
        assert await on.hears(for_s=5) == [RELAYED]
    assert [request.status for request in on.requests] == [Status.DELIVERED] * 2
    assert "could not be said" in caplog.text
