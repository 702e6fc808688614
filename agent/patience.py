"""What time does to an open question: it climbs the answer ladder, and at last runs out. The caller is told of each.

`sweep` does the same to the documents where no job is left to do it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from datetime import timedelta, tzinfo
from functools import partial

from agent.attendance import Attendance
from agent.floor import Floor
from agent.offer import Offer
from agent.questions import Questions
from agent.transcript import Clock
from agent.utterance import Kind
from agent.words import line as words
from agent.writer import Writer
from holdline import line
from holdline.answer_times import usual_wait
from holdline.errors import HoldlineError, IllegalTransition
from holdline.help_request import LIVE, HelpRequest, Status
from holdline.ladder import Rung, is_above
from holdline.store import Store

log = logging.getLogger(__name__)

DESK = (Rung.SKILLED, Rung.ANYONE)
TELL_WITHIN_S = 2.0
"""How long the caller waits for storage before being told that nobody answered."""


class Patience:
    """`tick` it while a question is open."""

    def __init__(
        self,
        store: Store,
        *,
        questions: Questions,
        attendance: Attendance,
        offer: Offer,
        floor: Floor,
        writer: Writer,
        zone: tzinfo,
        clock: Clock,
    ) -> None:
        self._store = store
        self._questions = questions
        self._attendance = attendance
        self._offer = offer
        self._floor = floor
        self._writer = writer
        self._zone = zone
        self._clock = clock
        self._estimated: set[str] = set()
        self._estimates: deque[tuple[str, str]] = deque()
        """Of which question, and the sentence."""
        self._tasks: set[asyncio.Task[object]] = set()

    def tick(self) -> None:
        """Look at the clock, and do what is due."""
        self._attendance.look_again()
        now = self._clock()
        ran_out = [request for request in self._questions.open if request.expires_at <= now]
        for request in self._questions.open:
            if request not in ran_out:
                self._climb(request)
                self._estimate(request)
        if ran_out:
            self._expire(ran_out)

    def estimate(self) -> str | None:
        """How long a question that is open usually takes, said once a question; None where that is not known."""
        at_the_desk = {request.id for request in self._questions.open if request.rung in DESK}
        while self._estimates:
            request_id, sentence = self._estimates.popleft()
            if request_id in at_the_desk:
                return sentence
        return None

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _climb(self, request: HelpRequest) -> None:
        rung = self._attendance.rung_of(request)
        is_looked_at = request.status is Status.CLAIMED and not request.is_claim_over(self._clock())
        if is_looked_at:
            return
        holds = not self._questions.is_call_wanted(request.id)
        if not is_above(rung, request.rung):
            if holds and rung is Rung.NOBODY and not self._offer.was_made(request.id):  # who wrote so told nobody
                self._offer_instead(request.id)
            return
        log.info("call %s: nobody has answered yet; asking further: %s (request %s)", request.call, rung, request.id)
        self._questions.climbed(request.model_copy(update={"rung": rung}))
        climb = partial(line.climb, self._store, request.id, rung, at=self._clock())
        writing = self._writer.put(climb, what="the next rung")
        if holds and rung is Rung.NOBODY:
            self._offer_instead(request.id)
        elif holds:
            self._spawn(self._tell_of_the_rung(writing, request.id, rung))

    async def _tell_of_the_rung(self, writing: "asyncio.Future[HelpRequest]", request_id: str, rung: Rung) -> None:
        """Once it is written: until then nobody else has been asked, and storage may be away for a while."""
        try:
            written = await asyncio.shield(writing)
        except HoldlineError:  # it was answered meanwhile, or the writer has logged why not
            return
        is_open = any(one.id == request_id for one in self._questions.open)
        if is_open and written.rung is rung:  # and not claimed a moment before
            await self._floor.say(words("ladder", rung), kind=Kind.HOLD)

    def _offer_instead(self, request_id: str) -> None:
        self._spawn(self._offer.make([request_id], because="nobody"))

    def _estimate(self, request: HelpRequest) -> None:
        """Ahead of the silence in which it is said, because storage may be slow."""
        if request.id not in self._estimated and request.rung in DESK:
            self._estimated.add(request.id)
            self._spawn(self._look_up(request))

    async def _look_up(self, request: HelpRequest) -> None:
        looking = partial(usual_wait, self._store, request.skill, at=self._clock(), zone=self._zone)
        try:
            usual = await asyncio.to_thread(looking)
        except HoldlineError as error:
            log.warning("call %s: how long it usually takes is not known: %s", request.call, error)
            return
        if usual is not None:
            self._estimates.append((request.id, in_words(usual)))

    def _expire(self, ran_out: list[HelpRequest]) -> None:
        writings = {}
        for request in ran_out:
            log.info("call %s: nobody answered in time (request %s)", request.call, request.id)
            self._questions.settle(request.id)
            expiry = partial(line.expire, self._store, request.id, at=self._clock())
            writing = self._writer.put(expiry, what="the expiry")
            if self._questions.is_waited_for(request):  # else the caller has been told
                writings[request.id] = writing
        if writings:
            self._spawn(self._tell_of_the_expiry(writings))

    async def _tell_of_the_expiry(self, writings: "dict[str, asyncio.Future[HelpRequest]]") -> None:
        """Whatever storage says, unless an answer came at the last moment: the relay has it."""
        await asyncio.wait(writings.values(), timeout=TELL_WITHIN_S)
        unanswered = [request_id for request_id, writing in writings.items() if not _was_answered(writing)]
        if unanswered:
            await self._offer.make(unanswered, because="expired")

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def in_words(usual: timedelta) -> str:
    """The sentence for a wait in whole minutes."""
    minutes = round(usual.total_seconds() / 60)
    return words("estimate", "one") if minutes <= 1 else words("estimate", "more", minutes=str(minutes))


def _was_answered(writing: "asyncio.Future[HelpRequest]") -> bool:
    refusal = writing.exception() if writing.done() else None
    return isinstance(refusal, IllegalTransition) and refusal.status in (*LIVE, Status.DELIVERED)
