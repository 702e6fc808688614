"""The questions of one call, with all that they need around them."""

import asyncio
from datetime import timedelta
from typing import Any

from agent.questions import Questions
from agent.transcript import Transcript
from agent.writer import Writer
from holdline.help_request import HelpRequest
from holdline.store import Query, Store
from tests.builders import a_call
from tests.unit.agent.fakes import FakeFloor, FlakyStore, virtual_clock

TIMEOUT_S = 120
PARKING = "Do you have parking?"
DOGS = "Can I bring my dog?"


class Line:
    """Asks as the receptionist does; storage may fail, and the floor only remembers what was said."""

    def __init__(self, store: Store, writer: Writer) -> None:
        clock = virtual_clock()
        self.store = FlakyStore(store)
        self.writer = writer
        self.floor = FakeFloor()
        self.transcript = Transcript(self.store, "call-1", writer=writer, clock=clock)
        floor: Any = self.floor
        self.questions = Questions(
            self.store,
            a_call(),
            floor=floor,
            writer=writer,
            transcript=self.transcript,
            timeout=timedelta(seconds=TIMEOUT_S),
            clock=clock,
        )

    def ask(self, question: str, request_id: str = "call-1_a", **arguments: Any) -> None:
        given = {"reason": "", "skill": None, "confidence": None, "nearest": ()}
        self.questions.ask(request_id, question, **{**given, **arguments})

    async def settled(self) -> None:
        """Once everything that was begun is written and said."""
        await asyncio.sleep(60)

    @property
    def requests(self) -> tuple[HelpRequest, ...]:
        return self.store.find(Query(HelpRequest)).records
