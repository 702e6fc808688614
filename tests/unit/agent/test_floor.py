"""The floor under a real session: what reaches the synthesiser, and what counts as heard."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from livekit import rtc
from livekit.agents import AgentSession

from agent.floor import Floor
from agent.pipelines.espeak_tts import EspeakTTS
from agent.utterance import Kind, Utterance
from tests.unit.agent.stage import ANSWER, HOLD, REPLY, Stage, Voice
from tests.unit.agent.studio import SPEECH_S


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    async with stage.studio.session(Voice(stage.floor), attach=stage.floor.attach) as session:
        stage.session = session
        yield stage


# What reaches the synthesiser


@pytest.mark.parametrize(
    "text",
    [
        "# 3 is the code",
        "5 ~~old~~ new",
        "*Not* _really_ `sure`, see [here](https://example.com).",
        "Grüße aus Köln — 40 €, naïve café, 東京, 🙂",
        "Two  spaces, and a tail ",
        "Press # then *9*.",
        "<3 & so on: 1 < 2 > 0",
        "A. B. C. D." * 45,
    ],
)
async def test_a_persons_words_reach_the_synthesiser_as_they_were_written(stage: Stage, text: str) -> None:
    said = await stage.relay(text)
    assert stage.synthesised == [text]
    assert said.text_synthesised == text
    assert said.was_heard


async def test_espeak_says_every_sign_of_a_persons_words_and_is_heard() -> None:
    stage = Stage()
    stage.studio.synthesiser = EspeakTTS()
    async with stage.studio.session(Voice(stage.floor), attach=stage.floor.attach):
        said = await stage.relay("# 3 is the code: 5 ~~old~~ new, 40 €.")
    assert said.text_synthesised == "# 3 is the code: 5 ~~old~~ new, 40 €."
    assert said.was_heard
    assert said.audio_s > 2


async def test_a_models_reply_that_is_made_while_our_own_words_play_is_not_taken_for_them(stage: Stage) -> None:
    notice = asyncio.create_task(stage.floor.say(HOLD))
    await asyncio.sleep(SPEECH_S / 2)
    stage.model.script.append(REPLY)
    stage.session.generate_reply(user_input="When do you open?")
    await asyncio.sleep(2 * SPEECH_S)
    assert (await notice).was_heard
    assert [text.strip() for text in stage.synthesised] == [HOLD, REPLY]
    assert stage.played == [(0.0, 2.0), (2.0, 4.0)]


async def test_a_models_reply_is_not_taken_for_our_own_words_that_are_queued_behind_it(stage: Stage) -> None:
    stage.model.script.append(REPLY)
    stage.session.generate_reply(user_input="When do you open?")
    assert (await stage.floor.say("# 3 is *ours*")).was_heard
    assert [text.strip() for text in stage.synthesised] == [REPLY, "# 3 is *ours*"]


async def test_our_own_words_that_are_made_while_a_models_reply_plays_are_heard_as_they_stand(stage: Stage) -> None:
    await stage.model_speaks()
    assert (await stage.floor.say("# 3 is *ours*")).was_heard
    assert stage.synthesised == [REPLY, "# 3 is *ours*"]


# What counts as heard


async def test_what_was_played_to_its_end_was_heard(stage: Stage) -> None:
    said = await stage.floor.say(HOLD)
    assert said.was_heard
    assert said.synthesised_at is not None
    assert said.first_frame_at is not None
    assert said.synthesised_at <= said.first_frame_at
    assert stage.said == [said]


async def test_the_first_frame_is_told_when_it_plays_and_not_when_the_sentence_is_over(stage: Stage) -> None:
    began: list[float] = []
    await stage.floor.relay(ANSWER, interruptible=True, on_first_frame=lambda _: began.append(stage.loop.time()))
    assert began == [pytest.approx(0, abs=0.1)]
    assert stage.loop.time() == pytest.approx(SPEECH_S, abs=0.1)


async def test_what_the_caller_cut_was_not_heard(stage: Stage) -> None:
    relay = stage.relay()
    await asyncio.sleep(SPEECH_S / 2)
    stage.studio.caller.say("wait a moment please")
    said = await relay
    assert said.was_cut
    assert not said.was_heard
    assert said.first_frame_at is not None
    assert said.played_s < SPEECH_S


async def test_what_nobody_waits_for_any_more_is_not_said_later(stage: Stage) -> None:
    await stage.model_speaks()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stage.floor.say(HOLD), 0.1)
    await asyncio.sleep(3 * SPEECH_S)
    assert stage.synthesised == [REPLY]


async def test_what_was_cut_before_it_began_was_not_heard_and_never_began(stage: Stage) -> None:
    await stage.model_speaks()
    queued = asyncio.create_task(stage.floor.say(HOLD))
    await asyncio.sleep(0.1)
    stage.session.interrupt()
    said = await queued
    assert not said.was_heard
    assert said.first_frame_at is None
    assert stage.synthesised == [REPLY]


async def test_with_a_failing_synthesiser_nothing_was_heard_and_the_next_words_are(stage: Stage) -> None:
    stage.synthesiser.failures = 1
    silent = await stage.floor.say(HOLD)
    assert not silent.was_heard
    assert silent.first_frame_at is None
    assert (await stage.floor.say(HOLD)).was_heard


async def test_an_uninterruptible_relay_is_heard_though_the_caller_speaks(stage: Stage) -> None:
    relay = stage.relay(interruptible=False)
    await asyncio.sleep(SPEECH_S / 2)
    stage.studio.caller.say("hello are you there")
    assert (await relay).was_heard


async def test_words_of_the_caller_that_an_answer_drowned_are_known_of(stage: Stage) -> None:
    relay = stage.relay(interruptible=False)
    await asyncio.sleep(SPEECH_S / 2)
    stage.studio.caller.say("hello are you there")
    assert (await relay).was_talked_over


@pytest.mark.parametrize("interruptible", [True, False])
async def test_an_answer_into_silence_drowned_nobody(stage: Stage, interruptible: bool) -> None:
    assert not (await stage.relay(interruptible=interruptible)).was_talked_over


async def test_an_answer_over_a_caller_who_does_not_stop_drowned_the_caller(stage: Stage) -> None:
    stage.studio.caller.begin("and then she said")
    await asyncio.sleep(0.1)
    assert (await stage.relay()).was_talked_over


async def test_a_callers_hello_does_not_cut_the_greeting(stage: Stage) -> None:
    greeting = asyncio.create_task(stage.floor.greet("Luxe Beauty Salon, hello!"))
    await asyncio.sleep(SPEECH_S / 2)
    stage.studio.caller.say("hello")
    assert (await greeting).was_heard


@pytest.mark.parametrize(
    ("change", "was_heard"),
    [
        ({}, True),
        ({"played_s": 1.9}, True),
        ({"was_cut": True}, False),
        ({"played_s": 1.8}, False),
        ({"text_synthesised": "Yes, behind the house"}, False),
        ({"text_synthesised": None}, False),
        ({"audio_s": 0.0, "played_s": 0.0}, False),
        ({"audio_s": 0.1, "played_s": 0.0}, False),
    ],
)
def test_heard_is_the_whole_text_and_all_of_its_sound(change: dict[str, object], was_heard: bool) -> None:
    said = Utterance(Kind.RELAY, "Yes.", text_synthesised="Yes.", audio_s=2.0, played_s=2.0)
    for name, value in change.items():
        setattr(said, name, value)
    assert said.was_heard is was_heard


# Whose words they are


async def test_the_floor_owns_its_words_and_no_others(stage: Stage) -> None:
    owned: dict[str, bool] = {}
    stage.session.on(
        "conversation_item_added",
        lambda event: owned.update({event.item.text_content: stage.floor.owns(event.item)}),
    )
    await stage.model_speaks()
    await stage.relay()
    assert owned[ANSWER] is True
    assert owned[REPLY] is False


async def test_an_answer_enters_the_conversation_that_the_model_sees(stage: Stage) -> None:
    await stage.relay()
    assert ANSWER in [item.text_content for item in stage.session.history.messages()]


# The end


async def test_once_silenced_nothing_more_is_said(stage: Stage) -> None:
    stage.floor.silence()
    for said in (await stage.floor.say(HOLD), await stage.relay(), await stage.floor.greet("Hello!")):
        assert not said.was_heard
    assert not await stage.floor.keep_company(HOLD)
    assert stage.synthesised == []


@pytest.mark.parametrize("interruptible", [True, False])
async def test_silence_cuts_what_is_being_said(stage: Stage, interruptible: bool) -> None:
    relay = stage.relay(interruptible=interruptible)
    await asyncio.sleep(0.5)
    stage.floor.silence()
    assert not (await relay).was_heard
    assert stage.played == [(0.0, 0.5)]


async def test_silence_cuts_the_models_sentence_and_what_is_queued_behind_it(stage: Stage) -> None:
    await stage.model_speaks()
    queued = asyncio.create_task(stage.floor.say(HOLD))
    await asyncio.sleep(0.1)
    stage.floor.silence()
    assert not (await queued).was_heard
    assert stage.played == [(0.0, 1.1)]
    assert stage.synthesised == [REPLY]


async def test_once_silenced_the_model_is_not_heard_either(stage: Stage) -> None:
    stage.floor.silence()
    stage.model.script.append(REPLY)
    stage.studio.caller.say("When do you open?")
    await asyncio.sleep(5)
    assert stage.played == []


async def test_to_speak_on_a_session_that_is_over_is_no_error(stage: Stage) -> None:
    await stage.session.aclose()
    assert not (await stage.floor.say(HOLD)).was_heard
    assert not (await stage.relay()).was_heard
    assert not await stage.floor.keep_company(HOLD)
    stage.floor.silence()


async def test_a_session_that_closes_while_an_answer_waits_is_no_error(stage: Stage) -> None:
    stage.studio.caller.begin("and another thing")
    await asyncio.sleep(0.1)
    relay = stage.relay()
    await asyncio.sleep(0.1)
    await stage.session.aclose()
    assert not (await relay).was_heard


async def test_before_it_has_a_session_it_is_silent_and_not_quiet() -> None:
    floor = Floor(on_voice=lambda: None, on_said=lambda _: None)
    assert not (await floor.say(HOLD)).was_heard
    assert floor.quiet_for_s == 0
    floor.silence()


async def test_without_a_loudspeaker_it_does_not_start() -> None:
    floor = Floor(on_voice=lambda: None, on_said=lambda _: None)
    async with AgentSession[None]() as session:
        with pytest.raises(RuntimeError, match="no audio output"):
            floor.attach(session)


# A recorded voice


async def test_a_recording_is_heard_to_its_end_without_a_synthesiser(stage: Stage) -> None:
    said = await stage.floor.play("One moment, please.", a_second_of_sound)
    assert stage.synthesised == []
    assert said.was_heard
    assert said.audio_s == pytest.approx(1.0)


async def test_a_recording_that_the_caller_cut_was_not_heard(stage: Stage) -> None:
    playing = asyncio.create_task(stage.floor.play("One moment, please.", a_second_of_sound))
    await asyncio.sleep(0.5)
    stage.session.interrupt()
    assert not (await playing).was_heard


async def a_second_of_sound() -> AsyncIterator[rtc.AudioFrame]:
    for _ in range(10):
        yield rtc.AudioFrame(bytes(2 * 1600), 16_000, 1, 1600)
