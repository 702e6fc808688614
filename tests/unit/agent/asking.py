"""The questions of one call, with all that they need around them."""

import asyncio
from typing import Any

from agent.transcript import Transcript
from agent.writer import Writer
from holdline.help_request import HelpRequest
from holdline.store import Query, Store
from tests.unit.agent.fakes import FakeFloor, FlakyStore, virtual_clock
from tests.unit.agent.waiting import Waiting

TIMEOUT_S = 120
PARKING = "Do you have parking?"
DOGS = "Can I bring my dog?"


class Line:
    """Asks as the receptionist does; storage may fail, and the floor only remembers what was said."""

    def __init__(self, store: Store, writer: Writer, *, can_text: bool = False) -> None:
        clock = virtual_clock()
        self.store = FlakyStore(store)
        self.writer = writer
        self.floor = FakeFloor()
        self.transcript = Transcript(self.store, "call-1", writer=writer, clock=clock)
        self.waiting = Waiting.of(
            self.store,
            floor=self.floor,
            writer=writer,
            transcript=self.transcript,
            clock=clock,
            timeout_s=TIMEOUT_S,
            can_text=can_text,
        )
        self.attendance = self.waiting.attendance
        self.offer = self.waiting.offer
        self.questions = self.waiting.questions
        self.patience = self.waiting.patience

    def ask(self, question: str, request_id: str = "call-1_a", **arguments: Any) -> None:
        given = {"reason": "", "skill": None, "confidence": None, "nearest": ()}
        self.questions.ask(request_id, question, **{**given, **arguments})

    async def settled(self) -> None:
        """Once everything that was begun is written and said."""
        await asyncio.sleep(60)

    @property
    def requests(self) -> tuple[HelpRequest, ...]:
        return self.store.find(Query(HelpRequest)).records
