"""What reaches a job from outside: the watches on this call's help requests and instructions, brought onto the loop.

Each state that arrives is the whole truth of now and is compared with what was already done, so that a state which
comes twice, late or after a rebuilt watch does no harm.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from agent.hold import Hold
from agent.measurements import HelpRequests
from agent.questions import Questions
from agent.relay import Relay
from agent.transcript import Clock
from agent.writer import Writer
from holdline import desk
from holdline.help_request import HelpRequest, Status
from holdline.instruction import Instruction, InstructionKind
from holdline.store import Found, Query, Store, Watch, remarks_on

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
DEAF_AFTER_S = 5.0
"""A watch repairs itself in less, unless storage is away."""


class Inbox:
    def __init__(
        self,
        store: Store,
        *,
        questions: Questions,
        relay: Relay,
        hold: Hold,
        writer: Writer,
        on_ping: Callable[[datetime], object],
        clock: Clock,
    ) -> None:
        """`on_ping` is told when each ping was sent that arrives."""
        self._on_ping = on_ping
        self._store = store
        self._questions = questions
        self._relay = relay
        self._hold = hold
        self._writer = writer
        self._clock = clock
        self._claimants: dict[str, str] = {}
        self._hand_written: dict[str, str] = {}
        """What was last typed into each request, so that a refused answer is refused once."""
        self._measured = HelpRequests(since=clock())
        self._watches: list[Watch] = []
        self._is_current = asyncio.Event()

    async def until_current(self, *, within_s: float) -> None:
        """Return once the documents are known as they are now, or when the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_current.wait(), within_s)

    async def open(self, call_id: str) -> None:
        """Begin to listen; raises Unavailable."""
        loop = asyncio.get_running_loop()

        def requests(found: Found[HelpRequest]) -> None:
            loop.call_soon_threadsafe(self.saw, found)

        def instructions(found: Found[Instruction]) -> None:
            loop.call_soon_threadsafe(self.was_instructed, found)

        def watch() -> list[Watch]:
            return [
                self._store.watch(Query(HelpRequest, {"call": call_id}), requests),
                self._store.watch(Query(Instruction, {"call": call_id}), instructions),
            ]

        self._watches = await asyncio.to_thread(watch)

    @property
    def is_live(self) -> bool:
        """Whether what people write reaches this call now."""
        return bool(self._watches) and all(watch.is_live for watch in self._watches)

    async def mind(self, on_change: Callable[[bool], object]) -> None:
        """Tell when this call has become deaf, and when it hears again, for as long as it lasts."""
        is_deaf, live_at = False, asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = asyncio.get_running_loop().time()
            live_at = now if self.is_live else live_at
            if is_deaf != (now - live_at >= DEAF_AFTER_S):
                is_deaf = not is_deaf
                log.log(logging.WARNING if is_deaf else logging.INFO, "the call %s", "is deaf" if is_deaf else "hears")
                on_change(is_deaf)

    async def close(self) -> None:
        for watch in self._watches:
            await asyncio.to_thread(watch.close)

    def was_instructed(self, found: Found[Instruction]) -> None:
        for instruction in found.records:
            if instruction.kind is InstructionKind.PING:
                self._on_ping(instruction.sent_at)

    def saw(self, found: Found[HelpRequest]) -> None:
        for request in sorted(found.records, key=lambda one: one.asked_at):
            self._measured.saw(request)
            self._relay.saw(request)
            self._questions.saw(request)
            self._announce_claim(request)
            self._accept_hand_written_answer(request)
        self._is_current.set()
        for remark in remarks_on(found, HelpRequest):
            self._writer.put(partial(self._store.commit, remark), what="the remark")

    def _announce_claim(self, request: HelpRequest) -> None:
        claimant = request.claimed_by if request.status is Status.CLAIMED else None
        if claimant is None:
            self._claimants.pop(request.id, None)
        elif self._claimants.get(request.id) != claimant.uid:
            self._claimants[request.id] = claimant.uid
            if not self._questions.is_call_wanted(request.id):
                self._hold.announce(claimant.name)

    def _accept_hand_written_answer(self, request: HelpRequest) -> None:
        if not request.has_hand_written_answer or self._hand_written.get(request.id) == request.answer:
            return
        self._hand_written[request.id] = request.answer or ""
        log.info("call %s: somebody wrote an answer into request %s itself", request.call, request.id)
        writing = self._writer.put(
            lambda: desk.accept_hand_written_answer(self._store, request.id, at=self._clock()),
            what="the hand-written answer",
        )
        writing.add_done_callback(lambda done: self._hand_written.pop(request.id, "") if done.exception() else None)
