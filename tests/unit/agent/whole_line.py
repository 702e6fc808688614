"""A whole call in process: a real session, the rule-driven model, all our parts; ears and mouth are stand-ins."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from livekit.agents import llm

from agent.ending import Ending
from agent.floor import Floor
from agent.hold import Hold
from agent.inbox import Inbox
from agent.known import Known
from agent.pipelines.rules_llm import RulesLLM
from agent.receptionist import Receptionist
from agent.relay import Relay
from agent.transcript import Transcript
from agent.writer import Writer
from holdline import desk
from holdline.call import Call, Speaker, Turn
from holdline.help_request import HelpRequest
from holdline.knowledge import KnowledgeIndex
from holdline.memory_store import MemoryDatabase
from holdline.store import Query, Store, must_get
from tests.builders import ANA, a_call, an_entry
from tests.unit.agent.fakes import FakeJob, FakeMusic, FakeRoom, FlakyStore, virtual_clock
from tests.unit.agent.studio import FakeSynthesiser, Studio
from tests.unit.agent.waiting import Waiting

GREETING = "Luxe Beauty Salon, hello!"
HOURS = "We open at nine."
ANSWER = "Yes: 12 places behind the house, # 3 is *ours*."
RELAYED = f"My supervisor confirmed: {ANSWER}"
TIMEOUT_S = 60


class Line:
    """A caller on the line of a salon that knows when it opens."""

    def __init__(
        self,
        database: MemoryDatabase,
        store: Store,
        *,
        model: llm.LLM[Any] | None = None,
        can_text: bool = False,
    ) -> None:
        model = model or RulesLLM()
        self.clock = clock = virtual_clock()
        self.database = database
        self.store = store
        """As people write to it."""
        self.storage = storage = FlakyStore(store)
        """As the call reaches it."""
        self.job = FakeJob()
        self.room = FakeRoom()
        self.music = FakeMusic()
        self.synthesiser = FakeSynthesiser()
        self.studio = Studio(model=model, synthesiser=self.synthesiser)
        self.writer = Writer()
        self.transcript = Transcript(storage, "call-1", writer=self.writer, clock=clock)
        self.floor = Floor(
            on_voice=self.music.hush,
            on_said=self.transcript.said,
        )
        parts: dict[str, Any] = {"floor": self.floor, "writer": self.writer, "clock": clock}
        job: Any = self.job
        self.ending = Ending(job, storage, "call-1", **parts)
        self.known = Known(KnowledgeIndex((an_entry(answer=HOURS),)), caller=a_call().caller, threshold=None)
        parts["transcript"] = self.transcript
        self.waiting = Waiting.of(storage, timeout_s=TIMEOUT_S, can_text=can_text, **parts)
        self.offer = self.waiting.offer
        self.questions = self.waiting.questions
        music: Any = self.music
        self.hold = Hold(
            floor=self.floor,
            music=music,
            questions=self.questions,
            patience=self.waiting.patience,
            progress_every_s=8,
        )
        self.relay = Relay(storage, known=self.known, questions=self.questions, **parts)
        self.pings: list[datetime] = []
        self.inbox = Inbox(
            storage,
            questions=self.questions,
            relay=self.relay,
            hold=self.hold,
            writer=self.writer,
            on_ping=self.pings.append,
            clock=clock,
        )
        self.receptionist = Receptionist(
            instructions="Be kind.",
            call=a_call(),
            known=self.known,
            questions=self.questions,
            attendance=self.waiting.attendance,
            offer=self.offer,
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
        """In the order in which they were asked."""
        return tuple(sorted(self.store.find(Query(HelpRequest)).records, key=lambda request: request.asked_at))

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
        self.answer_request(request.id, text)

    def answer_request(self, request_id: str, text: str = ANSWER) -> None:
        desk.answer(self.store, request_id, text, by=ANA, at=self.clock())

    def write_by_hand(self, **fields: Any) -> None:
        """As an admin does in the console, into the one request that there is."""
        (request,) = self.requests
        self.database.write_by_hand(f"orgs/salon/help_requests/{request.id}", fields)


@asynccontextmanager
async def answered(line: Line) -> AsyncIterator[Line]:
    """The line's call, greeted and listened to; over once the context is left."""
    room: Any = line.room
    running = [asyncio.create_task(line.hold.run()), asyncio.create_task(line.relay.run())]
    await line.inbox.open("call-1")
    line.ending.when_the_caller_leaves(room, a_call().caller_identity)
    async with line.studio.session(line.receptionist, attach=line.floor.attach) as session:
        for undo in (
            partial(_cancel, running),
            line.waiting.close,
            line.receptionist.close,
            line.inbox.close,
            session.aclose,
        ):
            line.ending.on_end(undo)
        session.on("conversation_item_added", lambda event: line.receptionist.replied(event.item))
        session.on("error", line.receptionist.failed)
        await line.floor.greet(GREETING)
        yield line
        await line.ending.finish()


async def _cancel(running: Sequence[asyncio.Task[None]]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
