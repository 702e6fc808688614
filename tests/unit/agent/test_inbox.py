"""What people do to a call's requests reaches the call, whoever wrote it and however often it is shown."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from agent.inbox import DEAF_AFTER_S, Inbox
from agent.relay import Relay
from agent.transcript import Transcript
from agent.writer import Writer
from holdline import desk
from holdline.help_request import HelpRequest, Status
from holdline.instruction import ping
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Remark, Store, must_get
from tests.builders import ANA, BEN, NOW, a_request, later
from tests.unit.agent.fakes import FakeFloor, FakeKnown, FlakyStore, virtual_clock
from tests.unit.agent.waiting import Waiting

PATH = "orgs/salon/help_requests/request-1"


class FakeHold:
    """Remembers who was announced."""

    def __init__(self) -> None:
        self.announced: list[str] = []

    def announce(self, name: str) -> None:
        self.announced.append(name)


class Deaf:
    """A watch that has lost its stream."""

    is_live = False

    def close(self) -> None: ...


class Line:
    """A call whose inbox is open, with one question waiting."""

    def __init__(self, database: MemoryDatabase, store: Store, writer: Writer) -> None:
        clock = virtual_clock()
        self.database = database
        self.store = FlakyStore(store)
        self.floor = FakeFloor()
        self.hold = FakeHold()
        parts: dict[str, Any] = {"floor": self.floor, "writer": writer, "clock": clock}
        transcript = Transcript(self.store, "call-1", writer=writer, clock=clock)
        parts["transcript"] = transcript
        self.questions = Waiting.of(self.store, **parts).questions
        self.relay = Relay(self.store, known=FakeKnown(), questions=self.questions, **parts)  # type: ignore[arg-type]
        hold: Any = self.hold
        self.pings: list[datetime] = []
        self.inbox = Inbox(
            self.store,
            questions=self.questions,
            relay=self.relay,
            hold=hold,
            writer=writer,
            on_ping=self.pings.append,
            clock=clock,
        )
        store.commit(Create(a_request()))

    @property
    def request(self) -> HelpRequest:
        return must_get(self.store, HelpRequest, "request-1").record

    @property
    def remarks(self) -> list[Remark]:
        return [write for writes in self.store.commits for write in writes if isinstance(write, Remark)]

    def write_by_hand(self, **fields: Any) -> None:
        self.database.write_by_hand(PATH, fields)

    def claim(self, *, by: Any, at: float = 0) -> None:
        desk.claim(self.store, "request-1", by=by, at=later(at))

    async def settled(self) -> None:
        await asyncio.sleep(30)


@pytest.fixture
async def on(database: MemoryDatabase, store: Store, writer: Writer) -> AsyncIterator[Line]:
    line = Line(database, store, writer)
    await line.inbox.open("call-1")
    running = asyncio.create_task(line.relay.run())
    await asyncio.sleep(0)
    yield line
    await line.inbox.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_question_that_is_open_when_the_job_comes_is_waited_for(on: Line) -> None:
    await on.settled()
    assert on.questions.is_waiting


async def test_an_answer_is_said_once(on: Line) -> None:
    desk.answer(on.store, "request-1", "Yes, behind the house.", by=ANA, at=later(0))
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Yes, behind the house."]
    assert on.request.status is Status.DELIVERED


async def test_another_calls_requests_are_not_heard_of(on: Line) -> None:
    on.store.commit(Create(a_request("request-2", call="call-2")))
    desk.answer(on.store, "request-2", "Not for this caller.", by=ANA, at=later(0))
    await on.settled()
    assert on.floor.texts == []


async def test_an_answer_typed_into_the_document_is_accepted_once_and_said(on: Line) -> None:
    on.write_by_hand(answer="  Yes, behind the house. ")
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Yes, behind the house."]
    assert on.request.status is Status.DELIVERED
    assert on.request.answer_version == 1
    assert on.request.answered_by == desk.CONSOLE


async def test_an_answer_typed_together_with_its_status_is_accepted_all_the_same(on: Line) -> None:
    on.write_by_hand(answer="Yes, behind the house.", status="answered")
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Yes, behind the house."]
    assert on.request.answer_version == 1


async def test_a_typed_correction_is_said_as_one(on: Line) -> None:
    on.write_by_hand(answer="Yes, behind the house.")
    await on.settled()
    on.write_by_hand(answer="No, it is full.")
    await on.settled()
    assert on.floor.texts[-1] == "A correction from my supervisor: No, it is full."


async def test_an_answer_may_be_corrected_back_to_what_it_was(on: Line) -> None:
    for answer in ("We close at five.", "We close at six.", "We close at five."):
        on.write_by_hand(answer=answer)
        await on.settled()
    assert on.floor.texts[-1] == "A correction from my supervisor: We close at five."
    assert on.request.answer_version == 3


@pytest.mark.parametrize("answer", ["<b>Yes</b>", "x" * 501, "Yes\x07", "   "])
async def test_a_typed_answer_that_cannot_be_spoken_is_refused_beside_it_and_the_draft_is_kept(
    on: Line, answer: str
) -> None:
    on.write_by_hand(answer=answer)
    await on.settled()
    assert on.floor.texts == []
    assert on.request.status is Status.WAITING
    assert on.request.answer == answer
    assert on.request.problem


async def test_a_refused_answer_is_refused_once(on: Line) -> None:
    on.write_by_hand(answer="<b>Yes</b>")
    await on.settled()
    writes = len(on.store.commits)
    await on.settled()
    on.claim(by=ANA)
    await on.settled()
    assert len(on.store.commits) == writes + 1


async def test_a_typed_answer_that_could_not_be_accepted_is_tried_again_at_the_next_state(on: Line) -> None:
    on.store.is_down = True
    on.write_by_hand(answer="Yes, behind the house.")
    await on.settled()
    await on.settled()
    on.store.is_down = False
    await on.settled()
    assert on.request.answer_version == 0
    on.write_by_hand(reason="anything")
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Yes, behind the house."]


async def test_an_accepted_answer_is_written_once_however_often_it_is_shown(on: Line) -> None:
    on.write_by_hand(answer="Yes, behind the house.")
    on.write_by_hand(reason="anything")
    await on.settled()
    on.write_by_hand(reason="anything else")
    await on.settled()
    assert on.request.answer_version == 1
    assert on.floor.texts == ["My supervisor confirmed: Yes, behind the house."]


async def test_a_refused_answer_that_is_mended_is_said_and_its_problem_goes(on: Line) -> None:
    on.write_by_hand(answer="<b>Yes</b>")
    await on.settled()
    on.write_by_hand(answer="Yes")
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Yes"]
    assert on.request.problem is None


async def test_a_document_that_people_broke_gets_one_remark_that_names_the_field(on: Line) -> None:
    on.write_by_hand(status="finished")
    await on.settled()
    on.write_by_hand(reason="still broken")
    await on.settled()
    (remark,) = on.remarks
    assert remark.id == "request-1"
    assert remark.problem is not None
    assert "status" in remark.problem


async def test_a_broken_document_does_not_keep_the_others(on: Line) -> None:
    on.store.commit(Create(a_request("request-2", question="Can I bring my dog?")))
    on.write_by_hand(status="finished")
    desk.answer(on.store, "request-2", "Small dogs are welcome.", by=ANA, at=later(0))
    await on.settled()
    assert on.floor.texts == ["You asked: Can I bring my dog? My supervisor confirmed: Small dogs are welcome."]


async def test_a_mended_document_is_taken_up_again(on: Line) -> None:
    on.write_by_hand(status="finished")
    await on.settled()
    on.write_by_hand(status="waiting", answer="Yes, behind the house.")
    await on.settled()
    assert on.floor.texts == ["My supervisor confirmed: Yes, behind the house."]


async def test_a_claim_is_announced_once(on: Line) -> None:
    on.claim(by=ANA)
    await on.settled()
    on.claim(by=ANA, at=10)
    await on.settled()
    assert on.hold.announced == ["Ana"]


async def test_another_persons_claim_is_announced_too(on: Line) -> None:
    on.claim(by=ANA)
    await on.settled()
    desk.release(on.store, "request-1", by=ANA, at=later(5))
    await on.settled()
    on.claim(by=BEN, at=6)
    await on.settled()
    assert on.hold.announced == ["Ana", "Ben"]


async def test_a_claim_that_runs_out_and_passes_on_is_announced_by_the_new_name(on: Line) -> None:
    on.claim(by=ANA)
    await on.settled()
    on.claim(by=BEN, at=desk.CLAIM_LASTS.total_seconds())
    await on.settled()
    assert on.hold.announced == ["Ana", "Ben"]


async def test_nobody_is_told_who_looks_at_a_wish_to_be_called_back(on: Line) -> None:
    on.write_by_hand(teaches=False, callback={"asked_at": NOW})
    await on.settled()
    on.claim(by=ANA)
    await on.settled()
    assert on.hold.announced == []


async def test_after_closing_nothing_is_heard_of(on: Line) -> None:
    await on.inbox.close()
    desk.answer(on.store, "request-1", "Yes.", by=ANA, at=later(0))
    await on.settled()
    assert on.floor.texts == []


async def test_a_ping_reaches_the_call_with_the_time_at_which_it_was_sent(on: Line) -> None:
    for at in (later(1), later(6)):
        ping(on.store, "call-1", at=at)
        await on.settled()
    assert on.pings == [later(1), later(6)]


async def test_another_calls_ping_does_not(on: Line) -> None:
    ping(on.store, "call-2", at=later(1))
    await on.settled()
    assert on.pings == []


async def test_an_open_inbox_is_live_and_a_closed_one_is_not(on: Line) -> None:
    assert on.inbox.is_live
    await on.inbox.close()
    assert not on.inbox.is_live


async def test_a_call_whose_watch_stays_down_says_so_once_and_once_that_it_hears_again(on: Line) -> None:
    told: list[bool] = []
    minding = asyncio.create_task(on.inbox.mind(told.append))
    await asyncio.sleep(60)
    assert told == []
    watch = on.inbox._watches[0]
    on.inbox._watches[0] = Deaf()
    await asyncio.sleep(DEAF_AFTER_S - 1)
    assert told == []
    await asyncio.sleep(30)
    assert told == [True]
    on.inbox._watches[0] = watch
    await asyncio.sleep(30)
    assert told == [True, False]
    minding.cancel()
