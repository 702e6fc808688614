"""Code decides what each turn is answered with: every kind of words, on hold or not, known or not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from livekit.agents import ChatContext, ChatMessage, StopResponse

from agent import turn_notes
from agent.known import Known
from agent.receptionist import Receptionist, latencies_ms
from agent.transcript import Transcript
from agent.turn_notes import Do, Note
from agent.words import line as words
from agent.writer import Writer
from holdline.call import Outcome, Speaker, Turn
from holdline.help_request import HelpRequest, Status
from holdline.intent import Intent, intent
from holdline.knowledge import KnowledgeIndex
from holdline.store import Query, Store
from tests.builders import a_call, an_entry
from tests.unit.agent.fakes import SPEECH_S, FakeFloor, virtual_clock
from tests.unit.agent.waiting import Waiting

KNOWN_QUESTION = "When do you open?"
KNOWN_ANSWER = "We open at nine."
UNKNOWN_QUESTION = "Do you have parking?"
NOT_KNOWN = "The knowledge has no sure answer."

SAYS = {
    Intent.withdraw: "never mind",
    Intent.call_back: "call me back",
    Intent.human: "can I speak to a person",
    Intent.goodbye: "goodbye",
    Intent.repeat: "say that again",
    Intent.presence: "are you still there",
    Intent.thanks: "thank you very much",
    Intent.deny: "no",
    Intent.affirm: "yes",
    Intent.greeting: "hello",
    Intent.nothing: "um",
}


class FakeEnding:
    """Remembers how it was begun."""

    def __init__(self) -> None:
        self.begun: list[Outcome] = []

    def begin(self, outcome: Outcome, *, detail: str | None = None) -> None:
        self.begun.append(outcome)


class Line:
    """A receptionist who knows when the salon opens."""

    def __init__(self, store: Store, writer: Writer) -> None:
        clock = virtual_clock()
        self.store = store
        self.floor = FakeFloor()
        self.ending = FakeEnding()
        parts: dict[str, Any] = {"floor": self.floor, "clock": clock}
        self.transcript = Transcript(store, "call-1", writer=writer, clock=clock)
        self.floor.on_said = self.transcript.said
        self.waiting = Waiting.of(store, writer=writer, transcript=self.transcript, **parts)
        self.questions = self.waiting.questions
        self.offer = self.waiting.offer
        parts["ending"] = self.ending
        self.receptionist = Receptionist(
            instructions="Be kind.",
            call=a_call(),
            known=Known(
                KnowledgeIndex((an_entry(question=KNOWN_QUESTION, answer=KNOWN_ANSWER, phrasings=("hello",)),)),
                caller="+15555550142",
                threshold=None,
            ),
            questions=self.questions,
            attendance=self.waiting.attendance,
            offer=self.offer,
            transcript=self.transcript,
            **parts,
        )

    async def note(self, text: str) -> Note | None:
        """What the model is told to do with these words of the caller."""
        notes = await self.notes(text)
        assert len(notes) == 1
        return turn_notes.parse(notes[0])

    async def notes(self, text: str) -> Sequence[str]:
        context = ChatContext()
        await self.receptionist.on_user_turn_completed(context, ChatMessage(role="user", content=[text]))
        return [message.text_content or "" for message in context.messages()]

    def reply_was_cut(self) -> None:
        self.floor.owns = lambda message: False  # type: ignore[attr-defined]
        self.receptionist.replied(ChatMessage(role="assistant", content=["We open"], interrupted=True))

    async def wait_for_a_person(self) -> None:
        self.questions.ask("call-1_a", UNKNOWN_QUESTION, reason="", skill=None, confidence=None, nearest=())
        await asyncio.sleep(10)

    async def run_out_of_time(self) -> None:
        await self.wait_for_a_person()
        await asyncio.sleep(120)
        self.waiting.patience.tick()
        await asyncio.sleep(10)
        assert self.offer.requests == ("call-1_a",)

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.store.find(Query(Turn)).records

    @property
    def requests(self) -> tuple[HelpRequest, ...]:
        return self.store.find(Query(HelpRequest)).records


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(store, writer)
    yield line
    await line.questions.close()
    await line.receptionist.close()


def test_the_examples_are_of_the_kinds_they_stand_for() -> None:
    assert {kind: intent(text) for kind, text in SAYS.items()} == {kind: kind for kind in SAYS}
    assert {*SAYS, Intent.question} == set(Intent)


async def test_a_known_question_is_answered_in_the_entrys_exact_words(on: Line) -> None:
    assert await on.note("when do you open") == Note(Do.SAY, KNOWN_ANSWER)


async def test_an_unknown_question_is_asked_in_the_callers_words_and_never_guessed(on: Line) -> None:
    note = await on.note(UNKNOWN_QUESTION)
    assert note is not None
    assert (note.do, note.words) == (Do.ASK, UNKNOWN_QUESTION)
    assert note.reason


async def test_who_asks_for_a_person_gets_one_asked(on: Line) -> None:
    note = await on.note(SAYS[Intent.human])
    assert note is not None
    assert (note.do, note.words) == (Do.ASK, words("person_wanted"))


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        (Intent.greeting, words("small_talk", "greeting")),
        (Intent.thanks, words("small_talk", "thanks")),
        (Intent.presence, words("small_talk", "presence")),
        (Intent.affirm, words("small_talk", "affirm")),
        (Intent.deny, words("small_talk", "deny")),
        (Intent.withdraw, words("small_talk", "withdraw")),
        (Intent.repeat, words("small_talk", "greeting")),
    ],
)
async def test_small_talk_has_its_own_reply(on: Line, kind: Intent, reply: str) -> None:
    assert await on.note(SAYS[kind]) == Note(Do.SAY, reply)


@pytest.mark.parametrize("kind", [Intent.thanks, Intent.affirm, Intent.greeting, Intent.deny])
async def test_on_hold_small_talk_is_answered_with_what_is_going_on(on: Line, kind: Intent) -> None:
    await on.wait_for_a_person()
    assert await on.note(SAYS[kind]) == Note(Do.SAY, words("still_asking"))


async def test_on_hold_are_you_there_is_answered_with_yes(on: Line) -> None:
    await on.wait_for_a_person()
    assert await on.note(SAYS[Intent.presence]) == Note(Do.SAY, words("presence_on_hold"))


async def test_on_hold_other_questions_are_answered(on: Line) -> None:
    await on.wait_for_a_person()
    assert await on.note(KNOWN_QUESTION) == Note(Do.SAY, KNOWN_ANSWER)
    note = await on.note("Can I bring my dog?")
    assert note is not None
    assert note.do is Do.ASK


async def test_on_hold_never_mind_withdraws_the_question_and_says_so(on: Line) -> None:
    await on.wait_for_a_person()
    assert await on.note(SAYS[Intent.withdraw]) == Note(Do.SAY, words("withdrawn"))
    await asyncio.sleep(1)
    assert [request.status for request in on.requests] == [Status.WITHDRAWN]
    assert not on.questions.is_waiting


@pytest.mark.parametrize("on_hold", [False, True])
async def test_goodbye_is_returned_and_ends_the_call(on: Line, on_hold: bool) -> None:
    if on_hold:
        await on.wait_for_a_person()
    assert await on.note(SAYS[Intent.goodbye]) == Note(Do.SAY_GOODBYE, words("goodbye"))


@pytest.mark.parametrize("on_hold", [False, True])
async def test_fillers_are_not_replied_to(on: Line, on_hold: bool) -> None:
    if on_hold:
        await on.wait_for_a_person()
    with pytest.raises(StopResponse):
        await on.notes(SAYS[Intent.nothing])


async def test_say_that_again_says_what_was_said_last(on: Line) -> None:
    on.transcript.add(Speaker.AGENT, "Hello!")
    on.transcript.add(Speaker.SUPERVISOR, "Yes, behind the house.")
    on.transcript.add(Speaker.CALLER, "say that again")
    assert await on.note(SAYS[Intent.repeat]) == Note(Do.SAY, "Yes, behind the house.")


async def test_after_the_expiry_the_next_words_are_the_message(on: Line) -> None:
    await on.run_out_of_time()
    assert await on.note("Tell them that my car is a very big one") == Note(Do.SAY, words("message_taken"))
    await asyncio.sleep(1)
    assert on.requests[0].message == "Tell them that my car is a very big one"
    assert on.offer.requests == ()


@pytest.mark.parametrize("kind", [Intent.affirm, Intent.deny, Intent.thanks])
async def test_what_is_said_to_something_else_than_the_offer_is_no_reply_to_it(on: Line, kind: Intent) -> None:
    await on.run_out_of_time()
    await on.floor.say(words("silence", "still_there"))
    assert await on.note(SAYS[kind]) == Note(Do.SAY, words("offer", "choice"))
    assert on.offer.is_open


async def test_a_choice_that_is_made_before_all_is_said_is_one(on: Line) -> None:
    await on.wait_for_a_person()
    making = asyncio.create_task(on.offer.make(["call-1_a"], because="nobody"))
    await asyncio.sleep(SPEECH_S / 2)
    assert await on.note("take a message") == Note(Do.SAY, words("offer", "message"))
    await making
    assert on.offer.requests == ("call-1_a",)


async def test_who_no_longer_wants_to_know_is_offered_nothing(on: Line) -> None:
    await on.wait_for_a_person()
    making = asyncio.create_task(on.offer.make(["call-1_a"], because="nobody"))
    await asyncio.sleep(SPEECH_S / 2)
    assert await on.note("never mind") == Note(Do.SAY, words("withdrawn"))
    await making
    assert not on.offer.is_open
    assert await on.note("do you take credit cards") == Note(Do.ASK, "do you take credit cards", NOT_KNOWN)


async def test_a_time_that_means_nothing_elsewhere_is_one_where_it_was_asked_for(on: Line) -> None:
    await on.run_out_of_time()
    for said in ("call me back please", "use 212 555 0144", "yes that is it", "no"):
        on.offer.reply(said, intent(said))
    with pytest.raises(StopResponse):
        await on.note("um")
    assert await on.note("today") == Note(Do.SAY, words("offer", "done"))


@pytest.mark.parametrize("kind", [Intent.deny, Intent.withdraw, Intent.thanks])
async def test_who_wants_to_leave_no_message_need_not(on: Line, kind: Intent) -> None:
    await on.run_out_of_time()
    assert await on.note(SAYS[kind]) == Note(Do.SAY, words("no_message"))
    await asyncio.sleep(1)
    assert on.requests[0].message is None
    assert await on.note(KNOWN_QUESTION) == Note(Do.SAY, KNOWN_ANSWER)


async def test_who_says_goodbye_instead_of_a_message_may_go(on: Line) -> None:
    await on.run_out_of_time()
    assert await on.note(SAYS[Intent.goodbye]) == Note(Do.SAY_GOODBYE, words("goodbye"))
    assert on.offer.requests == ()


async def test_a_filler_before_the_message_does_not_lose_it(on: Line) -> None:
    await on.run_out_of_time()
    with pytest.raises(StopResponse):
        await on.notes("um")
    assert await on.note("Tell them that my car is a very big one") == Note(Do.SAY, words("message_taken"))


@pytest.mark.parametrize("kind", [Intent.greeting, Intent.presence, Intent.repeat])
async def test_a_greeting_before_the_message_is_not_the_message(on: Line, kind: Intent) -> None:
    await on.run_out_of_time()
    assert await on.note(SAYS[kind]) == Note(Do.SAY, words("offer", "choice"))
    assert on.offer.requests == ("call-1_a",)


async def test_every_turn_is_kept_with_the_knowledge_that_was_looked_at(on: Line) -> None:
    await on.note("when do you open")
    await on.note("hello")
    await asyncio.sleep(1)
    question, greeting = on.turns
    assert (question.who, question.text) == (Speaker.CALLER, "when do you open")
    assert [use.entry for use in question.knowledge] == ["hours"]
    assert greeting.knowledge == ()


async def test_what_the_model_said_is_kept_as_the_agents(on: Line) -> None:
    on.floor.owns = lambda message: False  # type: ignore[attr-defined]
    on.receptionist.replied(ChatMessage(role="assistant", content=["Hello!"], interrupted=True))
    on.receptionist.replied(ChatMessage(role="user", content=["Hello?"]))
    on.receptionist.replied("something else")
    await asyncio.sleep(1)
    assert [(turn.who, turn.text, turn.cut) for turn in on.turns] == [(Speaker.AGENT, "Hello!", True)]


async def test_what_was_said_from_the_floor_is_not_kept_twice(on: Line) -> None:
    on.floor.owns = lambda message: True  # type: ignore[attr-defined]
    on.receptionist.replied(ChatMessage(role="assistant", content=["One moment, please."]))
    await asyncio.sleep(1)
    assert on.turns == ()


async def test_a_reply_that_was_cut_is_said_once_more_in_the_notes_words(on: Line) -> None:
    await on.note("when do you open")
    on.reply_was_cut()
    await asyncio.sleep(30)
    assert on.floor.texts == [KNOWN_ANSWER]


async def test_a_reply_that_was_lost_in_two_ways_is_said_once_more(on: Line) -> None:
    await on.note("when do you open")
    on.reply_was_cut()
    on.reply_was_cut()
    await asyncio.sleep(30)
    assert on.floor.texts == [KNOWN_ANSWER]


async def test_a_word_that_was_cut_while_a_person_is_asked_is_not_made_up_for(on: Line) -> None:
    await on.note(UNKNOWN_QUESTION)
    on.reply_was_cut()
    await asyncio.sleep(30)
    assert on.floor.texts == []


async def test_what_the_end_of_the_call_cut_is_not_said_again(on: Line) -> None:
    await on.note("when do you open")
    on.floor.is_silenced = True
    on.reply_was_cut()
    await asyncio.sleep(30)
    assert on.floor.texts == []


async def test_after_closing_nothing_is_said_again(on: Line) -> None:
    await on.note("when do you open")
    on.reply_was_cut()
    await on.receptionist.close()
    await asyncio.sleep(30)
    assert on.floor.texts == []


def test_measures_of_a_turn_are_kept_in_milliseconds() -> None:
    message = ChatMessage(role="user", content=["hello"])
    message.metrics = {"transcription_delay": 0.0123, "end_of_turn_delay": 1.5, "started_speaking_at": 1.0}
    assert latencies_ms(message) == {"transcription_delay": 12.3, "end_of_turn_delay": 1500.0}


def test_a_turn_that_was_not_measured_has_no_measures() -> None:
    assert latencies_ms(ChatMessage(role="user", content=["hello"])) == {}
