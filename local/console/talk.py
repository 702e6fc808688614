"""One call at the console, from its first line to its last: who types is the caller, and the supervisor behind it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from typing import Any

from agent.console.call import TypedCall
from holdline import desk
from holdline.call import Speaker, Turn
from holdline.errors import HoldlineError
from holdline.help_request import LIVE, OPEN, HelpRequest, Status
from holdline.knowledge import DEFAULT_THRESHOLD
from holdline.learning import learn
from holdline.people import PersonRef
from holdline.store import Store
from local.console import typed
from local.console.record import Record, Told
from local.console.screen import Screen

HEARD_WITHIN_S = 5.0
ASKED_WITHIN_S = 10.0
WRITTEN_WITHIN_S = 1.0
SETTLES_WITHIN_S = 60.0
PAUSE_S = 0.7
ON_ITS_WAY = (Status.ANSWERED, Status.SPEAKING)


class Talk:
    """`is_scripted` lets each line wait until what the one before it began has come to its end.

    `learns` does what a Cloud Function does elsewhere: it makes knowledge of answers.
    """

    def __init__(
        self,
        call: TypedCall,
        store: Store,
        screen: Screen,
        *,
        by: PersonRef,
        is_scripted: bool,
        learns: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._call = call
        self._store = store
        self._screen = screen
        self._by = by
        self._is_scripted = is_scripted
        self._learns = learns
        self._clock = clock
        self._threshold = call.briefing.voice_agent.answer_threshold or DEFAULT_THRESHOLD
        self._record = Record(store, call.briefing.call.id, tell=self._told)
        self._shown: dict[str, object] = {}
        self._learned: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines_said = 0
        call.on_tool(lambda name, arguments: self._spawn(self._show_tool(name, arguments)))

    async def open(self) -> None:
        """Show what has happened, and from now on what happens; raises Unavailable."""
        await self._record.open()

    async def close(self) -> None:
        """Show how it ended: nobody is owed anything on a call that is over."""
        await self._record.until(lambda: not self._having(*LIVE), within_s=WRITTEN_WITHIN_S)
        await self._record.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def run(self, lines: AsyncIterator[str], *, wait_s: float) -> None:
        """Take lines until there are no more or the call is over; a script's end waits so long for what is open."""
        await self._settle()
        while (line := await _next(lines, unless=self._call.is_over)) is not None:
            try:
                wanted = typed.read(line)
                if isinstance(wanted, typed.Quit):
                    return
                await self._do(wanted)
            except (typed.Misunderstood, HoldlineError) as error:
                self._screen.error(str(error))
            await self._settle()
        if self._is_scripted and self._having(*LIVE) and not self._call.is_over.done():
            self._screen.note(f"There is no more input; waiting up to {wait_s:g} s for what is open.")
            await self._record.until(lambda: not self._having(*LIVE), within_s=wait_s)

    async def _do(self, wanted: typed.Typed | None) -> None:
        match wanted:
            case typed.Say(words):
                before = self._caller_turns()
                self._lines_said += 1
                await self._call.say(words)
                if not await self._record.until(lambda: self._caller_turns() > before, within_s=HEARD_WITHIN_S):
                    self._lines_said -= 1
                    self._screen.error("That was not heard: the agent was speaking. Say it again.")
            case typed.Answer(words):
                request, words = await self._which(words)
                await asyncio.to_thread(desk.answer, self._store, request.id, words, by=self._by, at=self._clock())
            case typed.Claim(which):
                request, _ = await self._which(which)
                await asyncio.to_thread(desk.claim, self._store, request.id, by=self._by, at=self._clock())
            case typed.ShowRequests():
                if not self._record.requests:
                    self._screen.note("Nothing has been asked of a person.")
                for number, request in enumerate(self._record.requests.values(), 1):
                    self._screen.request(request, number)
            case typed.ShowHelp():
                for one in typed.HELP:
                    self._screen.note(one)

    async def _which(self, text: str) -> tuple[HelpRequest, str]:
        """The open question that is meant, and the rest of the text. Raises Misunderstood."""
        if self._is_scripted:
            await self._record.until(lambda: bool(self._having(*OPEN)), within_s=ASKED_WITHIN_S)
        waiting = self._having(*OPEN)
        if not waiting:
            raise typed.Misunderstood("No question is open: there is nothing to answer or to claim.")
        if len(waiting) == 1:
            return waiting[0], text
        by_number = {str(self._record.number_of(request.id)): request for request in waiting}
        number, _, rest = text.partition(" ")
        if number not in by_number:
            raise typed.Misunderstood(
                f"Several questions are open; say which: {', '.join(by_number)}. /requests shows them."
            )
        return by_number[number], rest.strip()

    async def _settle(self) -> None:
        """In a script, until nobody speaks and no answer is on its way to the caller."""
        if not self._is_scripted:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLES_WITHIN_S):
                while not self._call.is_over.done():
                    await self._record.until(lambda: not self._having(*ON_ITS_WAY), within_s=SETTLES_WITHIN_S)
                    if await self._call.quiet(for_s=PAUSE_S) and not self._having(*ON_ITS_WAY):
                        return

    def _having(self, *statuses: Status) -> list[HelpRequest]:
        return [request for request in self._record.requests.values() if request.status in statuses]

    def _caller_turns(self) -> int:
        return sum(turn.who is Speaker.CALLER for turn in self._record.turns.values())

    def _told(self, one: Told) -> None:
        if isinstance(one, Turn):
            self._screen.turn(one, threshold=self._threshold)
            return
        step = (one.status, one.claimed_by, one.answer_version, one.problem, one.message)
        if self._shown.get(one.id) != step:
            self._shown[one.id] = step
            self._screen.request(one, self._record.number_of(one.id))
        if self._learns and one.accepted_answer and self._learned.get(one.id) != one.answer_version:
            self._learned[one.id] = one.answer_version
            self._spawn(self._learn(one))

    async def _show_tool(self, name: str, arguments: str) -> None:
        """After the words that made the model call it: they are shown once they are written."""
        await self._record.until(lambda: self._caller_turns() >= self._lines_said, within_s=WRITTEN_WITHIN_S)
        self._screen.tool(name, arguments)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _learn(self, request: HelpRequest) -> None:
        zone = self._call.briefing.organisation.zone
        entry = await asyncio.to_thread(learn, self._store, request, tz=zone, at=self._clock())
        if entry is not None:
            self._screen.learned(entry)


async def _next(lines: AsyncIterator[str], *, unless: "asyncio.Future[str]") -> str | None:
    """The next line; None when there are no more, or the call is over first."""
    line = asyncio.ensure_future(anext(lines, None))
    either: list[asyncio.Future[Any]] = [line, unless]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if line.done() and not unless.done():
        return line.result()
    line.cancel()
    return None
