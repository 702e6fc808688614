"""A caller who says nothing and waits for nothing: asked whether they are there, and after as long again let go.

The clock stands still while a question of theirs is with people, or an answer is on its way: who holds is not away.
"""

import asyncio
import logging

from livekit.agents import AgentSession, UserStateChangedEvent

from agent.ending import Ending
from agent.floor import Floor
from agent.questions import Questions
from agent.words import line as words
from holdline.call import Outcome

log = logging.getLogger("holdline.call")

TICK_S = 1.0


class Idle:
    """Made for one call, `attach`ed once its session runs."""

    def __init__(self, *, floor: Floor, questions: Questions, ending: Ending, silence_s: int | None) -> None:
        self._floor = floor
        self._questions = questions
        self._ending = ending
        self._silence_s = silence_s
        self._was_asked = False

    def attach(self, session: AgentSession[None]) -> None:
        session.on("user_state_changed", self._heard)

    async def run(self) -> None:
        """Listen for silence, for as long as the call lasts."""
        while self._silence_s is not None:
            await asyncio.sleep(TICK_S)
            if self._questions.is_anything_owed:
                self._was_asked = False
            elif self._floor.quiet_for_s >= self._silence_s:
                await self._speak_up()

    async def _speak_up(self) -> None:
        if not self._was_asked:
            self._was_asked = True
            await self._floor.say(words("silence", "still_there"))
            return
        said = await self._floor.say(words("silence", "goodbye"))
        if not said.was_cut and self._was_asked and not self._questions.is_anything_owed:
            log.info("the caller is silent, and the call ends")
            self._ending.begin(Outcome.AGENT_ENDED, detail="the caller was silent")

    def _heard(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._was_asked = False
