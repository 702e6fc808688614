"""A job that takes a call over goes on where the one before stopped: same turns, same questions, one short line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import AgentSession

from agent.briefing import brief
from agent.line_up import LineUp
from agent.pipelines.rules_llm import RulesLLM
from agent.tenure import Tenure
from agent.words import line as words
from holdline import config, desk, lease, line
from holdline.call import Call, Dispatch, Outcome, Speaker, Turn
from holdline.help_request import HelpRequest, Status
from holdline.lease import Lease
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Put, Query, Store, must_get
from holdline.voice_agent import VoiceAgent
from tests.builders import ANA, NOW, a_call, a_request, a_voice_agent, an_organisation, later
from tests.unit.agent.fakes import FakeJob, FakeMusic, FakeRoom, virtual_clock
from tests.unit.agent.studio import FakeSynthesiser, Studio

ANSWER = "Yes, behind the house."
CONSENT = "This call is recorded."
RELAYED = f"My supervisor confirmed: {ANSWER}"


class Music(FakeMusic):
    async def close(self) -> None:
        self.hush()


class Job:
    """A job of one epoch, with everything that answers a call."""

    def __init__(self, database: MemoryDatabase, store: Store, *, epoch: int) -> None:
        self.store = store
        self.platform = database.platform
        self.job, self.room, self.synthesiser = FakeJob(), FakeRoom(), FakeSynthesiser()
        self.studio = Studio(model=RulesLLM(), synthesiser=self.synthesiser)
        call = must_get(store, Call, "call-1").record
        self.dispatch = Dispatch.to(call, org="salon").model_copy(update={"epoch": epoch})
        self.tenure = Tenure(self.platform, self.dispatch, job=f"job-{epoch}", clock=virtual_clock())
        self.parts: LineUp
        self.session: AgentSession[None]

    @property
    def spoken(self) -> list[str]:
        return [text.strip() for text in self.synthesiser.texts]

    @property
    def call(self) -> Call:
        return must_get(self.store, Call, "call-1").record

    def request(self, request_id: str = "request-1") -> HelpRequest:
        return must_get(self.store, HelpRequest, request_id).record

    @property
    def turns(self) -> list[tuple[int, str]]:
        return [(turn.n, turn.text) for turn in self.store.find(Query(Turn)).records]


@asynccontextmanager
async def on_the_call(job: Job) -> AsyncIterator[Job]:
    """As `main.answer` does it, without a room."""
    await job.tenure.begin()
    briefing = await brief(job.store, job.dispatch, caller="caller", at=NOW)
    ends: Any = job.job
    job.parts = LineUp.of(briefing, store=job.store, music=Music(), job=ends, clock=virtual_clock(), tenure=job.tenure)
    job.tenure.when_lost(job.parts.ending.leave)
    room: Any = job.room
    job.parts.ending.when_the_caller_leaves(room, "caller")
    await job.parts.inbox.open("call-1")
    async with job.studio.session(job.parts.receptionist, attach=job.parts.floor.attach) as session:
        job.session = session
        job.parts.serve(session)
        await job.parts.answer()
        yield job
        job.parts.ending.begin(Outcome.CALLER_LEFT)
        await job.parts.ending.finish()


@pytest.fixture
def salon(store: Store) -> Store:
    store.commit(Create(an_organisation()), Create(a_voice_agent()))
    _, version = config.in_force(store, VoiceAgent, "reception", at=NOW)
    store.commit(Put(a_call(voice_agent_version=version)))
    for n, (who, text) in enumerate([(Speaker.AGENT, "Hello!"), (Speaker.CALLER, "Is there parking?")], start=1):
        line.record_turn(store, Turn.of("call-1", n, who=who, text=text, at=NOW))
    return store


@pytest.fixture
async def successor(database: MemoryDatabase, salon: Store) -> Job:
    line.agent_joined(salon, "call-1", at=NOW)
    return Job(database, salon, epoch=2)


async def test_a_first_job_greets(database: MemoryDatabase, salon: Store) -> None:
    async with on_the_call(Job(database, salon, epoch=1)) as job:
        assert job.spoken == [a_voice_agent().greeting]


async def test_a_successor_says_one_short_line_in_place_of_the_greeting(successor: Job) -> None:
    async with on_the_call(successor) as job:
        assert " ".join(job.spoken) == words("back", "talking")


async def test_a_successor_of_a_job_that_never_came_greets_as_the_first_one(
    database: MemoryDatabase, salon: Store
) -> None:
    salon.commit(Put(an_organisation().model_copy(update={"consent_line": CONSENT})))
    async with on_the_call(Job(database, salon, epoch=2)) as job:
        assert job.spoken == [a_voice_agent().greeting, CONSENT]


async def test_a_successor_says_what_must_be_said_where_the_caller_has_not_heard_it(
    successor: Job, database: MemoryDatabase
) -> None:
    successor.store.commit(Put(an_organisation().model_copy(update={"consent_line": CONSENT})))
    async with on_the_call(successor) as job:
        assert job.spoken[-1] == CONSENT
    database.platform.commit(Put(Lease(id="call-1", org="salon", job="", epoch=3, until=NOW)))
    successor.store.commit(Put(a_call(voice_agent_version=job.call.voice_agent_version, answered_at=NOW)))
    async with on_the_call(Job(database, successor.store, epoch=3)) as job:
        assert CONSENT not in job.spoken


async def test_a_job_that_is_told_to_stop_leaves_the_call_to_another(database: MemoryDatabase, salon: Store) -> None:
    """LiveKit closes the job's session first, as if we had."""
    async with on_the_call(Job(database, salon, epoch=1)) as stopping:
        await stopping.session.aclose()
        await stopping.parts.ending.finish()
        assert stopping.call.is_live
        assert not stopping.job.room_is_deleted


