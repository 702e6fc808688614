"""A reply that was cut, or had no voice, is said once more from the floor.

Not where the caller has gone on with words, nor where it is no longer true.
"""

import asyncio
from collections.abc import Awaitable, Callable

from agent import turn_notes
from agent.floor import Floor
from agent.utterance import Utterance

AGAIN_AFTER_S = 2.0
"""How long after a reply was cut or lost, without a word from the caller, it is said again."""
AGAIN_AT_MOST = 3
LOOK_EVERY_S = 0.2


class SecondTry:
    """Told of each turn's note; what the note wants is what the caller still wants to hear."""

    def __init__(
        self,
        floor: Floor,
        *,
        say: Callable[[turn_notes.Note], Awaitable[Utterance]],
        is_still_so: Callable[[turn_notes.Note], bool],
    ) -> None:
        self._floor = floor
        self._say = say
        self._is_still_so = is_still_so
        self._turn = 0
        self._made_up_for = 0
        self._note: turn_notes.Note | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, note: turn_notes.Note | None) -> None:
        """A turn of the caller's is over, and this is to be done about it."""
        self._turn += 1
        self._note = note

    def make_up(self) -> None:
        """The reply to this turn was not heard. If that was a cough, the caller still waits for it."""
        if self._made_up_for != self._turn:
            self._made_up_for = self._turn
            task = asyncio.create_task(self._say_once_quiet(self._turn))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _say_once_quiet(self, turn: int) -> None:
        note = self._note
        for _ in range(AGAIN_AT_MOST):
            while self._floor.quiet_for_s < AGAIN_AFTER_S:
                await asyncio.sleep(LOOK_EVERY_S)
                if self._turn != turn:
                    return
            if note is None or note.do is turn_notes.Do.ASK or not self._is_still_so(note):
                return
            if (await self._say(note)).was_heard:
                return
