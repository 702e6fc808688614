"""The caller's questions that people have: asked, asked again, withdrawn, out of time. Answers are `relay.py`'s."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial

from agent.floor import Floor, Kind
from agent.transcript import Clock, Transcript
from agent.words import in_turn
from agent.words import line as words
from agent.writer import Writer
from holdline import line
from holdline.call import Call, KnowledgeUse
from holdline.errors import HoldlineError, IllegalTransition
from holdline.help_request import OPEN, HelpRequest
from holdline.knowledge import is_same_question
from holdline.store import Store

log = logging.getLogger(__name__)

QUESTION_LIMIT = 500
"""What a help request holds; a model or a caller may go on for longer."""


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
        self._tasks: set[asyncio.Task[None]] = set()
        self._some = asyncio.Event()
        self.message_for: str | None = None
        """The request that the caller's next words are a message for."""

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
    ) -> None:
        """Ask a person and tell the caller so. Returns at once: the request is written in its turn."""
        question = question[:QUESTION_LIMIT].strip() or words("person_wanted")
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
                confidence=confidence if confidence is not None and 0 <= confidence <= 1 else None,
                context=context,
                nearest=nearest,
                timeout=self._timeout,
                at=at,
            ),
            what="the help request",
        )
        self._spawn(self._asked(request_id, writing))
        phrase = next(self._hold_phrases) if is_new else words("still_asking")
        self._spawn(self._tell(phrase, Kind.HOLD))

    def withdraw(self) -> bool:
        """The caller no longer wants to know; tells whether there was anything to withdraw."""
        ids = [*self._open, *self._being_asked]
        for request_id in ids:
            self._close(request_id, partial(line.withdraw, self._store, request_id, at=self._clock()), "withdrawal")
        return bool(ids)

    def expire_due(self) -> None:
        """End what nobody answered in time, and ask the caller for a message."""
        now = self._clock()
        for request in [request for request in self._open.values() if request.expires_at <= now]:
            log.info("call %s: nobody answered in time (request %s)", self._call.id, request.id)
            self._close(
                request.id,
                partial(line.expire, self._store, request.id, at=now),
                "expiry",
                then=partial(self._take_a_message, request.id),
            )

    def saw(self, request: HelpRequest) -> None:
        """A document of this call as it is now."""
        self._being_asked.pop(request.id, None)
        if request.status not in OPEN:
            self._settled.add(request.id)
            self._open.pop(request.id, None)
        elif request.id not in self._settled:
            self._open[request.id] = request
        self._mark()

    def leave_message(self, text: str) -> None:
        """Keep the caller's words as the message for the request that ran out of time."""
        if (request_id := self.message_for) is not None:
            self._writer.put(lambda: line.take_message(self._store, request_id, text), what="the message")
            self.message_for = None

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _asked(self, request_id: str, writing: "asyncio.Future[HelpRequest]") -> None:
        try:
            self.saw(await writing)
        except HoldlineError:
            self._being_asked.pop(request_id, None)
            self._mark()
            await self._floor.say(words("apology", "cannot_ask"))
        finally:
            self._being_asked.pop(request_id, None)
            self._mark()

    def _close(
        self,
        request_id: str,
        write: Callable[[], HelpRequest],
        what: str,
        *,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self._settled.add(request_id)
        self._being_asked.pop(request_id, None)
        self._open.pop(request_id, None)
        self._mark()
        self._spawn(self._closed(request_id, self._writer.put(write, what=f"the {what}"), then))

    async def _closed(self, request_id: str, writing: "asyncio.Future[HelpRequest]", then: Callable[[], None]) -> None:
        try:
            await writing
        except IllegalTransition:  # answered at the last moment: the relay has it
            log.info("call %s: request %s was answered first", self._call.id, request_id)
            return
        except HoldlineError:
            pass  # the caller is told all the same; the document is mended when storage is back
        then()

    def _take_a_message(self, request_id: str) -> None:
        self.message_for = request_id
        self._spawn(self._tell(words("expired"), Kind.NOTICE))

    async def _tell(self, text: str, kind: Kind) -> None:
        await self._floor.say(text, kind=kind)

    def _mark(self) -> None:
        if self.is_waiting:
            self._some.set()
        else:
            self._some.clear()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
