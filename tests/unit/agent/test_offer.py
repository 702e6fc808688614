"""Who cannot be answered is offered a call back or a message, and what they say to it is kept step by step."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.offer import Offer
from agent.transcript import Transcript
from agent.words import line as words
from agent.writer import Writer
from holdline.callback import Callback
from holdline.help_request import HelpRequest
from holdline.intent import intent
from holdline.store import Create, Store, must_get
from tests.builders import NOW, a_call, a_request, later
from tests.unit.agent.fakes import SPEECH_S, FakeFloor, FlakyStore, virtual_clock
from tests.unit.agent.waiting import Waiting

CALLER = "+15555550142"


def step(name: str, **values: str) -> str:
    return words("offer", name, **values)


class Line:
    """A caller of whom one question could not be answered; time does not pass unless it is waited for."""

    def __init__(self, store: Store, writer: Writer, *, caller: str = CALLER) -> None:
        self.store = FlakyStore(store)
        self.floor = FakeFloor()
        clock = virtual_clock()
        self.writer = writer
        self.offer: Offer = Waiting.of(
            self.store,
            floor=self.floor,
            writer=writer,
            transcript=Transcript(self.store, "call-1", writer=writer, clock=clock),
            clock=clock,
            call=a_call(caller=caller, line="+12125550100"),
        ).offer
        store.commit(Create(a_request()))

    async def offered(self) -> "Line":
        await self.offer.make(["request-1"], because="expired")
        return self

    def says(self, *texts: str) -> list[str]:
        """What is said to each of these."""
        return [self.offer.reply(text, intent(text)) for text in texts]

    async def kept(self) -> HelpRequest:
        await asyncio.sleep(60)
        return must_get(self.store, HelpRequest, "request-1").record

    async def callback(self) -> Callback:
        kept = (await self.kept()).callback
        assert kept is not None
        return kept


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Line]:
    yield await Line(store, writer).offered()


@pytest.fixture
async def browser(store: Store, writer: Writer) -> AsyncIterator[Line]:
    yield await Line(store, writer, caller="browser").offered()


async def test_it_is_open_once_the_caller_has_been_told(store: Store, writer: Writer) -> None:
    on = Line(store, writer)
    making = asyncio.create_task(on.offered())
    await asyncio.sleep(SPEECH_S / 2)
    assert not on.offer.is_open
    await making
    assert on.offer.requests == ("request-1",)
    assert on.floor.texts == [step("expired")]


async def test_two_questions_get_one_offer(on: Line) -> None:
    await on.offer.make(["request-2"], because="expired")
    assert on.floor.texts == [step("expired")]
    assert on.offer.requests == ("request-1", "request-2")


async def test_a_call_back_needs_where_whether_by_text_and_when(on: Line) -> None:
    assert on.says("call me back please", "yes", "yes please", "after five") == [
        step("my_number"),
        step("text"),
        step("when"),
        step("done"),
    ]
    assert await on.callback() == Callback(
        number=CALLER,
        consents_to_text=True,
        window="after five",
        not_before=NOW.replace(hour=22),
        not_after=NOW.replace(day=3, hour=2),
        asked_at=later(SPEECH_S),
    )
    assert not on.offer.is_open


async def test_who_hangs_up_in_the_middle_is_called_back_all_the_same(on: Line) -> None:
    on.says("a call back")
    assert (await on.callback()).number == CALLER


@pytest.mark.parametrize("said", ["no", "hm my daughter's phone", "do you mean now"])
async def test_only_a_plain_yes_is_consent_to_a_text(on: Line, said: str) -> None:
    assert on.says("yes", "yes", said)[-1] == step("when")
    assert not (await on.callback()).consents_to_text


async def test_a_window_that_was_said_with_the_wish_is_not_asked_for(on: Line) -> None:
    assert on.says("please call me tomorrow morning", "yes", "no") == [step("my_number"), step("text"), step("done")]
    assert (await on.callback()).window == "please call me tomorrow morning"


async def test_what_a_wish_says_besides_is_kept_as_the_message(on: Line) -> None:
    on.says("please call me back about my red car")
    assert (await on.kept()).message == "please call me back about my red car"


async def test_any_time_is_no_window(on: Line) -> None:
    on.says("yes", "yes", "no", "any time")
    assert (await on.callback()).not_before is None


async def test_another_number_is_read_back_before_it_counts(on: Line) -> None:
    assert on.says("yes", "no", "two one two five five five oh one four four") == [
        step("my_number"),
        step("which_number"),
        step("read_back", number="2 1 2, 5 5 5, 0 1 4 4"),
    ]
    assert (await on.callback()).number == CALLER
    assert on.says("no", "212 555 0145", "yes") == [
        step("which_number"),
        step("read_back", number="2 1 2, 5 5 5, 0 1 4 5"),
        step("text"),
    ]
    assert (await on.callback()).number == "+12125550145"


async def test_a_number_that_is_said_at_once_is_taken(on: Line) -> None:
    assert on.says("yes", "no use 212 555 0144")[-1] == step("read_back", number="2 1 2, 5 5 5, 0 1 4 4")


async def test_a_caller_without_a_number_is_asked_for_one(browser: Line) -> None:
    assert browser.says("yes", "it is on my card", "212 555 0144", "yes", "no", "any time") == [
        step("which_number"),
        step("number_again"),
        step("read_back", number="2 1 2, 5 5 5, 0 1 4 4"),
        step("text"),
        step("when"),
        step("done"),
    ]
    assert (await browser.callback()).number == "+12125550144"


async def test_a_number_that_is_not_understood_is_kept_as_it_was_said(browser: Line) -> None:
    assert browser.says("yes", "five five", "five five five")[-1] == step("when")
    kept = await browser.kept()
    assert kept.message is not None
    assert kept.message.endswith("five five five")
    assert kept.callback is not None
    assert kept.callback.number is None


async def test_what_was_left_before_a_number_that_was_not_understood_is_kept(browser: Line) -> None:
    browser.says("please call me back about my red car", "five five", "five five five")
    message = (await browser.kept()).message or ""
    assert message.startswith("please call me back about my red car\n")
    assert message.endswith("five five five")


async def test_a_message_may_be_left_at_once_or_once_asked_for(store: Store, writer: Writer, on: Line) -> None:
    assert on.says("I would like to leave a message", "um ok", "my car is very big") == [
        step("message"),
        step("message"),
        words("message_taken"),
    ]
    assert (await on.kept()).message == "my car is very big"
    assert (await on.kept()).callback is None


@pytest.mark.parametrize("said", ["no", "never mind", "thank you"])
async def test_who_wants_neither_is_left_alone(on: Line, said: str) -> None:
    assert on.says(said) == [words("no_message")]
    assert not on.offer.is_open
    assert ((await on.kept()).callback, (await on.kept()).message) == (None, None)


@pytest.mark.parametrize("before", [["yes"], ["yes", "yes"], ["yes", "yes", "no"], ["yes", "no"]])
async def test_never_mind_takes_the_wish_back_at_any_step(on: Line, before: list[str]) -> None:
    assert on.says(*before, "never mind")[-1] == words("withdrawn")
    assert (await on.kept()).callback is None
    assert not on.offer.is_open


@pytest.mark.parametrize("said", ["hello", "are you still there", "can I speak to a person", "say that again"])
async def test_what_is_no_choice_gets_the_offer_again(on: Line, said: str) -> None:
    assert on.says(said) == [step("choice")]
    assert on.offer.is_open


@pytest.mark.parametrize("before", [["yes"], ["yes", "yes"], ["yes", "yes", "no"], ["leave a message"]])
async def test_what_was_asked_is_asked_again(on: Line, before: list[str]) -> None:
    asked = on.says(*before)[-1]
    assert on.says("say that again") == [asked]


async def test_a_caller_who_wants_it_while_being_told_is_not_told_again(store: Store, writer: Writer) -> None:
    on = Line(store, writer)
    making = asyncio.create_task(on.offered())
    await asyncio.sleep(SPEECH_S / 2)
    assert on.offer.call_back((), "call me back") == step("my_number")
    await making
    assert on.says("yes") == [step("text")]
    assert (await on.callback()).number == CALLER


async def test_an_answer_makes_the_offer_needless(on: Line) -> None:
    on.offer.drop("another")
    assert on.offer.is_open
    on.offer.drop("request-1")
    assert not on.offer.is_open


async def test_a_wish_made_while_storage_is_away_is_kept_once_it_is_back(on: Line) -> None:
    on.store.is_down = True
    on.says("yes", "yes", "yes", "tomorrow")
    await asyncio.sleep(5)
    on.store.is_down = False
    kept = await on.callback()
    assert (kept.consents_to_text, kept.window) == (True, "tomorrow")


async def test_it_yields_to_knowledge_only_where_a_question_may_be_one(on: Line) -> None:
    assert on.offer.yields_to_knowledge
    on.says("yes")
    assert not on.offer.yields_to_knowledge


async def test_what_was_answered_or_withdrawn_while_it_was_said_opens_nothing(store: Store, writer: Writer) -> None:
    on = Line(store, writer)
    making = asyncio.create_task(on.offered())
    await asyncio.sleep(SPEECH_S / 2)
    on.offer.drop("request-1")
    await making
    assert not on.offer.is_open


async def test_what_was_answered_before_its_turn_is_not_offered(store: Store, writer: Writer) -> None:
    on = Line(store, writer)
    first = asyncio.create_task(on.offer.make(["request-2"], because="nobody"))
    second = asyncio.create_task(on.offered())
    await asyncio.sleep(SPEECH_S / 2)
    on.offer.drop("request-1")
    on.offer.drop("request-2")
    await asyncio.gather(first, second)
    assert on.floor.texts == [step("nobody")]
    assert not on.offer.is_open


@pytest.mark.parametrize("said", ["I'll wait", "I can hold", "no, I will stay on the line"])
async def test_who_would_rather_wait_wants_no_call_back(on: Line, said: str) -> None:
    assert on.says(said) == [words("no_message")]
    assert (await on.kept()).callback is None


async def test_who_has_arranged_a_call_back_is_told_that_it_stands_and_not_asked_again(on: Line) -> None:
    on.says("yes", "no use 212 555 0144", "yes it is", "yes please", "tomorrow morning")
    arranged = await on.callback()
    await on.offer.make(["request-1"], because="nobody")
    assert on.floor.texts == [step("expired"), step("as_agreed")]
    assert not on.offer.is_open
    assert on.offer.call_back(["request-1"], "please call me back") == step("done")
    assert await on.callback() == arranged
    assert (arranged.number, arranged.consents_to_text) == ("+12125550144", True)


async def test_a_wish_that_was_taken_back_is_offered_anew(on: Line) -> None:
    on.says("yes", "never mind")
    await on.offered()
    assert on.floor.texts == [step("expired"), step("expired")]


@pytest.mark.parametrize("said", ["afternoon", "this evening", "Today.", "now", "after work I think"])
async def test_a_time_of_day_is_kept_whatever_else_its_words_may_mean(on: Line, said: str) -> None:
    assert on.says("yes", "yes", "no", said)[-1] == step("done")
    assert (await on.callback()).window == said


@pytest.mark.parametrize(("said", "reply"), [("hello?", "when"), ("no", "done"), ("thank you", "done")])
async def test_what_is_no_time_is_not_kept_as_one(on: Line, said: str, reply: str) -> None:
    assert on.says("yes", "yes", "no", said)[-1] == step(reply)
    assert (await on.callback()).window == ""


@pytest.mark.parametrize("said", ["yes it is", "Yeah, that's the one.", "right"])
async def test_a_yes_with_more_words_is_a_yes_to_a_number(browser: Line, said: str) -> None:
    browser.says("yes", "212 555 0144", said)
    assert (await browser.callback()).number == "+12125550144"


async def test_a_number_that_was_never_confirmed_is_kept_as_it_was_heard(browser: Line) -> None:
    browser.says("yes", "212 555 0144", "what did it say", "well maybe so")
    kept = await browser.kept()
    assert kept.message is not None
    assert kept.message.endswith("+12125550144")


async def test_a_question_that_was_cut_short_was_asked_all_the_same(on: Line) -> None:
    on.says("yes")
    assert on.offer.was_asked(step("my_number"))
    assert on.offer.was_asked("Shall we call the number")
    assert not on.offer.was_asked(words("silence", "still_there"))
    assert not on.offer.was_asked(None)
