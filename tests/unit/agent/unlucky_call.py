"""A whole call as a job of a worker has it, lease and all, with a life made up from a seed: nothing is spared it."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from livekit.agents import APIConnectionError, llm

from agent.briefing import brief
from agent.line_up import LineUp
from agent.pipelines.rules_llm import RulesLLM, reply_to
from agent.tenure import Tenure
from holdline import config, desk
from holdline.call import Call, Dispatch, Speaker, Turn
from holdline.errors import HoldlineError
from holdline.help_request import LIVE, HelpRequest
from holdline.lease import Lease
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Put, Query, must_get
from holdline.voice_agent import VoiceAgent
from tests.builders import ANA, BEN, NOW, a_call, a_voice_agent, an_entry, an_organisation
from tests.unit.agent.fakes import FakeJob, FakeMusic, FakeRoom, FlakyStore, virtual_clock
from tests.unit.agent.studio import FakeSynthesiser, Studio

PARKING = ("do you have parking", "is there parking there", "can i park my car there", "um so do you have any parking")
DOGS = ("can i bring my dog", "am i allowed to bring my dog")
KNOWN = ("when do you open",)
ASIDES = ("hello", "ok thank you", "never mind", "can i speak to a person", "thank you goodbye")
ANSWERS = ("Yes, behind the house.", "No, none at all.")


class UnluckyModel(RulesLLM):
    """The rule-driven model, which may fail, and may call each of its tools more than once."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.calls_a_tool = 1

    def chat(self, *, chat_ctx: llm.ChatContext, **given: Any) -> llm.LLMStream:
        tools = given.get("tools") or []
        return _Reply(self, chat_ctx=chat_ctx, tools=tools, conn_options=given["conn_options"])


class _Reply(llm.LLMStream):
    async def _run(self) -> None:
        model = self._llm
        assert isinstance(model, UnluckyModel)
        if model.failures:
            model.failures -= 1
            raise APIConnectionError("no model", retryable=False)
        delta = reply_to(self._chat_ctx, offered={tool.id for tool in self._tools})
        if delta is None:
            return
        delta.tool_calls = [
            call.model_copy(update={"call_id": f"{call.call_id}_{n}"})
            for call in delta.tool_calls
            for n in range(model.calls_a_tool)
        ]
        self._event_ch.send_nowait(llm.ChatChunk(id="chunk", delta=delta))


class Music(FakeMusic):
    async def close(self) -> None:
        self.hush()


class UnluckyCall:
    def __init__(self, database: MemoryDatabase) -> None:
        self.database = database
        self.people_store = database.for_org("salon")
        """As people write to it."""
        self.storage, self.platform = FlakyStore(self.people_store), FlakyStore(database.platform)
        """As the job reaches it."""
        self.clock = virtual_clock()
        self._loop = asyncio.get_running_loop()
        self.job, self.room = FakeJob(), FakeRoom()
        self.model, self.synthesiser = UnluckyModel(), FakeSynthesiser()
        self.studio = Studio(model=self.model, synthesiser=self.synthesiser)
        self.parts: LineUp
        self.storage_is_back_at_s = 0.0
        self.is_asked = asyncio.Event()
        """A person has something to answer."""

    @property
    def call(self) -> Call:
        return must_get(self.people_store, Call, "call-1").record

    @property
    def lease(self) -> Lease | None:
        held = self.database.platform.get(Lease, "call-1")
        return held.record if held is not None else None

    @property
    def requests(self) -> tuple[HelpRequest, ...]:
        return self.people_store.find(Query(HelpRequest)).records

    @property
    def supervisors_words(self) -> list[str]:
        """What the transcript says that the caller heard of people."""
        turns = self.people_store.find(Query(Turn)).records
        return [turn.text for turn in turns if turn.who is Speaker.SUPERVISOR]

    def say(self, text: str) -> None:
        self.studio.caller.say(text)

    async def interrupt(self, text: str, *, for_s: float) -> None:
        self.studio.caller.begin(text)
        await asyncio.sleep(for_s)
        self.studio.caller.end(text)

    def storage_fails(self, *, for_s: float) -> None:
        loop = asyncio.get_running_loop()
        self.storage_is_back_at_s = loop.time() + for_s
        self._storage_is_down(True)
        loop.call_later(for_s, self._storage_is_down, False)

    def _storage_is_down(self, is_down: bool) -> None:
        self.storage.is_down = self.platform.is_down = is_down

    def tell_when_asked(self, requests: tuple[HelpRequest, ...]) -> None:
        if requests:
            self._loop.call_soon_threadsafe(self.is_asked.set)

    def person_does(self, does: Callable[..., object], request: HelpRequest, *about: str, by: Any = ANA) -> None:
        with suppress(HoldlineError):  # somebody was first, or it is over: people are told so
            does(self.people_store, request.id, *about, by=by, at=self.clock())

    def type_by_hand(self, request: HelpRequest, text: str) -> None:
        self.database.write_by_hand(f"orgs/salon/help_requests/{request.id}", {"answer": text})


