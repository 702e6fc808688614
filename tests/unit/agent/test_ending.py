"""A call ends once, whoever ends it, and nothing that it held is left behind."""

import asyncio
from typing import Any

import pytest
from livekit import rtc

from agent.ending import Ending
from agent.writer import Writer
from holdline.call import Call, Outcome
from holdline.help_request import HelpRequest, Status
from holdline.store import Create, Store, must_get
from tests.builders import a_call, a_request, later
from tests.unit.agent.fakes import FakeJob, FakeRoom, FlakyStore, virtual_clock


class FakeVoice:
    def __init__(self) -> None:
        self.is_silenced = False

    def silence(self) -> None:
        self.is_silenced = True


class Line:
    """A call with one question waiting."""

    def __init__(self, store: Store) -> None:
        self.store = FlakyStore(store)
        self.job = FakeJob()
        self.floor = FakeVoice()
        self.writer = Writer()
        parts: dict[str, Any] = {"floor": self.floor}
        job: Any = self.job
        self.ending = Ending(job, self.store, "call-1", writer=self.writer, clock=virtual_clock(), **parts)
        store.commit(Create(a_request()))

    @property
    def call(self) -> Call:
        return must_get(self.store, Call, "call-1").record

    @property
    def request(self) -> HelpRequest:
        return must_get(self.store, HelpRequest, "request-1").record


@pytest.fixture
async def on(store: Store) -> Line:
    return Line(store)


async def test_the_agent_is_silent_at_once_and_the_rest_follows(on: Line) -> None:
    on.ending.begin(Outcome.AGENT_ENDED)
    await asyncio.sleep(0)
    assert on.floor.is_silenced
    await asyncio.sleep(1)
    assert on.job.room_is_deleted
    assert on.job.shut_down_because == [Outcome.AGENT_ENDED]


async def test_the_call_is_closed_and_its_question_says_that_the_caller_left(on: Line) -> None:
    on.ending.begin(Outcome.CALLER_LEFT, detail="hung up")
    await asyncio.sleep(1)
    assert (on.call.outcome, on.call.outcome_detail, on.call.ended_at) == (Outcome.CALLER_LEFT, "hung up", later(0))
    assert on.request.status is Status.CALLER_LEFT


async def test_the_first_to_end_it_names_the_outcome(on: Line) -> None:
    on.ending.begin(Outcome.AGENT_ENDED)
    on.ending.begin(Outcome.CALLER_LEFT)
    await asyncio.sleep(1)
    on.ending.begin(Outcome.FAILED)
    await asyncio.sleep(1)
    assert on.call.outcome is Outcome.AGENT_ENDED
    assert on.job.shut_down_because == [Outcome.AGENT_ENDED]


async def test_what_the_call_holds_is_undone_in_order(on: Line) -> None:
    undone: list[str] = []

    def undoing(what: str) -> Any:
        async def undo() -> None:
            undone.append(what)

        return undo

    for part in ("hold", "inbox", "session"):
        on.ending.on_end(undoing(part))
    on.ending.begin(Outcome.AGENT_ENDED)
    await asyncio.sleep(1)
    assert undone == ["hold", "inbox", "session"]


