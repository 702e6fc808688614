"""Keeping a caller company who waits for a person: music under nobody's voice, and a word on a rhythm."""

import asyncio
import logging
from collections import deque
from typing import Protocol

from agent.floor import Floor
from agent.patience import Patience
from agent.questions import Questions
from agent.words import in_turn
from agent.words import line as words

log = logging.getLogger(__name__)

TICK_S = 0.1
MUSIC_AFTER_S = 0.7
"""Silence before the music comes back, so that it does not flutter between words."""
ANNOUNCE_AFTER_S = 0.3
REPLY_WITHIN_S = 10.0
"""So long a caller who was asked something is left to think of the reply."""


class Music(Protocol):
    """What `music.HoldMusic` does; a terminal has none."""

    def play(self) -> None: ...

    def hush(self) -> None: ...

    async def close(self) -> None: ...


class Hold:
    def __init__(
        self, *, floor: Floor, music: Music, questions: Questions, patience: Patience, progress_every_s: float
    ) -> None:
        self._floor = floor
        self._music = music
        self._questions = questions
        self._patience = patience
        self._progress_every_s = progress_every_s
        self._progress = in_turn("progress")
        self._claimed_by: deque[str] = deque()

    def announce(self, name: str) -> None:
        """Tell the caller, at the next pause, that `name` is looking at the question."""
        if name.strip():
            self._claimed_by.append(name.split()[0])

    async def run(self) -> None:
        """Keep company whenever there is something to wait for, for as long as the call lasts."""
        while True:
            await self._questions.until_open()
            try:
                await self._step()
            except Exception:  # a step that fails must not leave the caller in silence for the rest of the call
                log.exception("a step of the hold failed")
            await asyncio.sleep(TICK_S)
            if not self._questions.ids:
                self._music.hush()
                self._claimed_by.clear()

    async def _step(self) -> None:
        self._patience.tick()
        quiet_s = self._floor.quiet_for_s
        if self._claimed_by and quiet_s >= ANNOUNCE_AFTER_S:
            self._music.hush()
            await self._floor.keep_company(words("looking", name=self._claimed_by.popleft()))
        elif not self._has_use_for_company(quiet_s):
            self._music.hush()
        elif quiet_s >= self._progress_every_s:
            self._music.hush()
            await self._floor.keep_company(self._patience.estimate() or next(self._progress))
        elif quiet_s >= MUSIC_AFTER_S:
            self._music.play()

    def _has_use_for_company(self, quiet_s: float) -> bool:
        """Not where nobody is there, since they have been told and need not hold, nor while they think of a reply."""
        questions = self._questions
        return questions.is_waiting and (questions.is_kept_company or quiet_s >= REPLY_WITHIN_S)
