"""A question that nobody answers goes to whoever is next, and the caller is told each time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from agent.attendance import GOOD_FOR, LOOK_EVERY
from agent.patience import in_words
from agent.words import line as words
from agent.words import lines
from agent.writer import Writer
from holdline import desk, presence
from holdline.answer_times import FEWEST, AnswerTime, AnswerTimes, topic_of
from holdline.callback import Callback
from holdline.help_request import HelpRequest, Status
from holdline.ladder import Rung
from holdline.people import PersonRef
from holdline.presence import LASTS, Presence
from holdline.store import Put, Store
from holdline.text_message import TextMessage, TextStatus
from holdline.texting import TRIES
from tests.builders import ANA, NOW, a_person, a_request, later
from tests.unit.agent.asking import DOGS, PARKING, TIMEOUT_S, Line

ROSA = PersonRef(uid="rosa", name="Rosa")
TICK_S = 0.5


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(store, writer, can_text=True)
    yield line
    await line.waiting.close()


@pytest.fixture
async def without_duty(store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(store, writer)
    yield line
    await line.waiting.close()


def is_there(on: Line, who: PersonRef = ANA, *, skills: tuple[str, ...] = (), for_s: float = 600) -> None:
    now = asyncio.get_running_loop().time()
    on.store.commit(Put(Presence(id=who.uid, name=who.name, skills=skills, until=later(now + for_s))))


async def ask(on: Line, question: str = PARKING, *, skill: str | None = None) -> None:
    """As the receptionist does."""
    await on.attendance.look()
    on.ask(question, skill=skill)
    await asyncio.sleep(0.1)


async def waits(on: Line, seconds: float) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        on.patience.tick()
        await asyncio.sleep(TICK_S)
        for request in on.requests:
            on.questions.saw(request)


def the_request(on: Line) -> HelpRequest:
    (request,) = on.requests
    return request


async def test_where_nobody_ever_used_the_page_people_are_asked_all_the_same(without_duty: Line) -> None:
    await ask(without_duty)
    await waits(without_duty, 60)
    assert the_request(without_duty).rung is Rung.ANYONE
    assert without_duty.floor.texts == [lines("hold")[0]]


async def test_who_has_the_skill_is_asked_first_then_all_then_who_is_on_duty(on: Line) -> None:
    is_there(on)
    is_there(on, ROSA, skills=("colour",))
    await ask(on, skill="Colour")
    assert the_request(on).rung is Rung.SKILLED
    await waits(on, 22)
    assert the_request(on).rung is Rung.ANYONE
    await waits(on, 25)
    assert the_request(on).rung is Rung.ON_DUTY
    assert on.floor.texts == [lines("hold")[0], words("ladder", "anyone"), words("ladder", "on_duty")]
    assert on.questions.is_waiting


async def test_with_nobody_at_the_desk_who_is_on_duty_is_asked_at_once_and_the_caller_may_hold(on: Line) -> None:
    is_there(on, for_s=-1)
    await ask(on)
    await waits(on, 10)
    assert the_request(on).rung is Rung.ON_DUTY
    assert on.floor.texts == [words("ladder", "nobody_there")]
    assert on.questions.is_waiting


async def test_with_nobody_at_all_the_caller_is_told_so_and_waits_for_nothing(without_duty: Line) -> None:
    on = without_duty
    is_there(on, for_s=-1)
    await ask(on)
    await waits(on, 10)
    assert the_request(on).rung is Rung.NOBODY
    assert on.floor.texts == [words("offer", "nobody")]
    assert on.offer.requests == ("call-1_a",)
    assert not on.questions.is_waiting


async def test_a_question_that_nobody_was_there_for_can_still_be_answered_and_then_nothing_is_offered(
    without_duty: Line,
) -> None:
    on = without_duty
    is_there(on, for_s=-1)
    await ask(on)
    await waits(on, 10)
    on.questions.saw(desk.answer(on.store, "call-1_a", "Yes.", by=ANA, at=later(11)))
    assert not on.offer.is_open
    assert on.questions.is_anything_owed


async def test_a_question_that_nobody_was_there_for_runs_out_without_another_word(without_duty: Line) -> None:
    on = without_duty
    is_there(on, for_s=-1)
    await ask(on)
    await waits(on, TIMEOUT_S + 5)
    assert the_request(on).status is Status.EXPIRED
    assert on.floor.texts == [words("offer", "nobody")]


async def test_when_the_last_one_leaves_the_desk_the_next_rung_is_climbed(on: Line) -> None:
    is_there(on, for_s=5)
    await ask(on)
    assert the_request(on).rung is Rung.ANYONE
    await waits(on, 5 + LOOK_EVERY.total_seconds() + 1)
    assert the_request(on).rung is Rung.ON_DUTY


async def test_a_text_that_could_not_be_sent_is_told_as_nobody(on: Line) -> None:
    is_there(on, for_s=-1)
    await ask(on)
    failed = TextMessage(to=ANA, status=TextStatus.FAILED, at=NOW, problem="no such number")
    on.store.commit(Put(the_request(on).model_copy(update={"duty_text": failed})))
    await waits(on, 10)
    assert the_request(on).rung is Rung.NOBODY
    assert on.floor.texts == [words("ladder", "nobody_there"), words("offer", "nobody")]
    assert not on.questions.is_waiting


async def test_a_text_that_failed_twice_for_a_while_is_told_as_nobody(on: Line) -> None:
    is_there(on, for_s=-1)
    await ask(on)
    failed = TextMessage(to=ANA, status=TextStatus.FAILED, at=NOW, problem="503", may_repeat=True, tries=TRIES)
    on.store.commit(Put(the_request(on).model_copy(update={"duty_text": failed})))
    await waits(on, 10)
    assert on.floor.texts == [words("ladder", "nobody_there"), words("offer", "nobody")]


async def test_a_caller_is_told_of_a_rung_that_sweep_was_first_to_climb(on: Line) -> None:
    is_there(on)
    await ask(on)
    climbed_by_sweep = the_request(on).model_copy(update={"rung": Rung.NOBODY})
    on.store.commit(Put(climbed_by_sweep))
    await waits(on, 10)
    assert on.floor.texts == [lines("hold")[0], words("offer", "nobody")]
    assert on.offer.requests == ("call-1_a",)


async def test_a_caller_whom_the_job_before_had_offered_a_call_back_is_told_that_it_stands(on: Line) -> None:
    is_there(on, for_s=-1)
    wish = Callback(number="+12125550144", asked_at=NOW)
    at = later(asyncio.get_running_loop().time())
    found = a_request("call-1_b", rung=Rung.NOBODY, callback=wish, asked_at=at, expires_at=at + timedelta(minutes=2))
    on.store.commit(Put(found))
    on.questions.saw(found)
    await waits(on, 10)
    assert on.floor.texts == [words("offer", "as_agreed")]


async def test_nothing_is_said_of_a_wish_for_a_call_back_that_goes_to_other_people(on: Line) -> None:
    is_there(on)
    on.ask("The caller asks to be called back.", teaches=False, is_told=False)
    await waits(on, TIMEOUT_S + 10)
    assert the_request(on).status is Status.EXPIRED
    assert on.floor.texts == []


async def test_who_was_told_that_somebody_looks_at_it_is_told_when_it_runs_out(on: Line) -> None:
    is_there(on)
    await ask(on)
    on.store.commit(Put(the_request(on).model_copy(update={"rung": Rung.NOBODY})))
    desk.claim(on.store, "call-1_a", by=ANA, at=later(asyncio.get_running_loop().time()))
    on.store.commit(Put(the_request(on).model_copy(update={"claimed_until": later(TIMEOUT_S * 2)})))
    await waits(on, TIMEOUT_S + 10)
    assert on.floor.texts == [lines("hold")[0], words("offer", "expired")]


async def test_nobody_else_is_asked_while_somebody_is_on_it(on: Line) -> None:
    is_there(on)
    await ask(on)
    await waits(on, 40)
    desk.claim(on.store, "call-1_a", by=ANA, at=later(40))
    await waits(on, 30)
    assert the_request(on).rung is Rung.ANYONE
    assert on.floor.texts == [lines("hold")[0]]


async def test_a_rung_is_told_once_and_only_when_it_is_written(on: Line) -> None:
    is_there(on)
    await ask(on)
    on.store.is_down = True
    until = asyncio.get_running_loop().time() + 55
    while asyncio.get_running_loop().time() < until:
        on.patience.tick()
        await asyncio.sleep(TICK_S)
    assert on.floor.texts == [lines("hold")[0]]
    on.store.is_down = False
    await waits(on, 30)
    assert on.floor.texts == [lines("hold")[0], words("ladder", "on_duty")]
    assert the_request(on).rung is Rung.ON_DUTY


async def test_an_older_state_does_not_climb_down(on: Line) -> None:
    is_there(on)
    await ask(on)
    (as_it_was,) = on.requests
    await waits(on, 50)
    on.questions.saw(as_it_was)
    await waits(on, 5)
    assert on.floor.texts == [lines("hold")[0], words("ladder", "on_duty")]


async def test_who_was_there_some_time_ago_is_no_longer_known_to_be(without_duty: Line) -> None:
    on = without_duty
    is_there(on, for_s=-1)
    await on.attendance.look()
    assert on.attendance.first_rung(None) is Rung.NOBODY
    await asyncio.sleep(GOOD_FOR.total_seconds() + 1)
    assert on.attendance.first_rung(None) is Rung.ANYONE


async def test_storage_that_does_not_say_who_is_there_is_taken_for_somebody(without_duty: Line) -> None:
    on = without_duty
    is_there(on, for_s=-1)
    on.store.is_down = True
    await ask(on)
    on.store.is_down = False
    await on.settled()
    assert the_request(on).rung is Rung.ANYONE


async def test_a_beat_and_a_skill_of_a_persons_document_are_what_is_asked_by(on: Line) -> None:
    on.store.commit(Put(a_person("rosa", name="Rosa", skills=("colour",))))
    presence.beat(on.store, ROSA, at=NOW)
    await ask(on, skill="colour")
    assert the_request(on).rung is Rung.SKILLED
    await asyncio.sleep(LASTS.total_seconds())
    await ask(on, DOGS, skill="colour")
    assert on.attendance.first_rung("colour") is Rung.ON_DUTY


# How long it usually takes


def took(on: Line, seconds: float | None) -> None:
    times = tuple(AnswerTime(request=f"r-{n}", asked_at=NOW, took_s=seconds) for n in range(FEWEST))
    on.store.commit(Put(AnswerTimes(id=topic_of(None), times=times)))


async def test_an_estimate_is_given_once_a_question_and_only_where_enough_is_known(on: Line) -> None:
    is_there(on)
    await ask(on)
    await waits(on, 2)
    assert on.patience.estimate() is None
    took(on, 40)
    on.ask(DOGS, "call-1_b")
    await waits(on, 10)
    assert on.patience.estimate() == words("estimate", "one")
    assert on.patience.estimate() is None


async def test_where_it_takes_very_long_nothing_is_promised(on: Line) -> None:
    is_there(on)
    took(on, None)
    await ask(on)
    await waits(on, 2)
    assert on.patience.estimate() is None


async def test_who_waits_for_a_text_to_be_answered_is_told_no_time_of_the_desk(on: Line) -> None:
    is_there(on, for_s=-1)
    took(on, 40)
    await ask(on)
    await waits(on, 2)
    assert on.patience.estimate() is None


async def test_an_estimate_is_not_said_to_another_question(on: Line) -> None:
    is_there(on)
    took(on, 40)
    await ask(on)
    await waits(on, 2)
    on.questions.withdraw()
    took(on, None)
    on.ask(DOGS, "call-1_b")
    await waits(on, 2)
    assert on.patience.estimate() is None


async def test_storage_that_is_away_promises_nothing(on: Line) -> None:
    is_there(on)
    took(on, 40)
    await ask(on)
    on.store.is_down = True
    on.patience.tick()
    await asyncio.sleep(2)
    assert on.patience.estimate() is None


def test_a_wait_is_told_in_minutes_rounded_up() -> None:
    assert in_words(timedelta(minutes=1)) == "It usually takes less than a minute."
    assert in_words(timedelta(minutes=3)) == "It usually takes less than 3 minutes."
