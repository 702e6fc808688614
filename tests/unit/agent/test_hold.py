"""A caller on hold is kept company: no long silence, no music under a voice, nothing once the wait is over."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.hold import MUSIC_AFTER_S, TICK_S, Hold
from agent.transcript import Transcript
from agent.utterance import Kind
from agent.words import line as words
from agent.words import lines
from agent.writer import Writer
from holdline import desk
from holdline.ladder import Rung
from holdline.store import Store
from tests.builders import ANA, later
from tests.unit.agent.fakes import SPEECH_S, FakeFloor, FakeMusic, virtual_clock
from tests.unit.agent.waiting import Waiting

EVERY_S = 8.0
TIMEOUT_S = 120


class Line:
    """A call with its hold running."""

    def __init__(self, store: Store, writer: Writer) -> None:
        clock = virtual_clock()
        self.store = store
        self.music = FakeMusic()
        self.floor = FakeFloor(on_voice=self.music.hush)
        self.waiting = Waiting.of(
            store,
            floor=self.floor,
            writer=writer,
            transcript=Transcript(store, "call-1", writer=writer, clock=clock),
            clock=clock,
            timeout_s=TIMEOUT_S,
        )
        self.questions = self.waiting.questions
        parts: dict[str, Any] = {"floor": self.floor, "music": self.music}
        self.hold = Hold(questions=self.questions, patience=self.waiting.patience, progress_every_s=EVERY_S, **parts)

    def ask(self) -> None:
        self.questions.ask("call-1_a", "Do you have parking?", reason="", skill=None, confidence=None, nearest=())

    def answer(self) -> None:
        now = later(asyncio.get_running_loop().time())
        self.questions.saw(desk.answer(self.store, "call-1_a", "Yes.", by=ANA, at=now))

    @property
    def said_after_the_hold_phrase(self) -> list[str]:
        return self.floor.texts[1:]

    def music_within(self, begin: float, end: float) -> float:
        """For how many seconds music played between two moments."""
        self.music.hush()
        return sum(max(0.0, min(until, end) - max(since, begin)) for since, until in self.music.played)


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(store, writer)
    running = asyncio.create_task(line.hold.run())
    yield line
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await line.waiting.close()


async def test_a_caller_who_waits_for_nothing_hears_nothing(on: Line) -> None:
    await asyncio.sleep(60)
    assert on.floor.said == []
    assert on.music.played == []
    assert not on.music.is_playing


async def test_while_waiting_no_pause_between_words_is_longer_than_the_rhythm(on: Line) -> None:
    on.ask()
    await asyncio.sleep(60)
    pauses = [after.at - before.until for before, after in itertools.pairwise(on.floor.said)]
    assert len(pauses) >= 5
    assert all(EVERY_S <= pause <= EVERY_S + 2 * TICK_S for pause in pauses)


async def test_the_words_of_progress_take_turns(on: Line) -> None:
    on.ask()
    await asyncio.sleep((SPEECH_S + EVERY_S + 1) * 5)
    assert tuple(on.said_after_the_hold_phrase[:4]) == lines("progress")
    assert all(said.kind is Kind.HOLD for said in on.floor.said)


async def test_the_rhythm_begins_anew_after_anybodys_voice(on: Line) -> None:
    on.ask()
    await asyncio.sleep(SPEECH_S + EVERY_S - 1)
    await on.floor.somebody_speaks(3)
    await asyncio.sleep(EVERY_S - 0.5)
    assert on.said_after_the_hold_phrase == []
    await asyncio.sleep(1 + SPEECH_S)
    assert on.said_after_the_hold_phrase == [lines("progress")[0]]


async def test_music_plays_in_the_pauses_and_under_nobodys_voice(on: Line) -> None:
    on.ask()
    await asyncio.sleep(7)
    await on.floor.somebody_speaks(4)
    await asyncio.sleep(30)
    for began, ended in on.floor.heard_speaking:
        assert on.music_within(began, ended) == 0
    assert on.music_within(0, 40) > 20


async def test_music_is_hushed_the_moment_somebody_speaks(on: Line) -> None:
    on.ask()
    await asyncio.sleep(SPEECH_S + 3)
    assert on.music.is_playing
    speaking = asyncio.create_task(on.floor.somebody_speaks(1))
    await asyncio.sleep(0)
    assert on.music.played[-1][1] == asyncio.get_running_loop().time()
    await speaking


async def test_music_does_not_come_back_in_the_gap_between_two_words(on: Line) -> None:
    on.ask()
    await asyncio.sleep(SPEECH_S + 3)
    await on.floor.somebody_speaks(1)
    await asyncio.sleep(MUSIC_AFTER_S - TICK_S)
    assert not on.music.is_playing
    await asyncio.sleep(3 * TICK_S)
    assert on.music.is_playing


async def test_a_claim_is_told_once_by_first_name_at_the_next_pause(on: Line) -> None:
    on.ask()
    await asyncio.sleep(SPEECH_S + 2)
    on.hold.announce("Ana Maria Silva")
    await asyncio.sleep(1 + SPEECH_S)
    assert on.said_after_the_hold_phrase == [words("looking", name="Ana")]
    await asyncio.sleep(60)
    assert on.floor.texts.count(words("looking", name="Ana")) == 1


async def test_a_claim_is_not_told_over_a_voice(on: Line) -> None:
    on.ask()
    on.hold.announce("Ana")
    await asyncio.sleep(SPEECH_S + 3)
    first, second = on.floor.said
    assert second.text == words("looking", name="Ana")
    assert second.at > first.until


async def test_somebody_without_a_name_is_not_told_of(on: Line) -> None:
    on.ask()
    on.hold.announce("  ")
    await asyncio.sleep(SPEECH_S + 3)
    assert on.said_after_the_hold_phrase == []


async def test_two_claims_are_told_one_after_the_other(on: Line) -> None:
    on.ask()
    on.hold.announce("Ana")
    on.hold.announce("Ben")
    await asyncio.sleep(20)
    assert on.said_after_the_hold_phrase[:2] == [words("looking", name="Ana"), words("looking", name="Ben")]


async def test_once_the_wait_is_over_nothing_is_said_or_played(on: Line) -> None:
    on.ask()
    await asyncio.sleep(SPEECH_S + 3)
    on.hold.announce("Ana")
    on.answer()
    await asyncio.sleep(2 * TICK_S)
    assert not on.music.is_playing
    await asyncio.sleep(60)
    assert on.said_after_the_hold_phrase == []
    assert not on.music.is_playing


async def test_a_claim_of_the_last_question_is_not_told_during_the_next(on: Line) -> None:
    on.ask()
    await asyncio.sleep(SPEECH_S + 0.2)
    on.hold.announce("Ana")
    on.answer()
    await asyncio.sleep(1)
    on.questions.ask("call-1_b", "Can I bring my dog?", reason="", skill=None, confidence=None, nearest=())
    await asyncio.sleep(10)
    assert words("looking", name="Ana") not in on.floor.texts


async def test_the_second_wait_is_kept_company_like_the_first(on: Line) -> None:
    on.ask()
    await asyncio.sleep(5)
    on.answer()
    await asyncio.sleep(5)
    on.questions.ask("call-1_b", "Can I bring my dog?", reason="", skill=None, confidence=None, nearest=())
    await asyncio.sleep(SPEECH_S + EVERY_S + 1)
    assert on.floor.texts[2:] == []
    await asyncio.sleep(SPEECH_S)
    assert on.floor.texts[2:] == [lines("progress")[0]]


async def test_when_nobody_answers_in_time_the_last_words_are_that_and_no_company(on: Line) -> None:
    on.ask()
    await asyncio.sleep(TIMEOUT_S + 60)
    assert on.floor.texts[-1] == words("offer", "expired")
    assert on.floor.said[-1].at == pytest.approx(TIMEOUT_S, abs=SPEECH_S + 2 * TICK_S)
    assert not on.music.is_playing


@pytest.mark.parametrize("quiet_since_s", [TIMEOUT_S - EVERY_S - 0.25 + n / 20 for n in range(10)])
async def test_no_company_is_said_on_the_stroke_of_the_expiry(on: Line, quiet_since_s: float) -> None:
    """Whenever the last pause began: the rhythm and the time for an answer may run out together."""
    on.ask()
    await asyncio.sleep(SPEECH_S)
    await on.floor.somebody_speaks(quiet_since_s - SPEECH_S)
    await asyncio.sleep(60)
    late = [said.text for said in on.floor.said if said.at > TIMEOUT_S - TICK_S / 2]
    assert late == [words("offer", "expired")]


async def test_a_step_that_fails_does_not_end_the_company(on: Line, caplog: pytest.LogCaptureFixture) -> None:
    say, failures = on.floor.keep_company, iter([RuntimeError("no voice")])

    async def keep_company(text: str) -> bool:
        for failure in failures:
            raise failure
        return await say(text)

    on.floor.keep_company = keep_company  # type: ignore[method-assign]
    on.ask()
    await asyncio.sleep(SPEECH_S + EVERY_S + SPEECH_S + 1)
    assert on.said_after_the_hold_phrase != []
    assert "a step of the hold failed" in caplog.text
    await asyncio.sleep(TIMEOUT_S)
    assert on.floor.texts[-1] == words("offer", "expired")


async def test_a_dead_synthesiser_does_not_make_the_hold_hurry(on: Line) -> None:
    on.floor.synthesiser_is_dead = True
    tried_at: list[float] = []
    say = on.floor.keep_company

    async def keep_company(text: str) -> bool:
        tried_at.append(asyncio.get_running_loop().time())
        return await say(text)

    on.floor.keep_company = keep_company  # type: ignore[method-assign]
    on.ask()
    await asyncio.sleep(60)
    assert 5 <= len(tried_at) <= 8


async def test_who_comes_to_the_desk_after_all_and_takes_it_is_announced(on: Line) -> None:
    on.ask()
    await asyncio.sleep(1)
    on.questions.climbed(on.questions.open[0].model_copy(update={"rung": Rung.NOBODY}))
    await asyncio.sleep(20)
    music_before = len(on.music.played)
    on.hold.announce("Ana Lopez")
    await asyncio.sleep(20)
    assert on.floor.texts[-1] == words("looking", name="Ana")
    assert len(on.music.played) == music_before
    assert not on.music.is_playing
