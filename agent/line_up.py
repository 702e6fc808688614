"""The parts of one call, put together in one place: for a job in its room, and for the console in a terminal.

What differs between them is given: the session's ears and mouth, the music, and how the call is taken down at its end.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from livekit.agents import AgentSession, CloseEvent, CloseReason

from agent.attendance import Attendance
from agent.briefing import Briefing
from agent.ending import Ending, Job
from agent.floor import Floor
from agent.hold import Hold, Music
from agent.idle import Idle
from agent.inbox import Inbox
from agent.measurements import call_answered, watch_providers
from agent.offer import Offer
from agent.patience import Patience
from agent.questions import Questions
from agent.receptionist import Receptionist
from agent.relay import Relay
from agent.tenure import Tenure
from agent.transcript import Clock, Transcript
from agent.words import line as words
from agent.words import persona
from agent.writer import Writer
from holdline import line
from holdline.call import Outcome
from holdline.store import Store

CURRENT_WITHIN_S = 2.0


@dataclass(frozen=True)
class LineUp:
    """Everything that answers one call. `of` makes it, `serve` sets it to work on a session, `answer` greets."""

    briefing: Briefing
    store: Store
    clock: Clock
    music: Music
    writer: Writer
    transcript: Transcript
    floor: Floor
    ending: Ending
    questions: Questions
    attendance: Attendance
    patience: Patience
    hold: Hold
    relay: Relay
    inbox: Inbox
    idle: Idle
    receptionist: Receptionist
    on_deaf: Callable[[bool], object]

    @classmethod
    def of(
        cls,
        briefing: Briefing,
        *,
        store: Store,
        music: Music,
        job: Job,
        clock: Clock,
        tenure: Tenure | None = None,
        on_deaf: Callable[[bool], object] = lambda _: None,
    ) -> "LineUp":
        """Needs a running event loop. With a `tenure` nothing is said or written unless the call is this job's.

        `on_deaf` is told when nothing of what people write reaches the call any more, and when it does again.
        """
        call, voice_agent = briefing.call, briefing.voice_agent
        is_ours = tenure.is_ours if tenure is not None else None
        writer = Writer(is_ours=is_ours)
        transcript = Transcript(
            store, call.id, writer=writer, clock=clock, delete_at=call.delete_at, so_far=briefing.so_far
        )
        floor = Floor(on_voice=music.hush, on_said=transcript.said, is_ours=is_ours)
        ending = Ending(job, store, call.id, floor=floor, writer=writer, clock=clock, tenure=tenure)
        organisation = briefing.organisation
        attendance = Attendance(store, ladder=organisation.ladder, can_text=briefing.can_text, clock=clock)
        offer = Offer(store, call, floor=floor, writer=writer, zone=organisation.zone, clock=clock)
        questions = Questions(
            store,
            call,
            floor=floor,
            writer=writer,
            transcript=transcript,
            attendance=attendance,
            offer=offer,
            timeout=timedelta(seconds=voice_agent.answer_timeout_s),
            clock=clock,
        )
        patience = Patience(
            store,
            questions=questions,
            attendance=attendance,
            offer=offer,
            floor=floor,
            writer=writer,
            zone=organisation.zone,
            clock=clock,
        )
        hold = Hold(
            floor=floor,
            music=music,
            questions=questions,
            patience=patience,
            progress_every_s=voice_agent.progress_every_s,
        )
        relay = Relay(
            store,
            floor=floor,
            writer=writer,
            transcript=transcript,
            known=briefing.known,
            questions=questions,
            clock=clock,
        )
        inbox = Inbox(
            store,
            questions=questions,
            relay=relay,
            hold=hold,
            writer=writer,
            on_ping=tenure.heard if tenure is not None else lambda _: None,
            clock=clock,
        )
        idle = Idle(floor=floor, questions=questions, ending=ending, silence_s=voice_agent.silence_s)
        receptionist = Receptionist(
            instructions=persona(
                organisation=organisation.name, name=voice_agent.name, instructions=voice_agent.instructions
            ),
            call=call,
            known=briefing.known,
            questions=questions,
            attendance=attendance,
            offer=offer,
            transcript=transcript,
            floor=floor,
            ending=ending,
            clock=clock,
        )
        return cls(
            briefing,
            store,
            clock,
            music,
            writer,
            transcript,
            floor,
            ending,
            questions,
            attendance,
            patience,
            hold,
            relay,
            inbox,
            idle,
            receptionist,
            on_deaf,
        )

    def serve(self, session: AgentSession[None]) -> None:
        """Set the parts to work on this session, and have each undone when the call ends."""
        tasks = [
            asyncio.create_task(self.hold.run(), name="hold"),
            asyncio.create_task(self.relay.run(), name="relay"),
            asyncio.create_task(self.idle.run(), name="idle"),
            asyncio.create_task(self.inbox.mind(self.on_deaf), name="hearing"),
        ]
        self.idle.attach(session)
        for undo in (
            partial(_cancel, tasks),
            self.relay.close,
            self.questions.close,
            self.patience.close,
            self.attendance.close,
            self.receptionist.close,
            self.inbox.close,
            self.music.close,
            session.aclose,
        ):
            self.ending.on_end(undo)
        session.on("conversation_item_added", lambda event: self.receptionist.replied(event.item))
        session.on("error", self.receptionist.failed)
        watch_providers(session)
        session.on("close", self._closed)

    def _closed(self, event: CloseEvent) -> None:
        if event.reason in (CloseReason.JOB_SHUTDOWN, CloseReason.USER_INITIATED):
            self.ending.pass_on()  # a job that is told to stop closes its session, as we do at the end of a call
        else:
            self.ending.begin(Outcome.FAILED, detail=str(event.reason))

    async def answer(self) -> None:
        """The caller is there: the agent has the floor, and greets, or says that it is back."""
        call = self.briefing.call
        self.writer.put(lambda: line.agent_joined(self.store, call.id, at=self.clock()), what="that the agent joined")
        if self.briefing.is_resumed:
            await self.inbox.until_current(within_s=CURRENT_WITHIN_S)
            await self.floor.say(words("back", "waiting" if self.questions.is_waiting else "talking"))
        else:
            call_answered()
            await self.floor.greet(self.briefing.voice_agent.greeting)
        consent = self.briefing.organisation.consent_line
        if consent and not any(turn.text == consent and not turn.cut for turn in self.briefing.so_far):
            await self.floor.greet(consent)
        self.relay.owe(self.briefing.owed)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
