"""The caller's questions that people have: asked, asked again, withdrawn, out of time. Answers are `relay.py`'s."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from functools import partial

from agent.floor import Floor
from agent.transcript import Clock, Transcript
from agent.utterance import Kind
from agent.words import in_turn
from agent.words import line as words
from agent.writer import Writer
from holdline import line
from holdline.call import Call, KnowledgeUse
from holdline.errors import IllegalTransition
from holdline.help_request import LIVE, OPEN, HelpRequest, Status
from holdline.knowledge import is_same_question
from holdline.store import Store

log = logging.getLogger(__name__)

ASK_WITHIN_S = 30.0
"""How long the caller waits for storage to take a question before being told that nobody can be asked."""
TELL_WITHIN_S = 2.0
"""How long the caller waits for storage before being told that nobody answered."""


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
        timeout: timedelta,
        clock: Clock,
    ) -> None:
        self._store = store
        self._call = call
        self._floor = floor
        self._writer = writer
        self._transcript = transcript
        self._timeout = timeout
        self._clock = clock
        self._open: dict[str, HelpRequest] = {}
        self._being_asked: dict[str, str] = {}
        self._settled: set[str] = set()
        """Closed here, or seen to be: an older state of them is no news."""
        self._hold_phrases = in_turn("hold")
        self._tasks: set[asyncio.Task[object]] = set()
        self._some = asyncio.Event()
        self._on_its_way: dict[str, str] = {}
        """Questions that have been answered, and whose answer the caller is about to hear."""
        self._is_over = False
        self._apologising = asyncio.Lock()
        self.message_for: tuple[str, ...] = ()
        """The requests that the caller has been asked to leave a message for."""

    @property
    def is_waiting(self) -> bool:
        """Whether the caller waits for a person."""
        return bool(self._being_asked or self._open)

    async def until_waiting(self) -> None:
        """Return when there is a question to wait for."""
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
    ) -> None:
        """Ask a person and tell the caller so. Returns at once: the request is written in its turn."""
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
            ),
            what="the help request",
        )
        self._spawn(self._asked(request_id, writing))
        phrase = next(self._hold_phrases) if is_new else words("still_asking")
        self._spawn(self._floor.say(phrase, kind=Kind.HOLD))

    def withdraw(self) -> bool:
        """The caller no longer wants to know what was asked last; tells whether there was anything to withdraw."""
        ids = [*self._open, *self._being_asked]
        for request_id in ids[-1:]:
            self._settle(request_id)
            self._writer.put(partial(line.withdraw, self._store, request_id, at=self._clock()), what="the withdrawal")
        return bool(ids)

    def expire_due(self) -> None:
        """End what nobody answered in time, and ask the caller for a message."""
        now = self._clock()
        due = [request.id for request in self._open.values() if request.expires_at <= now]
        writings = {}
        for request_id in due:
            log.info("call %s: nobody answered in time (request %s)", self._call.id, request_id)
            self._settle(request_id)
            writings[request_id] = self._writer.put(
                partial(line.expire, self._store, request_id, at=now), what="the expiry"
            )
        if writings:
            self._spawn(self._ask_for_a_message(writings))

    def saw(self, request: HelpRequest) -> None:
        """A document of this call as it is now."""
        self._being_asked.pop(request.id, None)
        self._on_its_way.pop(request.id, None)
        if request.status in OPEN:
            if request.id not in self._settled:
                self._open[request.id] = request
        elif request.answer_version == 0 and request.status in LIVE:
            pass  # a hand set the status ahead of an answer that nobody has accepted yet
        else:
            self._settled.add(request.id)
            self._open.pop(request.id, None)
            if request.status in LIVE:
                self._on_its_way[request.id] = request.question
        self._mark()

    def leave_message(self, text: str) -> None:
        """Keep the caller's words as the message for what ran out of time."""
        for request_id in self.message_for:
            self._writer.put(partial(line.take_message, self._store, request_id, text), what="the message")
        self.message_for = ()

    def drop_message(self) -> None:
        """The caller leaves none."""
        self.message_for = ()

    async def close(self) -> None:
        self._is_over = True
        for task in self._tasks:
            task.cancel()

    async def _asked(self, request_id: str, writing: "asyncio.Future[HelpRequest]") -> None:
        try:
            request = await asyncio.wait_for(asyncio.shield(writing), ASK_WITHIN_S)
        except Exception:  # whatever it is, nobody is asked; should storage take it later, an answer is welcome
            self._settle(request_id)
            await self._floor.say(words("apology", "cannot_ask"))
        else:
            self._being_asked.pop(request_id, None)
            if request.id != request_id:
                self._settled.discard(request.id)  # given up here, but alive: the caller waits for it again
            self.saw(request)

    def _settle(self, request_id: str) -> None:
        self._settled.add(request_id)
        self._being_asked.pop(request_id, None)
        self._open.pop(request_id, None)
        self._mark()

    async def _ask_for_a_message(self, writings: "dict[str, asyncio.Future[HelpRequest]]") -> None:
        """Tell the caller, whatever storage says, unless an answer came at the last moment: the relay has it."""
        await asyncio.wait(writings.values(), timeout=TELL_WITHIN_S)
        unanswered = tuple(request_id for request_id, writing in writings.items() if not _was_answered(writing))
        if not unanswered:
            return
        async with self._apologising:
            if not self.message_for:
                await self._floor.insist(words("expired"))
            self.message_for += unanswered

    def _mark(self) -> None:
        if self.is_waiting:
            self._some.set()
        else:
            self._some.clear()

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _was_answered(writing: "asyncio.Future[HelpRequest]") -> bool:
    refusal = writing.exception() if writing.done() else None
    return isinstance(refusal, IllegalTransition) and refusal.status in (*LIVE, Status.DELIVERED)
