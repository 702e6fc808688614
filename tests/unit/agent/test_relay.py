"""A person's answer reaches the caller word for word, once, and is proved to have been heard."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from agent.relay import CUTS_BORNE, SAYABLE, SILENT_RETRIES, SILENT_RETRY_S, Relay, latencies_ms
from agent.transcript import Transcript
from agent.utterance import Kind, Utterance
from agent.words import line as words
from agent.writer import Writer
from holdline import desk, line
from holdline.call import Speaker, Turn
from holdline.help_request import Event, HelpRequest, Status
from holdline.store import Create, Put, Query, Store, must_get
from tests.builders import ANA, a_request, a_request_that_is, later
from tests.unit.agent.fakes import SPEECH_S, FakeFloor, FakeKnown, virtual_clock
from tests.unit.agent.waiting import Waiting

ANSWER = "Yes, there are 12 places behind the house; # 3 is ours."
RELAYED = f"My supervisor confirmed: {ANSWER}"


class Line:
    """The relay of one call in which one question waits for Ana."""

    def __init__(self, store: Store, writer: Writer) -> None:
        clock = virtual_clock()
        self.store = store
        self.floor = FakeFloor()
        self.known = FakeKnown()
        parts: dict[str, Any] = {"floor": self.floor, "known": self.known}
        transcript = Transcript(store, "call-1", writer=writer, clock=clock)
        waiting = Waiting.of(store, floor=self.floor, writer=writer, transcript=transcript, clock=clock)
        self.questions = waiting.questions
        parts["questions"] = self.questions
        self.relay = Relay(store, writer=writer, transcript=transcript, clock=clock, **parts)
        store.commit(Create(a_request()))

    def request(self) -> HelpRequest:
        return must_get(self.store, HelpRequest, "request-1").record

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.store.find(Query(Turn)).records

    def answer(self, text: str = ANSWER, *, at: float = 0) -> HelpRequest:
        return desk.answer(self.store, "request-1", text, by=ANA, at=later(at))

    def correct(self, text: str) -> HelpRequest:
        """As somebody does who types another answer into the document."""
        self.store.commit(Put(self.request().model_copy(update={"answer": text})))
        now = asyncio.get_running_loop().time()
        return desk.accept_hand_written_answer(self.store, "request-1", at=later(now + 0.001))

    async def settled(self) -> None:
        await asyncio.sleep(60)


@pytest.fixture
async def on(store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(store, writer)
    running = asyncio.create_task(line.relay.run())
    yield line
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_answer_is_said_at_once_in_its_exact_words_after_the_prefix(on: Line) -> None:
    on.relay.saw(on.answer())
    await on.settled()
    (said,) = on.floor.said
    assert (said.kind, said.text, said.at) == (Kind.RELAY, RELAYED, 0.0)
    assert said.interruptible


async def test_a_heard_answer_is_delivered_and_stands_in_the_transcript_as_the_supervisors(on: Line) -> None:
    on.relay.saw(on.answer())
    await on.settled()
    assert on.request().status is Status.DELIVERED
    assert on.request().delivered_at == later(SPEECH_S)
    assert [(turn.who, turn.text) for turn in on.turns] == [(Speaker.SUPERVISOR, ANSWER)]


async def test_receipt_and_beginning_are_written_as_they_happen(on: Line) -> None:
    speaking = asyncio.create_task(on.floor.somebody_speaks(5))
    await asyncio.sleep(0)
    on.relay.saw(on.answer())
    await asyncio.sleep(1)
    assert on.request().status is Status.ANSWERED
    assert on.request().received_at == later(0)
    await asyncio.sleep(5)
    assert on.request().status is Status.SPEAKING
    assert on.request().speaking_at == later(5)
    await speaking


async def test_an_answer_that_is_said_at_once_is_received_and_begun_in_one_write(on: Line) -> None:
    answered = on.answer()
    states = []
    watch = on.store.watch(Query(HelpRequest), lambda found: states.extend(found.records))
    on.relay.saw(answered)
    await on.settled()
    watch.close()
    assert [one.status for one in states] == [Status.ANSWERED, Status.SPEAKING, Status.DELIVERED]
    assert states[1].received_at == later(0)


async def test_latencies_count_from_the_answer_to_the_synthesiser_and_to_the_first_frame(on: Line) -> None:
    on.relay.saw(on.answer(at=-0.25))
    await on.settled()
    assert on.request().latencies_ms == {"to_synthesiser": 250.0, "to_first_frame": 300.0}
    assert on.turns[0].latencies_ms == on.request().latencies_ms


async def test_the_same_state_twice_is_said_once(on: Line) -> None:
    answered = on.answer()
    on.relay.saw(answered)
    on.relay.saw(answered)
    await on.settled()
    on.relay.saw(answered)
    await on.settled()
    assert on.floor.texts == [RELAYED]


@pytest.mark.parametrize("status", [status for status in Status if status not in SAYABLE])
async def test_only_an_answered_request_is_said(on: Line, status: Status) -> None:
    on.relay.saw(on.answer().model_copy(update={"status": status}))
    await on.settled()
    assert on.floor.texts == []


async def test_what_another_job_was_saying_when_it_died_is_said_again_as_such(on: Line) -> None:
    on.answer()
    on.relay.saw(line.speaking_began(on.store, "request-1", version=1, at=later(0)))
    await on.settled()
    assert on.floor.texts == [f"Let me repeat that. {RELAYED}"]
    assert (on.request().status, on.request().cuts) == (Status.DELIVERED, 1)


async def test_a_typed_answer_that_nobody_accepted_yet_is_not_said(on: Line) -> None:
    on.relay.saw(a_request(status=Status.ANSWERED, answer="<b>Yes</b>"))
    await on.settled()
    assert on.floor.texts == []


async def test_a_cut_answer_is_said_again_from_the_start(on: Line) -> None:
    on.floor.fates.extend(["cut"])
    on.relay.saw(on.answer())
    await on.settled()
    assert on.floor.texts == [RELAYED, RELAYED]
    assert on.request().status is Status.DELIVERED
    assert on.request().cuts == 1
    assert len(on.turns) == 1


async def test_while_it_waits_to_be_said_again_it_is_answered_and_not_spoken(on: Line) -> None:
    on.floor.fates.extend(["cut"])
    on.relay.saw(on.answer())
    await asyncio.sleep(SPEECH_S / 2)
    speaking = asyncio.create_task(on.floor.somebody_speaks(5))
    await asyncio.sleep(1)
    assert on.request().status in (Status.ANSWERED, Status.SPEAKING)
    await on.settled()
    assert on.request().status is Status.DELIVERED
    await speaking


async def test_after_three_cuts_it_can_no_longer_be_cut(on: Line) -> None:
    on.floor.fates.extend(["cut"] * CUTS_BORNE)
    on.relay.saw(on.answer())
    await on.settled()
    assert CUTS_BORNE == 3
    assert [said.interruptible for said in on.floor.said] == [True, True, True, False]
    assert on.request().status is Status.DELIVERED


async def test_cuts_that_an_earlier_job_met_count(on: Line) -> None:
    on.relay.saw(on.answer().model_copy(update={"cuts": CUTS_BORNE}))
    await on.settled()
    assert [said.interruptible for said in on.floor.said] == [False]


async def test_a_silent_synthesiser_is_tried_again_and_that_is_no_cut(on: Line) -> None:
    on.floor.fates.extend(["silent"] * 5)
    on.relay.saw(on.answer())
    await on.settled()
    assert [(said.text, said.at) for said in on.floor.said] == [(RELAYED, 5 * SILENT_RETRY_S)]
    assert on.request().status is Status.DELIVERED
    assert on.request().cuts == 0


async def test_an_answer_without_a_sound_gives_way_to_the_next_and_has_its_turn_again(on: Line) -> None:
    on.floor.fates.extend(["silent"] * SILENT_RETRIES)
    on.relay.saw(on.answer())
    on.store.commit(Create(a_request("request-2", question="Can I bring my dog?")))
    on.relay.saw(desk.answer(on.store, "request-2", "Small dogs are welcome.", by=ANA, at=later(0)))
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Small dogs are welcome.", RELAYED]
    assert on.request().status is Status.DELIVERED


async def test_an_answer_that_fails_keeps_the_next_from_nobody(on: Line, caplog: pytest.LogCaptureFixture) -> None:
    on.store.commit(Create(a_request("request-2", question="Can I bring my dog?")))
    on.floor.fates.append("broken")
    on.relay.saw(on.answer())
    on.relay.saw(desk.answer(on.store, "request-2", "Small dogs are welcome.", by=ANA, at=later(0)))
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Small dogs are welcome."]
    assert "request-1 could not be said" in caplog.text


async def test_a_caller_who_was_talked_over_is_asked_to_say_it_again_and_what_was_heard_is_known_before(
    on: Line,
) -> None:
    on.floor.fates.append("talked over")
    on.relay.saw(on.answer())
    await asyncio.sleep(SPEECH_S + 0.1)
    assert len(on.known.told_of) == 1
    await on.settled()
    assert on.floor.texts == [RELAYED, words("apology", "did_not_hear")]
    assert on.request().status is Status.DELIVERED


async def test_two_answers_are_said_one_after_the_other(on: Line) -> None:
    on.store.commit(Create(a_request("request-2", question="Can I bring my dog?")))
    on.relay.saw(on.answer())
    on.relay.saw(desk.answer(on.store, "request-2", "Small dogs are welcome.", by=ANA, at=later(0)))
    await on.settled()
    assert on.floor.texts == [RELAYED, "My supervisor confirmed: Small dogs are welcome."]


async def test_a_correction_of_a_heard_answer_says_that_it_is_one(on: Line) -> None:
    on.relay.saw(on.answer())
    await on.settled()
    on.relay.saw(on.correct("No, it is full today."))
    await on.settled()
    assert on.floor.texts == [RELAYED, "A correction from my supervisor: No, it is full today."]
    assert on.request().status is Status.DELIVERED


async def test_an_answer_corrected_before_it_was_said_is_said_corrected_alone(on: Line) -> None:
    speaking = asyncio.create_task(on.floor.somebody_speaks(1))
    await asyncio.sleep(0)
    on.store.commit(Create(a_request("request-2", question="Can I bring my dog?")))
    on.relay.saw(desk.answer(on.store, "request-2", "Small dogs are welcome.", by=ANA, at=later(0)))
    on.relay.saw(on.answer())
    on.relay.saw(on.correct("No, it is full today."))
    await on.settled()
    assert on.floor.texts[1:] == ["My supervisor confirmed: No, it is full today."]
    await speaking


async def test_a_correction_that_comes_while_the_answer_is_spoken_says_that_it_is_one(on: Line) -> None:
    on.relay.saw(on.answer())
    await asyncio.sleep(SPEECH_S / 2)
    on.relay.saw(on.correct("No, it is full today."))
    await on.settled()
    assert on.floor.texts == [RELAYED, "A correction from my supervisor: No, it is full today."]
    assert on.request().status is Status.DELIVERED
    assert on.request().accepted_answer == "No, it is full today."


async def test_a_cut_answer_that_was_corrected_meanwhile_is_not_said_again(on: Line) -> None:
    on.floor.fates.extend(["cut"])
    on.relay.saw(on.answer())
    await asyncio.sleep(SPEECH_S / 4)
    on.relay.saw(on.correct("No, it is full today."))
    await on.settled()
    assert on.floor.texts == [RELAYED, "My supervisor confirmed: No, it is full today."]


async def test_what_was_heard_is_known_for_the_rest_of_the_call(on: Line) -> None:
    answered = on.answer()
    on.relay.saw(answered)
    await on.settled()
    assert on.known.told_of == [answered]


async def test_an_answer_to_a_caller_who_left_is_not_written_as_heard(on: Line) -> None:
    on.relay.saw(on.answer())
    await asyncio.sleep(SPEECH_S / 2)
    on.store.commit(Put(on.request().after(Event.CALLER_LEFT, at=later(1))))
    await on.settled()
    assert on.request().status is Status.FOLLOW_UP


async def test_where_the_caller_waits_for_more_than_one_answer_each_names_its_question(on: Line) -> None:
    on.questions.saw(on.request())
    other = a_request("request-2", question="can i bring my dog")
    on.questions.saw(other)
    answered = on.answer()
    on.questions.saw(answered)
    on.relay.saw(answered)
    await on.settled()
    assert on.floor.texts == [f"You asked: Do you have parking? {RELAYED}"]
    assert on.request().status is Status.DELIVERED
    on.questions.saw(on.request())
    late = other.after(Event.ANSWERED, at=later(61), answer="No.", accepted_answer="No.", answer_version=1)
    on.questions.saw(late)
    on.relay.saw(late)
    await on.settled()
    assert on.floor.texts[1:] == ["My supervisor confirmed: No."]


async def test_a_question_that_a_recogniser_wrote_is_named_as_a_sentence(on: Line) -> None:
    on.questions.saw(on.request())
    other = a_request("request-2", question="can i bring my dog")
    late = other.after(Event.ANSWERED, at=later(1), answer="No.", accepted_answer="No.", answer_version=1)
    on.relay.saw(late)
    await on.settled()
    assert on.floor.texts == ["You asked: can i bring my dog. My supervisor confirmed: No."]


# Answers to what was asked on an earlier call


def owed(**fields: Any) -> HelpRequest:
    return a_request_that_is(
        Status.FOLLOW_UP, "earlier", call="call-0", answer=ANSWER, accepted_answer=ANSWER, answer_version=1, **fields
    )


async def test_a_caller_who_rings_again_hears_the_answer_that_came_too_late_and_it_is_followed_up(on: Line) -> None:
    on.store.commit(Create(owed()))
    on.relay.owe([owed()])
    await on.settled()
    assert on.floor.texts == [f"You called us before, and asked: Do you have parking? {RELAYED}"]
    told = must_get(on.store, HelpRequest, "earlier").record
    assert (told.status, told.closed_at) == (Status.FOLLOWED_UP, later(SPEECH_S))
    assert [turn.who for turn in on.turns] == [Speaker.SUPERVISOR]


async def test_what_is_owed_in_place_of_what_the_caller_was_told_is_a_correction(on: Line) -> None:
    on.store.commit(Create(owed(told_at=later(-60))))
    on.relay.owe([owed(told_at=later(-60))])
    await on.settled()
    asked_before = "You called us before, and asked: Do you have parking?"
    assert on.floor.texts == [f"{asked_before} {words('correction')} {ANSWER}"]


async def test_what_is_owed_is_said_again_until_it_was_heard(on: Line) -> None:
    on.store.commit(Create(owed()))
    on.floor.fates.extend(["cut", "silent", "heard"])
    on.relay.owe([owed()])
    await on.settled()
    assert len(on.floor.texts) == 2
    assert must_get(on.store, HelpRequest, "earlier").record.status is Status.FOLLOWED_UP


async def test_what_a_person_told_the_caller_meanwhile_stays_settled(on: Line) -> None:
    on.store.commit(Create(owed()))
    on.relay.owe([owed()])
    desk.follow_up(on.store, "earlier", by=ANA, at=later(0))
    await on.settled()
    told = must_get(on.store, HelpRequest, "earlier").record
    assert (told.status, told.closed_at) == (Status.FOLLOWED_UP, later(0))
    assert on.floor.texts == []


async def test_an_owed_answer_that_was_corrected_since_the_call_began_is_said_as_it_is_now(on: Line) -> None:
    on.store.commit(Create(owed()))
    on.relay.owe([owed()])
    desk.correct(on.store, "earlier", "No, not any more.", by=ANA, at=later(0))
    await on.settled()
    (said,) = on.floor.texts
    assert said.endswith("No, not any more.")
    assert must_get(on.store, HelpRequest, "earlier").record.status is Status.FOLLOWED_UP


async def test_an_owed_answer_is_said_where_storage_does_not_tell_what_became_of_it(on: Line) -> None:
    on.relay.owe([owed()])  # which storage does not have
    await on.settled()
    assert len(on.floor.texts) == 1


async def test_who_only_wanted_a_person_is_not_read_what_was_written_for_people(on: Line) -> None:
    wish = owed(teaches=False, question=words("person_wanted"))
    on.store.commit(Create(wish))
    on.relay.owe([wish])
    await on.settled()
    assert on.floor.texts == [f"You called us before. {RELAYED}"]


def test_the_prefixes_are_the_products_words() -> None:
    assert words("relay") == "My supervisor confirmed:"
    assert words("correction") == "A correction from my supervisor:"


def test_a_request_without_an_answers_time_has_no_latencies() -> None:
    assert latencies_ms(a_request(), Utterance(Kind.RELAY, "x", synthesised_at=later(1))) == {}


def test_what_did_not_happen_has_no_latency() -> None:
    request = a_request(answered_at=later(0))
    said = Utterance(Kind.RELAY, "x", synthesised_at=later(0) + timedelta(milliseconds=12.34))
    assert latencies_ms(request, said) == {"to_synthesiser": 12.3}