async def test_a_part_that_does_not_close_keeps_nothing_else_open(on: Line, caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("stuck")

    undone = asyncio.Event()

    async def undo() -> None:
        undone.set()

    on.ending.on_end(fail)
    on.ending.on_end(undo)
    on.ending.begin(Outcome.AGENT_ENDED)
    await asyncio.sleep(1)
    assert undone.is_set()
    assert on.job.room_is_deleted
    assert "a part did not close" in caplog.text


async def test_what_is_written_while_parts_close_is_still_written(on: Line) -> None:
    written: list[str] = []

    async def undo() -> None:
        on.writer.put(lambda: written.append("the last turn"), what="the last turn")

    on.ending.on_end(undo)
    on.ending.begin(Outcome.AGENT_ENDED)
    await asyncio.sleep(1)
    assert written == ["the last turn"]


async def test_without_storage_the_room_is_freed_all_the_same(on: Line) -> None:
    on.store.is_down = True
    on.ending.begin(Outcome.CALLER_LEFT)
    await asyncio.sleep(10)
    assert on.job.room_is_deleted
    assert on.job.shut_down_because == [Outcome.CALLER_LEFT]


@pytest.mark.parametrize(("identity", "ends"), [("caller", True), ("a listener", False)])
async def test_the_call_ends_when_the_caller_leaves_and_nobody_else(on: Line, identity: str, ends: bool) -> None:
    room: Any = FakeRoom()
    on.ending.when_the_caller_leaves(room, a_call().caller_identity)
    room.leaves(identity)
    await asyncio.sleep(1)
    assert on.floor.is_silenced is ends
    assert (on.call.outcome is Outcome.CALLER_LEFT) is ends


@pytest.mark.parametrize(
    "reason",
    [
        rtc.DisconnectReason.DUPLICATE_IDENTITY,
        rtc.DisconnectReason.MIGRATION,
        rtc.DisconnectReason.STATE_MISMATCH,
        rtc.DisconnectReason.SERVER_SHUTDOWN,
    ],
)
async def test_a_caller_who_has_a_newer_connection_has_not_left(on: Line, reason: Any) -> None:
    room: Any = FakeRoom()
    on.ending.when_the_caller_leaves(room, a_call().caller_identity)
    room.leaves("caller", reason)
    await asyncio.sleep(1)
    assert on.call.is_live
    assert not on.job.room_is_deleted
    room.leaves("caller")
    await asyncio.sleep(1)
    assert on.call.outcome is Outcome.CALLER_LEFT


async def test_a_room_that_we_left_ourselves_is_our_failure(on: Line) -> None:
    room: Any = FakeRoom()
    on.ending.when_the_caller_leaves(room, a_call().caller_identity)
    room.is_gone(rtc.DisconnectReason.CLIENT_INITIATED)
    await asyncio.sleep(1)
    assert on.call.outcome is Outcome.FAILED
    assert on.request.status is Status.CALLER_LEFT


async def test_a_job_that_is_shut_down_sees_its_call_to_the_end(on: Line) -> None:
    await on.ending.finish()
    assert (on.call.outcome, on.call.outcome_detail) == (Outcome.FAILED, "the worker stopped")
    assert on.request.status is Status.CALLER_LEFT
    assert on.job.room_is_deleted


async def test_a_job_that_is_shut_down_waits_for_an_end_that_has_begun(on: Line) -> None:
    undone = asyncio.Event()

    async def undo() -> None:
        await asyncio.sleep(3)
        undone.set()

    on.ending.on_end(undo)
    on.ending.begin(Outcome.CALLER_LEFT)
    await asyncio.sleep(1)
    await on.ending.finish()
    assert undone.is_set()
    assert on.call.outcome is Outcome.CALLER_LEFT
    assert on.job.room_is_deleted
    assert on.job.shut_down_because == [Outcome.CALLER_LEFT]


async def test_what_is_asked_while_parts_close_does_not_wait_for_ever(on: Line) -> None:
    async def undo() -> None:
        await asyncio.sleep(1)
        on.store.commit(Create(a_request("request-2", question="Can I bring my dog?")))

    on.ending.on_end(undo)
    on.ending.begin(Outcome.CALLER_LEFT)
    await asyncio.sleep(3)
    assert must_get(on.store, HelpRequest, "request-2").record.status is Status.CALLER_LEFT
    assert on.call.ended_at == later(0)


async def test_the_call_ends_when_its_room_is_gone(on: Line) -> None:
    room: Any = FakeRoom()
    on.ending.when_the_caller_leaves(room, a_call().caller_identity)
    room.is_gone()
    await asyncio.sleep(1)
    assert on.call.outcome is Outcome.CALLER_LEFT