@pytest.mark.parametrize("reason", ["SIGNAL_CLOSE", "UNKNOWN_REASON", "STATE_MISMATCH", "SERVER_SHUTDOWN"])
async def test_a_job_that_lost_its_connection_leaves_the_call_to_another(
    database: MemoryDatabase, salon: Store, reason: str
) -> None:
    async with on_the_call(Job(database, salon, epoch=1)) as cut_off:
        cut_off.room.is_gone(rtc.DisconnectReason.Value(reason))
        await cut_off.parts.ending.finish()
        assert cut_off.call.is_live
        assert not cut_off.job.room_is_deleted
        assert must_get(cut_off.platform, Lease, "call-1").record.is_given_away


async def test_a_job_that_is_put_out_of_the_room_writes_nothing_more(database: MemoryDatabase, salon: Store) -> None:
    async with on_the_call(Job(database, salon, epoch=1)) as stale:
        before = stale.turns
        stale.parts.transcript.add(Speaker.AGENT, "Of an older epoch.")
        stale.room.is_gone(rtc.DisconnectReason.PARTICIPANT_REMOVED)
        await stale.parts.ending.finish()
        assert stale.turns == before
        assert stale.call.is_live


async def test_a_job_that_lost_its_call_does_not_close_the_room_of_the_next(
    database: MemoryDatabase, salon: Store
) -> None:
    async with on_the_call(Job(database, salon, epoch=1)) as stale:
        assert lease.take_away(stale.platform, must_get(stale.platform, Lease, "call-1"), at=later(1)) is not None
        await stale.parts.ending.begin(Outcome.AGENT_ENDED)
        assert not stale.job.room_is_deleted


async def test_it_goes_on_with_the_turns_as_they_were(successor: Job) -> None:
    async with on_the_call(successor) as job:
        context = job.parts.receptionist.chat_ctx.messages()
        assert [(message.role, message.text_content) for message in context][1:3] == [
            ("assistant", "Hello!"),
            ("user", "Is there parking?"),
        ]
    assert [n for n, _ in job.turns] == list(range(1, len(job.turns) + 1))
    assert job.turns[:2] == [(1, "Hello!"), (2, "Is there parking?")]


