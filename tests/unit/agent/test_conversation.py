"""A whole call in process: a real session, the rule-driven model, all our parts; ears and mouth are stand-ins."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from agent.ending import Ending
from agent.floor import Floor
from agent.hold import Hold
from agent.inbox import Inbox
from agent.known import Known
from agent.pipelines.rules_llm import RulesLLM
from agent.questions import Questions
from agent.receptionist import Receptionist
from agent.relay import Relay
from agent.transcript import Transcript
from agent.words import line as words
from agent.words import lines
from agent.writer import Writer
from holdline import desk
from holdline.call import Call, Outcome, Speaker, Turn
from holdline.help_request import HelpRequest, Status
from holdline.memory_store import MemoryDatabase
from holdline.store import Put, Query, Store, must_get
from tests.builders import ANA, a_call, an_entry
from tests.unit.agent.fakes import FakeJob, FakeMusic, FakeRoom, virtual_clock
from tests.unit.agent.studio import SPEECH_S, FakeSynthesiser, Studio
from tests.unit.agent.virtual_time import Pace, VirtualTimeLoop

GREETING = "Luxe Beauty Salon, hello!"
HOURS = "We open at nine."
ANSWER = "Yes: 12 places behind the house, # 3 is *ours*."
RELAYED = f"My supervisor confirmed: {ANSWER}"
TIMEOUT_S = 60


class Line:
    """A caller on the line of a salon that knows when it opens."""

    def __init__(self, database: MemoryDatabase, store: Store) -> None:
        self.clock = clock = virtual_clock()
        self.database = database
        self.store = store
        self.job = FakeJob()
        self.room = FakeRoom()
        self.music = FakeMusic()
        self.synthesiser = FakeSynthesiser()
        self.studio = Studio(model=RulesLLM(), synthesiser=self.synthesiser)
        self.writer = Writer()
        self.transcript = Transcript(store, "call-1", writer=self.writer, clock=clock)
        self.floor = Floor(on_voice=self.music.hush, on_said=self.transcript.said)
        parts: dict[str, Any] = {"floor": self.floor, "writer": self.writer, "clock": clock}
        job: Any = self.job
        self.ending = Ending(job, store, "call-1", **parts)
        self.known = Known((an_entry(answer=HOURS),), caller=a_call().caller, threshold=None)
        parts["transcript"] = self.transcript
        self.questions = Questions(store, a_call(), timeout=timedelta(seconds=TIMEOUT_S), **parts)
        music: Any = self.music
        self.hold = Hold(floor=self.floor, music=music, questions=self.questions, progress_every_s=8)
        self.relay = Relay(store, known=self.known, **parts)
        self.inbox = Inbox(
            store, questions=self.questions, relay=self.relay, hold=self.hold, writer=self.writer, clock=clock
        )
        self.receptionist = Receptionist(
            instructions="Be kind.",
            call=a_call(),
            known=self.known,
            questions=self.questions,
            transcript=self.transcript,
            floor=self.floor,
            ending=self.ending,
            clock=clock,
        )

    async def hears(self, *, for_s: float) -> list[str]:
        """What was said to the caller during the next seconds."""
        said = len(self.spoken)
        await asyncio.sleep(for_s)
        return self.spoken[said:]

    @property
    def spoken(self) -> list[str]:
        return [text.strip() for text in self.synthesiser.texts]

    @property
    def requests(self) -> tuple[HelpRequest, ...]:
        return self.store.find(Query(HelpRequest)).records

    @property
    def call(self) -> Call:
        return must_get(self.store, Call, "call-1").record

    @property
    def turns(self) -> list[tuple[Speaker, str]]:
        return [(turn.who, turn.text) for turn in self.store.find(Query(Turn)).records]

    def say(self, text: str) -> None:
        self.studio.caller.say(text)

    def answer(self, text: str = ANSWER) -> None:
        (request,) = self.requests
        desk.answer(self.store, request.id, text, by=ANA, at=self.clock())


@pytest.fixture
async def on(database: MemoryDatabase, store: Store) -> AsyncIterator[Line]:
    """Greeted, and listened to."""
    line = Line(database, store)
    running = [asyncio.create_task(line.hold.run()), asyncio.create_task(line.relay.run())]
    await line.inbox.open("call-1")
    room: Any = line.room
    line.ending.when_the_caller_leaves(room, a_call().caller_identity)
    async with line.studio.session(line.receptionist, attach=line.floor.attach) as session:
        line.ending.on_end(session.aclose)
        session.on("conversation_item_added", lambda event: line.receptionist.replied(event.item))
        await line.floor.greet(GREETING)
        yield line
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await line.questions.close()
    await line.inbox.close()
    await line.writer.close()


async def test_a_known_question_gets_the_entrys_words_and_no_request(on: Line) -> None:
    on.say("when do you open")
    assert await on.hears(for_s=10) == [HOURS]
    assert on.requests == ()


async def test_an_unknown_question_becomes_one_request_and_the_model_says_nothing_itself(on: Line) -> None:
    on.say("do you have parking")
    assert await on.hears(for_s=5) == [lines("hold")[0]]
    (request,) = on.requests
    assert (request.question, request.status) == ("do you have parking", Status.WAITING)
    assert [turn.text for turn in request.context] == [GREETING, "do you have parking"]


async def test_the_answer_is_heard_word_for_word_and_once(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.answer()
    assert await on.hears(for_s=30) == [RELAYED]
    (request,) = on.requests
    assert request.status is Status.DELIVERED
    assert set(request.latencies_ms) == {"to_synthesiser", "to_first_frame"}


async def test_the_answer_comes_within_a_breath_even_under_hold_words(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(1)
    assert on.studio.loudspeaker.is_playing
    answered_at = asyncio.get_running_loop().time()
    on.answer()
    await asyncio.sleep(SPEECH_S + 1)
    assert on.studio.loudspeaker.played[-1].at - answered_at < 0.2
    assert on.spoken[-1] == RELAYED


async def test_the_second_time_the_line_knows_it_in_this_call(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.answer()
    await asyncio.sleep(5)
    on.say("sorry do you have parking")
    assert await on.hears(for_s=5) == [ANSWER.replace("*ours*", "ours")]
    assert len(on.requests) == 1


async def test_while_waiting_the_caller_may_ask_something_else(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(4)
    on.say("and when do you open")
    assert await on.hears(for_s=5) == [HOURS]
    on.answer()
    assert await on.hears(for_s=5) == [RELAYED]


async def test_a_caller_who_cuts_the_answer_hears_it_again_from_the_start(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.answer()
    await asyncio.sleep(1)
    on.say("hello")
    heard = await on.hears(for_s=15)
    assert heard[-1] == RELAYED
    (request,) = on.requests
    assert (request.status, request.cuts) == (Status.DELIVERED, 1)


async def test_an_answer_outlives_a_synthesiser_that_fails_for_a_while(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.synthesiser.failures = 10
    on.answer()
    await asyncio.sleep(20)
    (request,) = on.requests
    assert (request.status, request.cuts) == (Status.DELIVERED, 0)
    assert on.spoken[-1] == RELAYED
    assert on.studio.loudspeaker.played[-1].of_s > 0


async def test_on_hold_the_caller_is_never_left_without_a_word_for_long(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(50)
    played = on.studio.loudspeaker.played
    pauses = [after.at - before.until for before, after in itertools.pairwise(played[1:])]
    assert len(pauses) >= 4
    assert max(pauses) < 8.5
    assert sum(until - since for since, until in on.music.played) > 20


async def test_a_claim_is_told_by_name(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    desk.claim(on.store, on.requests[0].id, by=ANA, at=on.clock())
    assert await on.hears(for_s=2) == [words("looking", name="Ana")]


async def test_never_mind_ends_the_wait(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.say("never mind")
    assert " ".join(await on.hears(for_s=30)) == words("withdrawn")
    assert [request.status for request in on.requests] == [Status.WITHDRAWN]


async def test_when_nobody_answers_a_message_is_taken(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(TIMEOUT_S + 5)
    assert on.spoken[-1] == words("expired")
    on.say("please call me back tomorrow")
    assert " ".join(await on.hears(for_s=20)) == words("message_taken")
    (request,) = on.requests
    assert (request.status, request.message) == (Status.EXPIRED, "please call me back tomorrow")


async def test_goodbye_is_said_to_its_end_and_then_the_call_is_over(on: Line) -> None:
    on.say("thank you goodbye")
    await asyncio.sleep(1)
    assert on.call.is_live
    await asyncio.sleep(2 * SPEECH_S + 1)
    assert " ".join(on.spoken[1:]) == words("goodbye")
    assert not on.studio.loudspeaker.played[-1].was_cut
    assert on.call.outcome is Outcome.AGENT_ENDED
    assert on.job.room_is_deleted


async def test_a_caller_who_hangs_up_ends_everything_at_once(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    left_at = asyncio.get_running_loop().time()
    on.room.leaves("caller")
    await asyncio.sleep(0.2)
    assert on.job.room_is_deleted
    assert on.call.outcome is Outcome.CALLER_LEFT
    assert [request.status for request in on.requests] == [Status.CALLER_LEFT]
    assert asyncio.get_running_loop().time() - left_at <= 0.21
    assert await on.hears(for_s=30) == []


async def test_an_answer_to_a_caller_who_left_becomes_a_follow_up(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.room.leaves("caller")
    await asyncio.sleep(1)
    on.answer()
    assert await on.hears(for_s=10) == []
    assert [request.status for request in on.requests] == [Status.FOLLOW_UP]


async def test_an_answer_typed_into_the_document_is_heard_like_any_other(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    (request,) = on.requests
    on.database.write_by_hand(f"orgs/salon/help_requests/{request.id}", {"answer": ANSWER})
    assert await on.hears(for_s=10) == [RELAYED]


async def test_a_corrected_answer_is_heard_as_a_correction(on: Line) -> None:
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.answer()
    await asyncio.sleep(5)
    (request,) = on.requests
    on.store.commit(Put(request.model_copy(update={"answer": "No, it is full."})))
    assert await on.hears(for_s=10) == ["A correction from my supervisor: No, it is full."]


async def test_the_transcript_is_what_was_said_in_order_and_by_whom(on: Line) -> None:
    on.say("when do you open")
    await asyncio.sleep(5)
    on.say("do you have parking")
    await asyncio.sleep(5)
    on.answer()
    await asyncio.sleep(5)
    assert on.turns == [
        (Speaker.AGENT, GREETING),
        (Speaker.CALLER, "when do you open"),
        (Speaker.AGENT, HOURS),
        (Speaker.CALLER, "do you have parking"),
        (Speaker.AGENT, lines("hold")[0]),
        (Speaker.SUPERVISOR, ANSWER),
    ]


async def test_nothing_in_a_call_keeps_the_loop_for_50_ms(on: Line) -> None:
    """The best of three rounds: what this machine does beside it strikes now and then, what blocks strikes always."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    longest: list[float] = []
    for question in ("do you have parking", "can I bring my dog", "do you sell gift cards"):
        loop.pace = Pace()
        on.say("when do you open")
        await asyncio.sleep(5)
        on.say(question)
        await asyncio.sleep(15)
        waiting = on.store.find(Query(HelpRequest, {"status": Status.WAITING})).records
        desk.answer(on.store, waiting[0].id, ANSWER, by=ANA, at=on.clock())
        await asyncio.sleep(5)
        longest.append(loop.pace.longest_step_s)
        loop.pace = None
    assert [request.status for request in on.requests] == [Status.DELIVERED] * 3
    assert min(longest) < 0.05
