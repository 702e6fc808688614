"""The caller's questions that people have: asked, asked again, withdrawn.

What time does to them is `patience.py`'s, and answers are `relay.py`'s.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from functools import partial

from agent.attendance import Attendance
from agent.floor import Floor
from agent.offer import Offer
from agent.transcript import Clock, Transcript
from agent.utterance import Kind
from agent.words import in_turn
from agent.words import line as words
from agent.writer import Writer
from holdline import line
from holdline.call import Call, KnowledgeUse
from holdline.help_request import LIVE, OPEN, HelpRequest, Status
from holdline.knowledge import is_same_question
from holdline.ladder import Rung, is_above
from holdline.store import Store

log = logging.getLogger(__name__)

ASK_WITHIN_S = 30.0
"""How long the caller waits for storage to take a question before being told that nobody can be asked."""


class Questions:
    """What is open on this call, as far as the job knows; `saw` keeps it in step with the documents."""

    def __init__(
        self,
        store: Store,
        call: Call,
        *,
        floor: Floor,
        writer: Writer,
        transcript: Transcript,
        attendance: Attendance,
        offer: Offer,
        timeout: timedelta,
        clock: Clock,
    ) -> None:
        self._attendance = attendance
        self._offer = offer
        self._store = store
        self._call = call
        self._floor = floor
        self._writer = writer
        self._transcript = transcript
        self._timeout = timeout
        self._clock = clock
        self._open: dict[str, HelpRequest] = {}
        self._being_asked: dict[str, str] = {}
        self._calls_wanted: set[str] = set()
        """The wish for a call back, where the caller has asked nothing: nobody waits on the line for that."""
        self._settled: set[str] = set()
        """Closed here, or seen to be: an older state of them is no news."""
        self._hold_phrases = in_turn("hold")
        self._tasks: set[asyncio.Task[object]] = set()
        self._some = asyncio.Event()
        self._on_its_way: dict[str, str] = {}
        """Questions that have been answered, and whose answer the caller is about to hear."""
        self._is_over = False

    @property
    def is_waiting(self) -> bool:
        """Whether the caller waits for a person, who is there or has been texted."""
        is_being_asked = any(one not in self._calls_wanted for one in self._being_asked)
        return is_being_asked or any(self.is_waited_for(request) for request in self._open.values())

    @property
    def is_kept_company(self) -> bool:
        """Whether the caller has nothing to do but wait: nothing is being arranged with them meanwhile."""
        return self.is_waiting and not self._offer.is_open

    def is_call_wanted(self, request_id: str) -> bool:
        """Whether it is nothing but the wish to be called back."""
        return request_id in self._calls_wanted

    def is_waited_for(self, request: HelpRequest) -> bool:
        """Whether the caller holds for it: not where nobody is there, unless somebody has come and looks at it."""
        is_anyone_there = request.rung is not Rung.NOBODY or request.status is Status.CLAIMED
        return is_anyone_there and request.id not in self._calls_wanted

    @property
    def open(self) -> tuple[HelpRequest, ...]:
        """What people have yet to answer, as it was last seen."""
        return tuple(self._open.values())

    @property
    def ids(self) -> tuple[str, ...]:
        """Of what is open or being asked, in the order in which it was asked."""
        return (*self._open, *self._being_asked)

    @property
    def is_anything_owed(self) -> bool:
        """Whether the caller waits for a person, or an answer is on its way."""
        return self.is_waiting or bool(self._on_its_way)

    def is_one_of_several(self, request_id: str) -> bool:
        """Whether another question of this call is without an answer that was heard."""
        return not {*self.ids, *self._on_its_way} <= {request_id}

    async def until_open(self) -> None:
        """Return when there is a question that people have."""
        await self._some.wait()

    def ask(
        self,
        request_id: str,
        question: str,
        *,
        reason: str,
        skill: str | None,
        confidence: float | None,
        nearest: Sequence[KnowledgeUse],
        teaches: bool = True,
        is_told: bool = True,
    ) -> None:
        """Ask a person and tell the caller so, or who `is_told` otherwise. Returns at once: the request is written in
        its turn."""
        if not is_told:
            self._calls_wanted.add(request_id)
        teaches = teaches and bool(question.strip())
        question = question.strip() or words("person_wanted")
        if self._is_over or any(is_same_question(one, question) for one in self._on_its_way.values()):
            return
        asked = [*self._being_asked.values(), *(request.question for request in self._open.values())]
        is_new = not any(is_same_question(one, question) for one in asked)
        self._being_asked[request_id] = question
        self._some.set()
        context = self._transcript.last()
        at = self._clock()
        rung = self._attendance.first_rung(skill)
        log.info("call %s: asking a person (request %s)", self._call.id, request_id)
        writing = self._writer.put(
            lambda: line.ask(
                self._store,
                self._call,
                request_id=request_id,
                question=question,
                reason=reason,
                skill=skill,
                confidence=confidence,
                context=context,
                nearest=nearest,
                timeout=self._timeout,
                at=at,
                teaches=teaches,
                rung=rung,
            ),
            what="the help request",
        )
        self._spawn(self._asked(request_id, writing))
        if is_told:
            self._spawn(self._tell(request_id, question, rung, is_new=is_new))

    def add_detail(self, text: str) -> bool:
        """Pass on what the caller says more about what was asked last; tells whether there is anything open."""
        for request_id in self.ids[-1:]:
            self._writer.put(partial(line.add_detail, self._store, request_id, text), what="the detail")
        return bool(self.ids)

    def withdraw(self) -> bool:
        """The caller no longer wants to know what was asked last; tells whether there was anything to withdraw."""
        ids = self.ids
        for request_id in ids[-1:]:
            self.settle(request_id)
            self._offer.drop(request_id)
            self._writer.put(partial(line.withdraw, self._store, request_id, at=self._clock()), what="the withdrawal")
        return bool(ids)

    def saw(self, request: HelpRequest) -> None:
        """A document of this call as it is now."""
        self._being_asked.pop(request.id, None)
        self._on_its_way.pop(request.id, None)
        if request.callback is not None or request.message is not None:
            self._offer.agreed(request.id)
            if request.callback is not None and not request.teaches:
                self._calls_wanted.add(request.id)
        if request.status in OPEN:
            if request.id not in self._settled:
                known = self._open.get(request.id, request)
                climbed_here = is_above(known.rung, request.rung)  # and not written yet
                self._open[request.id] = request.model_copy(update={"rung": known.rung}) if climbed_here else request
        elif request.answer_version == 0 and request.status in LIVE:
            pass  # a hand set the status ahead of an answer that nobody has accepted yet
        else:
            self._settled.add(request.id)
            was_open = self._open.pop(request.id, None)
            if request.status is Status.EXPIRED and was_open is not None and self.is_waited_for(was_open):
                self._spawn(self._offer.make([request.id], because="expired"))  # `sweep` was first
            if request.status in LIVE:
                self._on_its_way[request.id] = request.question
                if request.id not in self._calls_wanted:
                    self._offer.drop(request.id)
        self._mark()

    def climbed(self, request: HelpRequest) -> None:
        """Somebody else is asked from now on, whether or not that could be written."""
        if request.id in self._open:
            self._open[request.id] = request

    def settle(self, request_id: str) -> None:
        """Nobody is waited for any more; an older state of it is no news."""
        self._settled.add(request_id)
        self._being_asked.pop(request_id, None)
        self._open.pop(request_id, None)
        self._mark()

    async def close(self) -> None:
        self._is_over = True
        for task in self._tasks:
            task.cancel()

    async def _asked(self, request_id: str, writing: "asyncio.Future[HelpRequest]") -> None:
        try:
            request = await asyncio.wait_for(asyncio.shield(writing), ASK_WITHIN_S)
        except Exception:  # whatever it is, nobody is asked; should storage take it later, an answer is welcome
            self.settle(request_id)
            await self._floor.say(words("apology", "cannot_ask"))
        else:
            self._being_asked.pop(request_id, None)
            if request.id != request_id:
                self._settled.discard(request.id)  # given up here, but alive: the caller waits for it again
            self.saw(request)

    async def _tell(self, request_id: str, question: str, rung: Rung, *, is_new: bool) -> None:
        if not is_new:
            await self._tell_again(question)
        elif rung is Rung.NOBODY:
            await self._offer.make([request_id], because="nobody")
        else:
            told = words("ladder", "nobody_there") if rung is Rung.ON_DUTY else next(self._hold_phrases)
            await self._floor.say(told, kind=Kind.HOLD)

    async def _tell_again(self, question: str) -> None:
        same = [request for request in self._open.values() if is_same_question(request.question, question)]
        if same and not any(self.is_waited_for(request) for request in same):
            await self._offer.make([request.id for request in same], because="nobody")
        else:
            await self._floor.say(words("still_asking"), kind=Kind.HOLD)

    def _mark(self) -> None:
        if self.ids:
            self._some.set()
        else:
            self._some.clear()

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