async def test_an_open_question_stays_open_and_its_answer_is_heard_once(successor: Job) -> None:
    successor.store.commit(Create(a_request()))
    async with on_the_call(successor) as job:
        assert " ".join(job.spoken) == words("back", "waiting")
        await asyncio.sleep(1)
        desk.answer(job.store, "request-1", ANSWER, by=ANA, at=later(10))
        await asyncio.sleep(30)
        assert job.spoken.count(RELAYED) == 1
        assert job.request().status is Status.DELIVERED


async def test_an_answer_that_nobody_began_to_say_is_said(successor: Job) -> None:
    successor.store.commit(Create(a_request()))
    desk.answer(successor.store, "request-1", ANSWER, by=ANA, at=NOW)
    async with on_the_call(successor) as job:
        await asyncio.sleep(30)
        assert job.spoken.count(RELAYED) == 1


async def test_an_answer_that_the_job_before_was_saying_is_said_again_as_such(successor: Job) -> None:
    successor.store.commit(Create(a_request()))
    desk.answer(successor.store, "request-1", ANSWER, by=ANA, at=NOW)
    line.speaking_began(successor.store, "request-1", version=1, at=NOW)
    async with on_the_call(successor) as job:
        await asyncio.sleep(30)
        assert [text for text in job.spoken if ANSWER in text] == [f"Let me repeat that. {RELAYED}"]
        assert job.request().status is Status.DELIVERED


async def test_an_answer_that_was_heard_is_not_said_again_and_is_known(successor: Job) -> None:
    successor.store.commit(Create(a_request()))
    desk.answer(successor.store, "request-1", ANSWER, by=ANA, at=NOW)
    line.speaking_began(successor.store, "request-1", version=1, at=NOW)
    line.heard(successor.store, "request-1", version=1, latencies_ms={}, at=NOW)
    async with on_the_call(successor) as job:
        await asyncio.sleep(30)
        assert not [text for text in job.spoken if ANSWER in text]
        job.studio.caller.say("do you have parking")
        await asyncio.sleep(10)
        assert ANSWER in job.spoken


async def test_a_job_that_lost_its_call_says_and_writes_nothing_more_and_leaves_the_room(
    database: MemoryDatabase, salon: Store
) -> None:
    salon.commit(Create(a_request()))
    async with on_the_call(Job(database, salon, epoch=1)) as stale:
        held = must_get(stale.platform, Lease, "call-1")
        assert lease.take_away(stale.platform, held, at=later(1)) is not None
        await asyncio.sleep(3)
        before = (len(stale.spoken), stale.turns)
        desk.answer(stale.store, "request-1", ANSWER, by=ANA, at=later(10))
        await asyncio.sleep(30)
        assert (len(stale.spoken), stale.turns) == before
        assert stale.call.is_live
        assert stale.request().status is Status.ANSWERED
        assert not stale.job.room_is_deleted
        assert stale.job.shut_down_because == ["another job has the call"]


async def test_a_worker_that_stops_leaves_the_call_to_another(database: MemoryDatabase, salon: Store) -> None:
    salon.commit(Create(a_request()))
    async with on_the_call(Job(database, salon, epoch=1)) as stopping:
        await stopping.parts.ending.finish()
        assert stopping.call.is_live
        assert stopping.request().status is Status.WAITING
        assert not stopping.job.room_is_deleted
        assert must_get(stopping.platform, Lease, "call-1").record.is_given_away
        async with on_the_call(Job(database, salon, epoch=2)) as next_one:
            assert " ".join(next_one.spoken) == words("back", "waiting")


async def test_a_call_that_is_over_leaves_no_lease(database: MemoryDatabase, salon: Store) -> None:
    async with on_the_call(Job(database, salon, epoch=1)) as job:
        pass
    assert job.platform.get(Lease, "call-1") is None
    assert not job.call.is_live