@asynccontextmanager
async def taken(database: MemoryDatabase) -> AsyncIterator[UnluckyCall]:
    """As `main.answer` does it, without a room: greeted, and listened to until the caller hangs up."""
    call = UnluckyCall(database)
    store = call.people_store
    store.commit(Create(an_organisation()), Create(a_voice_agent()), Create(an_entry()))
    _, version = config.in_force(store, VoiceAgent, "reception", at=NOW)
    store.commit(Put(a_call(voice_agent_version=version)))
    dispatch = Dispatch.to(call.call, org="salon")
    tenure = Tenure(call.platform, dispatch, job="job-1", clock=call.clock)
    await tenure.begin()
    briefing = await brief(store, dispatch, caller="caller", at=NOW)
    job: Any = call.job
    room: Any = call.room
    call.parts = LineUp.of(briefing, store=call.storage, music=Music(), job=job, clock=call.clock, tenure=tenure)
    tenure.when_lost(call.parts.ending.leave)
    call.parts.ending.when_the_caller_leaves(room, "caller")
    await call.parts.inbox.open("call-1")
    people = store.watch(Query(HelpRequest), lambda found: call.tell_when_asked(found.records))
    async with call.studio.session(call.parts.receptionist, attach=call.parts.floor.attach) as session:
        call.parts.serve(session)
        await call.parts.answer()
        yield call
        await call.parts.ending.finish()
    people.close()


async def live_through(call: UnluckyCall, chance: random.Random) -> None:
    """One thing after another happens to the call, without end."""
    while True:
        await asyncio.sleep(chance.choice([0.0, 0.01, 0.1, 0.5, 1.0, 3.0]) * chance.random() * 2)
        await chance.choice(_HAPPENINGS)(call, chance)


async def keep_asking(call: UnluckyCall, chance: random.Random) -> None:
    """The same, in other words, in the middle of the agent's, with a model that calls its tool five times."""
    while True:
        await asyncio.sleep(chance.random() * 3)
        call.model.calls_a_tool = chance.choice([1, 5])
        call.storage.loses_confirmations = chance.randrange(3)
        if chance.random() < 0.2:
            call.storage_fails(for_s=chance.random() * 2)
        if chance.random() < 0.5:
            call.say(chance.choice(PARKING))
        else:
            await call.interrupt(chance.choice(PARKING), for_s=chance.random() * 2)


async def _asks(call: UnluckyCall, chance: random.Random) -> None:
    call.say(chance.choice(chance.choice([PARKING, PARKING, DOGS, KNOWN, ASIDES])))


async def _interrupts(call: UnluckyCall, chance: random.Random) -> None:
    await call.interrupt(chance.choice([*PARKING, *ASIDES[:2]]), for_s=chance.random() * 3)


async def _person_acts(call: UnluckyCall, chance: random.Random) -> None:
    for request in call.requests:
        by, answer = chance.choice([ANA, BEN]), chance.choice(ANSWERS)
        match chance.randrange(5):
            case 0:
                call.person_does(desk.claim, request, by=by)
            case 1:
                call.person_does(desk.release, request, by=by)
            case 2:
                call.type_by_hand(request, chance.choice([answer, "<b>no</b>"]))
            case _:
                call.person_does(desk.answer, request, answer, by=by)


async def _storage_fails(call: UnluckyCall, chance: random.Random) -> None:
    call.storage.loses_confirmations = chance.randrange(3)
    if chance.random() < 0.5:
        call.storage_fails(for_s=chance.random() * 4)


async def _provider_fails(call: UnluckyCall, chance: random.Random) -> None:
    call.synthesiser.failures, call.model.failures = chance.randrange(4), chance.randrange(3)
    call.model.calls_a_tool = chance.choice([1, 1, 2, 5])


_HAPPENINGS = (_asks, _asks, _asks, _interrupts, _person_acts, _person_acts, _storage_fails, _provider_fails)


def left_over(call: UnluckyCall, before: set["asyncio.Task[Any]"]) -> list[str]:
    """What of the call is still there though it is over."""
    return [
        *(f"task {task.get_name()}: {task.get_coro()}" for task in asyncio.all_tasks() - before if not task.done()),
        *(f"thread {thread.name}" for thread in threading.enumerate() if thread.name.startswith("writer")),
        *(f"watch {watch}" for watch in call.database._watches),
        *(f"{request.status} request" for request in call.requests if request.status in LIVE and not call.call.is_live),
        *(["music"] if isinstance(call.parts.music, Music) and call.parts.music.is_playing else []),
    ]
