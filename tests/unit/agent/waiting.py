"""The parts that a caller waits with: questions, who is at the desk, what time does, and what is offered instead."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.attendance import Attendance
from agent.offer import Offer
from agent.patience import Patience
from agent.questions import Questions
from agent.transcript import Clock, Transcript
from agent.writer import Writer
from holdline.call import Call
from holdline.ladder import Ladder
from holdline.store import Store
from tests.builders import a_call

ZONE = ZoneInfo("America/New_York")
LADDER = Ladder(skilled_first_s=20, text_after_s=45)


@dataclass(frozen=True)
class Waiting:
    attendance: Attendance
    offer: Offer
    questions: Questions
    patience: Patience

    @classmethod
    def of(
        cls,
        store: Store,
        *,
        floor: Any,
        writer: Writer,
        transcript: Transcript,
        clock: Clock,
        timeout_s: float = 120,
        call: Call | None = None,
        can_text: bool = False,
    ) -> "Waiting":
        """As `LineUp` puts them together."""
        call = call or a_call()
        attendance = Attendance(store, ladder=LADDER, can_text=can_text, clock=clock)
        offer = Offer(store, call, floor=floor, writer=writer, zone=ZONE, clock=clock)
        questions = Questions(
            store,
            call,
            floor=floor,
            writer=writer,
            transcript=transcript,
            attendance=attendance,
            offer=offer,
            timeout=timedelta(seconds=timeout_s),
            clock=clock,
        )
        patience = Patience(
            store,
            questions=questions,
            attendance=attendance,
            offer=offer,
            floor=floor,
            writer=writer,
            zone=ZONE,
            clock=clock,
        )
        return cls(attendance, offer, questions, patience)

    async def close(self) -> None:
        await self.questions.close()
        await self.patience.close()
        await self.attendance.close()
