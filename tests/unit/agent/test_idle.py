"""A caller who says nothing and waits for nothing is asked once, and then let go; who waits is left in peace."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents import UserStateChangedEvent

from agent.idle import Idle
from agent.words import line as words
from agent.writer import Writer
from holdline import desk
from holdline.call import Outcome
from holdline.ladder import Rung
from holdline.store import Create, Store
from tests.builders import ANA, a_request, later
from tests.unit.agent.asking import PARKING, Line
from tests.unit.agent.fakes import SPEECH_S

SILENCE_S = 30
STILL_THERE, GOODBYE = words("silence", "still_there"), words("silence", "goodbye")


class FakeEnding:
    def __init__(self) -> None:
        self.begun: list[tuple[Outcome, str | None]] = []

    def begin(self, outcome: Outcome, *, detail: str | None = None) -> None:
        self.begun.append((outcome, detail))


class Call:
    """A call with its idle timer running."""

    def __init__(self, line: Line, *, silence_s: int | None = SILENCE_S) -> None:
        self.line = line
        self.ending = FakeEnding()
        ending: Any = self.ending
        floor: Any = line.floor
        self.idle = Idle(floor=floor, questions=line.questions, ending=ending, silence_s=silence_s)
        self.running = asyncio.create_task(self.idle.run())

    async def caller_speaks(self, seconds: float = 2) -> None:
        self.idle._heard(UserStateChangedEvent(old_state="listening", new_state="speaking"))
        await self.line.floor.somebody_speaks(seconds)

    @property
    def said(self) -> list[str]:
        return [text for text in self.line.floor.texts if text in (STILL_THERE, GOODBYE)]


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Call]:
    call = Call(Line(store, writer))
    yield call
    call.running.cancel()
    await asyncio.gather(call.running, return_exceptions=True)
    await call.line.waiting.close()


async def test_a_silent_caller_is_asked_and_then_let_go_with_words(on: Call) -> None:
    await asyncio.sleep(SILENCE_S + SPEECH_S + 1)
    assert on.said == [STILL_THERE]
    assert on.ending.begun == []
    await asyncio.sleep(SILENCE_S + 2 * SPEECH_S)
    assert on.said == [STILL_THERE, GOODBYE]
    assert on.ending.begun[0] == (Outcome.AGENT_ENDED, "the caller was silent")


async def test_whoever_speaks_is_there(on: Call) -> None:
    for _ in range(6):
        await asyncio.sleep(SILENCE_S - 5)
        await on.caller_speaks()
    assert on.said == []


async def test_who_answers_to_it_is_asked_anew_after_the_next_silence(on: Call) -> None:
    await asyncio.sleep(SILENCE_S + SPEECH_S + 1)
    await on.caller_speaks()
    await asyncio.sleep(SILENCE_S + SPEECH_S + 1)
    assert on.said == [STILL_THERE, STILL_THERE]
    assert on.ending.begun == []


async def test_the_clock_stands_still_while_a_question_is_with_people_and_while_its_answer_is_on_its_way(
    on: Call,
) -> None:
    on.line.ask(PARKING)
    await asyncio.sleep(4 * SILENCE_S)
    assert on.said == []
    on.line.questions.saw(desk.answer(on.line.store, "call-1_a", "Yes.", by=ANA, at=later(121)))
    await asyncio.sleep(2 * SILENCE_S)
    assert on.said == []


async def test_an_answer_that_comes_during_the_goodbye_is_not_hung_up_on(on: Call) -> None:
    """Nobody was there, and so nobody was waited for."""
    store, questions = on.line.store, on.line.questions
    asked = a_request("request-1", rung=Rung.NOBODY)
    store.commit(Create(asked))
    questions.saw(asked)
    await asyncio.sleep(2 * SILENCE_S + SPEECH_S + 1.5)
    assert (on.said, on.line.floor.quiet_for_s) == ([STILL_THERE], 0.0), "in the middle of it"
    questions.saw(desk.answer(store, "request-1", "Yes.", by=ANA, at=later(70)))
    await asyncio.sleep(SPEECH_S + 5)
    assert on.said[-1] == GOODBYE
    assert on.ending.begun == []


async def test_a_line_may_wait_for_ever(store: Store, writer: Writer) -> None:
    call = Call(Line(store, writer), silence_s=None)
    await asyncio.sleep(10 * SILENCE_S)
    assert call.said == []
    assert call.running.done()
