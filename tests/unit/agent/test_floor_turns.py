"""The floor under a real session: who may speak when, and who waits for whom."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.floor import PATIENCE_S, TRIES
from agent.utterance import Kind
from tests.unit.agent.stage import ANSWER, HOLD, REPLY, Stage, Voice
from tests.unit.agent.studio import SPEECH_S


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    async with stage.studio.session(Voice(stage.floor), attach=stage.floor.attach) as session:
        stage.session = session
        yield stage


async def test_an_answer_cuts_hold_words_at_once(stage: Stage) -> None:
    company = asyncio.create_task(stage.floor.say(HOLD, kind=Kind.HOLD))
    await asyncio.sleep(0.5)
    assert (await stage.relay()).was_heard
    assert stage.played == [(0.0, 0.5), (0.5, 2.5)]
    assert (await company).was_cut


async def test_an_answer_drops_hold_words_that_have_not_begun(stage: Stage) -> None:
    await stage.model_speaks()
    company = asyncio.create_task(stage.floor.say(HOLD, kind=Kind.HOLD))
    await asyncio.sleep(0.1)
    assert (await stage.relay()).was_heard
    assert not (await company).was_heard
    assert stage.synthesised == [REPLY, ANSWER]


async def test_an_answer_lets_the_models_sentence_end(stage: Stage) -> None:
    await stage.model_speaks()
    assert (await stage.relay()).was_heard
    assert stage.played == [(0.0, 2.0), (2.0, 4.0)]


async def test_an_answer_lets_a_notice_end(stage: Stage) -> None:
    notice = asyncio.create_task(stage.floor.say("I could not reach anyone."))
    await asyncio.sleep(0.5)
    await stage.relay()
    assert (await notice).was_heard
    assert stage.played == [(0.0, 2.0), (2.0, 4.0)]


async def test_an_answer_waits_for_the_callers_silence_and_the_reply_to_it(stage: Stage) -> None:
    stage.model.script.append(REPLY)
    stage.studio.caller.begin("and another thing")
    await asyncio.sleep(1)
    relay = stage.relay()
    await asyncio.sleep(3)
    assert stage.played == []
    stage.studio.caller.end("and another thing")
    assert (await relay).was_heard
    assert stage.synthesised == [REPLY, ANSWER]
    assert stage.played[0][0] >= 4


async def test_an_answer_is_not_kept_for_ever_by_a_caller_who_does_not_stop(stage: Stage) -> None:
    stage.studio.caller.begin("and then she said")
    await asyncio.sleep(1)
    assert (await stage.relay()).was_heard
    assert stage.played == [(1 + PATIENCE_S, 1 + PATIENCE_S + SPEECH_S)]


async def test_words_that_wait_for_the_callers_silence_are_dropped_for_an_answer_that_waited_long(
    stage: Stage,
) -> None:
    stage.studio.caller.begin("and then she said")
    await asyncio.sleep(1)
    notice = asyncio.create_task(stage.floor.say("I could not reach anyone."))
    await asyncio.sleep(0.1)
    assert (await stage.relay()).was_heard
    assert stage.played[0][0] <= 1.1 + PATIENCE_S + 0.1
    assert not (await notice).was_heard
    assert stage.synthesised == [ANSWER]


async def test_an_answer_that_waited_long_cuts_nothing_that_is_being_said(stage: Stage) -> None:
    stage.synthesiser.speech_s = PATIENCE_S + 5
    greeting = asyncio.create_task(stage.floor.greet("Hello! This is a long story."))
    await asyncio.sleep(1)
    assert (await stage.relay()).was_heard
    assert (await greeting).was_heard


async def test_an_answer_that_is_no_longer_wanted_when_its_turn_comes_is_not_said(stage: Stage) -> None:
    stage.studio.caller.begin("and another thing")
    await asyncio.sleep(0.1)
    is_wanted = True
    relay = asyncio.create_task(
        stage.floor.relay(ANSWER, interruptible=True, is_wanted=lambda: is_wanted, on_first_frame=lambda _: None)
    )
    await asyncio.sleep(1)
    is_wanted = False
    stage.studio.caller.end("and another thing")
    assert not (await relay).was_heard
    assert stage.synthesised == []


async def test_hold_words_that_come_after_an_answer_is_on_its_way_are_dropped(stage: Stage) -> None:
    await stage.model_speaks()
    relay = stage.relay()
    await asyncio.sleep(0.1)
    assert not (await stage.floor.say(HOLD, kind=Kind.HOLD)).was_heard
    assert (await relay).was_heard
    assert stage.synthesised == [REPLY, ANSWER]


async def test_a_model_that_thinks_for_ever_keeps_no_answer_back(stage: Stage) -> None:
    stage.model.thinks_for_s = 1000
    stage.session.generate_reply(user_input="When do you open?")
    await asyncio.sleep(1)
    assert (await stage.relay()).was_heard
    assert stage.played == [(1 + PATIENCE_S, 1 + PATIENCE_S + SPEECH_S)]


async def test_what_is_insisted_on_is_said_again_at_the_next_pause_until_it_was_heard(stage: Stage) -> None:
    insisting = asyncio.create_task(stage.floor.insist("Please tell me your message."))
    await asyncio.sleep(SPEECH_S / 2)
    stage.studio.caller.say("hello")
    assert (await insisting).was_heard
    assert stage.synthesised == ["Please tell me your message."] * 2


async def test_what_is_insisted_on_is_not_insisted_on_for_ever(stage: Stage) -> None:
    stage.synthesiser.failures = 100
    assert not (await stage.floor.insist("Please tell me your message.")).was_heard
    assert len(stage.synthesised) == TRIES


async def test_two_answers_are_spoken_one_after_the_other(stage: Stage) -> None:
    first, second = stage.relay("The first."), stage.relay("The second.")
    assert (await first).was_heard
    assert (await second).was_heard
    assert stage.played == [(0.0, 2.0), (2.0, 4.0)]


async def test_hold_words_are_only_said_into_silence(stage: Stage) -> None:
    await stage.model_speaks()
    assert not await stage.floor.keep_company(HOLD)
    await asyncio.sleep(SPEECH_S)
    assert await stage.floor.keep_company(HOLD)
    assert stage.synthesised == [REPLY, HOLD]


async def test_hold_words_are_not_said_into_the_callers_sentence(stage: Stage) -> None:
    stage.studio.caller.begin("and another thing")
    await asyncio.sleep(0.1)
    assert not await stage.floor.keep_company(HOLD)


async def test_hold_words_are_not_said_while_an_answer_is_on_its_way(stage: Stage) -> None:
    stage.studio.caller.begin("and another thing")
    await asyncio.sleep(0.1)
    relay = stage.relay()
    await asyncio.sleep(1)
    stage.studio.caller.end("and another thing")
    await asyncio.sleep(0.2)
    assert stage.floor.is_quiet
    assert stage.floor.quiet_for_s == 0
    assert not await stage.floor.keep_company(HOLD)
    await relay


async def test_quiet_counts_from_the_last_voice(stage: Stage) -> None:
    await asyncio.sleep(3)
    assert stage.floor.quiet_for_s == pytest.approx(3, abs=0.1)
    saying = asyncio.create_task(stage.floor.say(HOLD))
    await asyncio.sleep(SPEECH_S / 2)
    assert stage.floor.quiet_for_s == 0
    await saying
    await asyncio.sleep(2)
    assert stage.floor.quiet_for_s == pytest.approx(2, abs=0.1)


async def test_it_is_not_quiet_while_the_caller_speaks(stage: Stage) -> None:
    await asyncio.sleep(3)
    stage.studio.caller.begin("hello")
    await asyncio.sleep(0.1)
    assert stage.floor.quiet_for_s == 0


async def test_every_voice_is_announced_as_it_begins(stage: Stage) -> None:
    stage.studio.caller.say("hello")
    await asyncio.sleep(0)
    await asyncio.sleep(3)
    assert stage.voices_at[0] == pytest.approx(0, abs=0.1)


async def test_an_answer_is_announced_before_it_is_even_synthesised(stage: Stage) -> None:
    """So that the music is gone when the first word comes."""
    relay = stage.relay()
    await asyncio.sleep(0)
    assert stage.voices_at == [0]
    assert stage.synthesised == []
    await relay
