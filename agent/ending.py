"""The one guarded place through which every job takes leave of its call: the call ends, or another job has it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from livekit import rtc

from agent.floor import Floor
from agent.tenure import Tenure
from agent.transcript import Clock
from agent.writer import Writer
from holdline import line
from holdline.call import COMES_BACK, Call, Outcome
from holdline.errors import Unavailable
from holdline.store import Store

log = logging.getLogger(__name__)

ROOM_IS_GONE = (rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED)
STILL_HERE = frozenset(map(rtc.DisconnectReason.Value, COMES_BACK))


class Job(Protocol):
    """The part of LiveKit's JobContext that takes a call down."""

    def delete_room(self) -> Awaitable[object]: ...

    def shutdown(self, reason: str = "") -> None: ...


class Ending:
    """Begins once; whatever the call holds is undone by `on_end` callbacks, in the order in which they were added."""

    def __init__(
        self,
        job: Job,
        store: Store,
        call_id: str,
        *,
        floor: Floor,
        writer: Writer,
        clock: Clock,
        tenure: Tenure | None = None,
    ) -> None:
        """Without a `tenure`, as in a terminal, no other job could take the call over."""
        self._job = job
        self._store = store
        self._call_id = call_id
        self._floor = floor
        self._writer = writer
        self._clock = clock
        self._tenure = tenure
        self._undo: list[Callable[[], Awaitable[None]]] = []
        self._task: asyncio.Task[None] | None = None

    def on_end(self, undo: Callable[[], Awaitable[None]]) -> None:
        self._undo.append(undo)

    def begin(self, outcome: Outcome, *, detail: str | None = None) -> asyncio.Task[None]:
        """End the call; the first to say so names the outcome."""
        if self._task is None:
            self._task = asyncio.create_task(self._end(outcome, detail), name="ending")
        return self._task

    def when_the_caller_leaves(self, room: rtc.Room, caller_identity: str) -> None:
        """End the call when this participant is gone for good, or when the room is."""

        def left(participant: rtc.RemoteParticipant) -> None:
            if participant.identity == caller_identity and participant.disconnect_reason not in STILL_HERE:
                self.begin(Outcome.CALLER_LEFT)

        def lost(reason: rtc.DisconnectReason.ValueType) -> None:
            if reason in ROOM_IS_GONE:
                self.begin(Outcome.CALLER_LEFT)
            elif reason == rtc.DisconnectReason.PARTICIPANT_REMOVED and self._tenure is not None:
                self.leave()  # put out of the room, because another job has the call
            else:
                self.pass_on()  # it is our connection that ended: the caller may well be there

        room.on("participant_disconnected", left)
        room.on("disconnected", lost)

    def leave(self) -> None:
        """The call is another job's now: fall silent, write nothing more, and leave the room as it is."""
        if self._task is None and self._tenure is not None:
            self._tenure.lose()
            self._task = asyncio.create_task(
                self._leave("another job has the call", self._tenure.close), name="leaving"
            )

    def pass_on(self) -> asyncio.Task[None]:
        """This job stops and the caller stays: let another have the call, where one can; else the call ends."""
        if self._task is None and self._tenure is not None:
            log.info("call %s: this job stops; another is to have the call", self._call_id)
            leaving = self._leave("the worker stopped", self._tenure.give_away)
            self._task = asyncio.create_task(leaving, name="passing on")
        return self.begin(Outcome.FAILED, detail="the worker stopped")

    async def finish(self) -> None:
        """The job is being shut down: see the end through, whichever it is."""
        await self.pass_on()

    async def _leave(self, reason: str, at_last: Callable[[], Awaitable[object]]) -> None:
        self._floor.silence()
        await self._undo_all()
        await self._writer.close()
        await at_last()
        self._job.shutdown(reason=reason)

    async def _end(self, outcome: Outcome, detail: str | None) -> None:
        self._floor.silence()
        at = self._clock()
        log.info("call %s: over (%s)", self._call_id, outcome)
        write = partial(line.close, self._store, self._call_id, outcome=outcome, detail=detail, at=at)
        self._writer.put(write, what="the end")
        await self._undo_all()
        last = self._writer.put(write, what="the end of what was asked since")
        await self._writer.close()
        if self._tenure is not None and _is_lost(last):
            await self._tenure.close()  # and not given up: it runs out, and whoever finds it ends the call
            await self._job.delete_room()
        elif self._tenure is None or await self._tenure.end():
            await self._job.delete_room()
        self._job.shutdown(reason=outcome.value)

    async def _undo_all(self) -> None:
        for undo in self._undo:
            try:
                await undo()
            except Exception:  # one part that cannot be undone must not keep the others
                log.exception("call %s: a part did not close", self._call_id)


def _is_lost(writing: "asyncio.Future[Call]") -> bool:
    """Whether storage did not answer before the writer gave it up."""
    return not writing.done() or isinstance(writing.exception(), Unavailable)
