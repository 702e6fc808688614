"""The floor under a real session: who may speak when, what reaches the synthesiser, and what counts as heard."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

import pytest
from livekit import rtc
from livekit.agents import Agent, AgentSession, ModelSettings

from agent.floor import PATIENCE_S, TRIES, Floor
from agent.pipelines.espeak_tts import EspeakTTS
from agent.utterance import Kind, Utterance
from tests.unit.agent.studio import SPEECH_S, FakeSynthesiser, ScriptedModel, Studio

HOLD = "Let me check that with my supervisor."
REPLY = "We are open from nine to five."
ANSWER = "My supervisor confirmed: Yes, behind the house."
BREATH_S = 0.5
"""More than passes between the end of a turn and what follows it."""


class Voice(Agent):
    """An agent that speaks through the floor, as the receptionist does."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(instructions="Be kind.")
        self._floor = floor

    async def tts_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterable[rtc.AudioFrame]:
        async for frame in self._floor.synthesise(self, text, model_settings):
            yield frame


class Stage:
    """A floor on its session, with ways to see and to disturb it."""

    def __init__(self, *, model_writes_markup: bool = True) -> None:
        self.model = ScriptedModel()
        self.synthesiser = FakeSynthesiser()
        self.studio = Studio(model=self.model, synthesiser=self.synthesiser)
        self.said: list[Utterance] = []
        self.voices_at: list[float] = []
        self.loop = asyncio.get_running_loop()
        self.floor = Floor(
            on_voice=lambda: self.voices_at.append(self.loop.time()),
            on_said=self.said.append,
            model_writes_markup=model_writes_markup,
        )
        self.session: AgentSession[None]

    @property
    def synthesised(self) -> list[str]:
        return self.synthesiser.texts

    @property
    def played(self) -> list[tuple[float, float]]:
        """From when to when there was sound, to a tenth of a second."""
        return [(round(p.at, 1), round(p.until, 1)) for p in self.studio.loudspeaker.played]

    async def model_speaks(self, text: str = REPLY) -> None:
        """The model is in the middle of a sentence."""
        self.model.script.append(text)
        self.session.generate_reply(user_input="When do you open?")
        await asyncio.sleep(SPEECH_S / 2)
        assert self.studio.loudspeaker.is_playing

    def relay(self, text: str = ANSWER, *, interruptible: bool = True) -> "asyncio.Task[Utterance]":
        return asyncio.create_task(self.floor.relay(text, interruptible=interruptible, on_first_frame=lambda _: None))


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


async def test_a_models_markup_is_not_spoken(stage: Stage) -> None:
    await stage.model_speaks("We are **open** from nine.")
    await asyncio.sleep(SPEECH_S)
    assert [text.strip() for text in stage.synthesised] == ["We are open from nine."]


@pytest.mark.parametrize("text", ["# 3 is the code", "5 ~~old~~ new", "Cuts are 5*3*2 and *not* more"])
async def test_a_model_that_writes_no_markup_is_spoken_as_it_stands(text: str) -> None:
    stage = Stage(model_writes_markup=False)
    async with stage.studio.session(Voice(stage.floor), attach=stage.floor.attach) as session:
        stage.session = session
        await stage.model_speaks(text)
        await asyncio.sleep(SPEECH_S)
    assert stage.synthesised == [text]


async def test_a_models_reply_that_is_made_while_our_own_words_play_is_not_taken_for_them(stage: Stage) -> None:
    notice = asyncio.create_task(stage.floor.say(HOLD))
    await asyncio.sleep(SPEECH_S / 2)
    stage.model.script.append("We are **open** from nine.")
    stage.session.generate_reply(user_input="When do you open?")
    await asyncio.sleep(2 * SPEECH_S)
    assert (await notice).was_heard
    assert [text.strip() for text in stage.synthesised] == [HOLD, "We are open from nine."]
    assert stage.played == [(0.0, 2.0), (2.0, 4.0)]


async def test_a_models_reply_is_not_taken_for_our_own_words_that_are_queued_behind_it(stage: Stage) -> None:
    stage.model.script.append("We are **open** from nine.")
    stage.session.generate_reply(user_input="When do you open?")
    assert (await stage.floor.say("# 3 is *ours*")).was_heard
    assert [text.strip() for text in stage.synthesised] == ["We are open from nine.", "# 3 is *ours*"]


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


# Who waits for whom


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
