"""After a caller's turn something is heard within three seconds, and nothing is said that was not called for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from livekit.agents import AgentStateChangedEvent, UserInputTranscribedEvent, UserStateChangedEvent

from agent.clips import Clip
from agent.pipelines.offline import BREATH_S
from agent.silence_guard import AGAIN_AFTER_S, READY_BEFORE_S, TIMES_IN_A_ROW, SilenceGuard
from agent.utterance import Utterance
from tests.unit.agent.fakes import FakeFloor

QUESTION_S = 1.5
COUGH_S = 0.2
HEARD_WITHIN_S = 3.0


class Session:
    """Emits what a session emits."""

    def __init__(self) -> None:
        self._listeners: dict[str, Callable[[Any], None]] = {}
        self.agent_state: Any = "listening"

    def on(self, event: str, listener: Callable[[Any], None]) -> None:
        self._listeners[event] = listener

    def caller(self, *, speaks: bool) -> None:
        states: Any = ("listening", "speaking") if speaks else ("speaking", "listening")
        self._listeners["user_state_changed"](UserStateChangedEvent(old_state=states[0], new_state=states[1]))

    def agent(self, state: Any) -> None:
        before, self.agent_state = self.agent_state, state
        self._listeners["agent_state_changed"](AgentStateChangedEvent(old_state=before, new_state=state))

    def words(self, text: str, *, is_final: bool = True) -> None:
        self._listeners["user_input_transcribed"](UserInputTranscribedEvent(transcript=text, is_final=is_final))


class Floor(FakeFloor):
    """One that plays recordings, as long as the session is not stuck."""

    def __init__(self) -> None:
        super().__init__()
        self.is_quiet = True
        self.is_stuck = False

    async def play(self, text: str, frames: Any) -> Utterance:
        if self.is_stuck:
            await asyncio.sleep(3600)
        return await self.say(text)


class FakeAnnouncer:
    def __init__(self) -> None:
        self.said: list[tuple[Clip, float]] = []
        self.hushes = 0
        self.lasts_s = 0.0
        self.ready_since: float | None = None

    def prepare(self) -> None:
        if self.ready_since is None:
            self.ready_since = asyncio.get_running_loop().time()

    async def play(self, clip: Clip) -> bool:
        self.said.append((clip, asyncio.get_running_loop().time()))
        await asyncio.sleep(self.lasts_s)
        return True

    def hush(self) -> None:
        self.hushes += 1


class Call:
    def __init__(self) -> None:
        self.session = Session()
        self.floor = Floor()
        self.announcer = FakeAnnouncer()
        self.is_on_hold = False
        self.given_up: list[str] = []
        parts: dict[str, Any] = {"floor": self.floor, "announcer": self.announcer}
        self.guard = SilenceGuard(is_kept_company=lambda: self.is_on_hold, give_up=self._give_up, **parts)
        session: Any = self.session
        self.guard.attach(session)

    async def _give_up(self, detail: str) -> None:
        self.given_up.append(detail)

    async def caller_speaks(self, seconds: float = QUESTION_S, *, words: str = "") -> float:
        """When the last sound of it was, in seconds of the test."""
        self.session.caller(speaks=True)
        await asyncio.sleep(seconds)
        ended_at = asyncio.get_running_loop().time()
        if words:
            self.session.words(words)
        await asyncio.sleep(BREATH_S)
        self.session.caller(speaks=False)
        return ended_at

    @property
    def heard(self) -> list[tuple[str, float]]:
        """Every recorded sentence, with the moment at which it began."""
        floor = [(said.text, said.at) for said in self.floor.said]
        return sorted([*floor, *((clip.text, at) for clip, at in self.announcer.said)], key=lambda one: one[1])

    @property
    def texts(self) -> list[str]:
        return [text for text, _ in self.heard]


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    call = Call()
    yield call
    await call.guard.close()


async def test_words_that_nobody_made_out_are_asked_for_again_in_time(call: Call) -> None:
    ended_at = await call.caller_speaks()
    await asyncio.sleep(30)
    ((text, at),) = call.heard
    assert text == Clip.DID_NOT_HEAR.text
    assert 2.0 < at - ended_at < HEARD_WITHIN_S
    assert call.announcer.said == []


async def test_words_without_a_reply_are_followed_by_a_moment_please_beside_what_hangs(call: Call) -> None:
    call.floor.is_quiet = False
    ended_at = await call.caller_speaks(words="do you have parking")
    await asyncio.sleep(HEARD_WITHIN_S)
    ((clip, at),) = call.announcer.said
    assert clip is Clip.ONE_MOMENT
    assert at - ended_at < HEARD_WITHIN_S
    assert call.floor.texts == []


async def test_words_that_come_late_and_alone_start_the_clock_too(call: Call) -> None:
    ended_at = await call.caller_speaks(COUGH_S)
    await asyncio.sleep(1)
    call.session.words("yes")
    await asyncio.sleep(5)
    ((text, at),) = call.heard
    assert text == Clip.ONE_MOMENT.text
    assert at - ended_at < HEARD_WITHIN_S


async def test_a_reply_in_time_is_left_alone(call: Call) -> None:
    await call.caller_speaks(words="when do you open")
    await asyncio.sleep(1)
    call.session.agent("thinking")
    call.session.agent("speaking")
    await asyncio.sleep(30)
    assert call.texts == []
    assert call.announcer.ready_since is None


async def test_the_announcer_is_ready_before_it_is_wanted(call: Call) -> None:
    call.floor.is_quiet = False
    await call.caller_speaks(words="do you have parking")
    await asyncio.sleep(HEARD_WITHIN_S)
    ((_, at),) = call.announcer.said
    assert call.announcer.ready_since == pytest.approx(at - READY_BEFORE_S)


async def test_a_cough_is_no_turn(call: Call) -> None:
    await call.caller_speaks(COUGH_S)
    await asyncio.sleep(30)
    assert call.texts == []


async def test_an_um_is_given_time(call: Call) -> None:
    await call.caller_speaks(words="um")
    await asyncio.sleep(30)
    assert call.texts == []


async def test_nothing_is_said_while_the_caller_goes_on(call: Call) -> None:
    await call.caller_speaks()
    await asyncio.sleep(1)
    call.session.caller(speaks=True)
    await asyncio.sleep(30)
    assert call.texts == []


async def test_a_caller_who_waits_for_a_person_is_not_asked_anything(call: Call) -> None:
    call.is_on_hold = True
    await call.caller_speaks()
    await asyncio.sleep(30)
    assert call.texts == []
    assert call.announcer.ready_since is None


async def test_a_call_that_is_over_is_silent(call: Call) -> None:
    await call.caller_speaks()
    call.floor.is_silenced = True
    await asyncio.sleep(30)
    assert call.texts == []


async def test_a_session_that_does_not_begin_is_gone_round(call: Call) -> None:
    call.floor.is_stuck = True
    await call.caller_speaks()
    await asyncio.sleep(30)
    assert [clip for clip, _ in call.announcer.said] == [Clip.DID_NOT_HEAR]


async def test_a_greeting_without_a_voice_is_stood_in_for(call: Call) -> None:
    call.floor.is_quiet = False
    call.guard.expect_a_voice()
    await asyncio.sleep(HEARD_WITHIN_S)
    assert call.texts == [Clip.ONE_MOMENT.text]


async def test_a_greeting_in_time_ends_the_watch(call: Call) -> None:
    call.guard.expect_a_voice()
    await asyncio.sleep(1)
    call.session.agent("speaking")
    await asyncio.sleep(30)
    assert call.texts == []


async def test_after_some_failures_in_a_row_the_call_is_given_up(call: Call) -> None:
    for _ in range(TIMES_IN_A_ROW):
        await call.caller_speaks()
        await asyncio.sleep(10)
    assert call.texts == [Clip.DID_NOT_HEAR.text] * TIMES_IN_A_ROW
    assert call.given_up == []
    await call.caller_speaks()
    await asyncio.sleep(10)
    (detail,) = call.given_up
    assert "in time" in detail


async def test_a_reply_between_failures_begins_the_count_anew(call: Call) -> None:
    for _ in range(TIMES_IN_A_ROW + 2):
        await call.caller_speaks()
        await asyncio.sleep(10)
        await call.caller_speaks(words="when do you open")
        call.session.agent("speaking")
        call.session.agent("listening")
    assert call.given_up == []


async def test_a_session_that_hangs_for_good_is_given_up_without_another_word_from_the_caller(call: Call) -> None:
    call.floor.is_quiet = False
    await call.caller_speaks(words="do you have parking")
    await asyncio.sleep(HEARD_WITHIN_S + AGAIN_AFTER_S * (TIMES_IN_A_ROW + 1))
    assert call.texts == [Clip.ONE_MOMENT.text] * TIMES_IN_A_ROW
    assert len(call.given_up) == 1


async def test_words_that_lead_to_nothing_are_asked_for_again(call: Call) -> None:
    await call.caller_speaks(words="do you have parking")
    await asyncio.sleep(30)
    assert call.texts == [Clip.ONE_MOMENT.text, Clip.DID_NOT_HEAR.text]


async def test_a_reply_that_comes_during_an_announcement_is_a_reply(call: Call) -> None:
    call.floor.is_quiet = False
    call.announcer.lasts_s = 1.5
    for _ in range(TIMES_IN_A_ROW + 2):
        await call.caller_speaks(words="do you have parking")
        await asyncio.sleep(HEARD_WITHIN_S)
        hushed = call.announcer.hushes
        call.session.agent("speaking")
        assert call.announcer.hushes == hushed + 1
        await asyncio.sleep(5)
        call.session.agent("listening")
    assert call.given_up == []


async def test_the_agents_voice_cuts_an_announcement(call: Call) -> None:
    call.floor.is_quiet = False
    await call.caller_speaks(words="do you have parking")
    await asyncio.sleep(HEARD_WITHIN_S)
    hushed = call.announcer.hushes
    call.session.agent("speaking")
    assert call.announcer.hushes == hushed + 1
