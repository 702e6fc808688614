"""The last resort against silence: where a caller's words are followed by nothing, a recorded sentence is.

It knows no reasons. A recogniser without words, a model without a reply and a voice without sound are all the same to
the caller, and whoever has them to mend has a limit of their own that is shorter; this is for what those limits miss.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from livekit.agents import (
    AgentSession,
    AgentStateChangedEvent,
    ChatMessage,
    ConversationItemAddedEvent,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
)

from agent.announcer import Announcer
from agent.clips import Clip
from agent.floor import Floor
from agent.measurements import silence_filled
from agent.pipelines.offline import BREATH_S
from holdline.intent import Intent, intent

log = logging.getLogger("holdline.call")

SPEAK_UP_AFTER_S = 2.2
"""Of silence after the caller's last sound; with the time that a recording takes to be heard, it stays below three."""
READY_BEFORE_S = 0.6
"""The announcer has its track ready so long before: nobody waits for that in silence, and few calls ever need it."""
AGAIN_AFTER_S = 4.0
"""After a recorded "one moment" that nothing followed."""
A_WORD_S = 0.4
"""A shorter sound is a cough, unless it had words."""
STARTS_WITHIN_S = 1.0
"""How long the session may take to begin with it."""
TIMES_IN_A_ROW = 3
"""So often it speaks up without the agent having said a thing; then the call is given up."""


class SilenceGuard:
    """Made for one call, `attach`ed once its session runs."""

    def __init__(
        self,
        *,
        floor: Floor,
        announcer: Announcer,
        is_kept_company: Callable[[], bool],
        give_up: Callable[[str], Awaitable[None]],
    ) -> None:
        """`is_kept_company` tells whether the caller waits for a person, which has sounds of its own."""
        self._floor = floor
        self._announcer = announcer
        self._is_kept_company = is_kept_company
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._spoke_from_s = 0.0
        self._spoke_until_s = 0.0
        self._words = ""
        self._caller_speaks = False
        self._agent_speaks = False
        self._in_a_row = 0
        self._has_the_floor = False
        """It is the guard itself that speaks in the agent's turn."""
        self._is_waiting_for_us = False
        """The caller has done nothing yet that could be misheard: the call begins."""

    def attach(self, session: AgentSession[None]) -> None:
        session.on("user_state_changed", self._caller_changed)
        session.on("agent_state_changed", self._agent_changed)
        session.on("user_input_transcribed", self._words_came)
        session.on("conversation_item_added", self._something_was_said)

    def expect_a_voice(self) -> None:
        """The agent is about to speak first."""
        self._is_waiting_for_us = True
        self._wait(SPEAK_UP_AFTER_S)

    async def close(self) -> None:
        self._stop_waiting()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _caller_changed(self, event: UserStateChangedEvent) -> None:
        now = asyncio.get_running_loop().time()
        if event.new_state == "speaking":
            self._caller_speaks = True
            self._stop_waiting()
            self._announcer.hush()
            self._spoke_from_s, self._words = now, ""
        elif event.old_state == "speaking":
            self._caller_speaks = False
            self._spoke_until_s = now - BREATH_S
            if self._words or self._spoke_until_s - self._spoke_from_s >= A_WORD_S:
                self._wait(SPEAK_UP_AFTER_S - BREATH_S)

    def _words_came(self, event: UserInputTranscribedEvent) -> None:
        if not event.transcript.strip():
            return
        self._words = event.transcript
        if self._timer is None and not self._caller_speaks and not self._is_speaking_up and not self._agent_speaks:
            self._wait(max(0.5, self._spoke_until_s + SPEAK_UP_AFTER_S - asyncio.get_running_loop().time()))

    def _agent_changed(self, event: AgentStateChangedEvent) -> None:
        self._agent_speaks = event.new_state == "speaking"
        if self._agent_speaks and not self._has_the_floor:
            self._stop_waiting()
            self._announcer.hush()
            self._in_a_row = 0
            self._is_waiting_for_us = False

    def _something_was_said(self, event: ConversationItemAddedEvent) -> None:
        """A reply that followed a recording without a pause is a reply."""
        ours = {clip.text for clip in Clip}
        item = event.item
        if isinstance(item, ChatMessage) and item.role == "assistant" and item.text_content not in ours:
            self._in_a_row = 0

    @property
    def _is_speaking_up(self) -> bool:
        return self._task is not None and not self._task.done()

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        ready_after_s = max(0.0, seconds - READY_BEFORE_S)
        self._timer = asyncio.get_running_loop().call_later(ready_after_s, self._get_ready, seconds - ready_after_s)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _get_ready(self, silence_in_s: float) -> None:
        if not self._is_kept_company():
            self._announcer.prepare()
        self._timer = asyncio.get_running_loop().call_later(silence_in_s, self._silence)

    def _silence(self) -> None:
        self._timer = None
        is_quiet = self._floor.is_quiet
        said_nothing = bool(self._words) and intent(self._words) is Intent.nothing and is_quiet
        if self._floor.is_silenced or self._caller_speaks or self._agent_speaks or said_nothing:
            return
        if self._is_kept_company() or self._is_speaking_up:
            return
        self._task = asyncio.create_task(self._speak_up(is_quiet), name="speak up")

    async def _speak_up(self, is_quiet: bool) -> None:
        self._in_a_row += 1
        if self._in_a_row > TIMES_IN_A_ROW:
            log.error("nothing was said for %d times in a row: the call is given up", TIMES_IN_A_ROW)
            await self._give_up(f"Nothing could be said in time, {TIMES_IN_A_ROW} times in a row.")
            return
        is_ours = self._is_waiting_for_us or bool(self._words and self._in_a_row == 1) or not is_quiet
        clip = Clip.ONE_MOMENT if is_ours else Clip.DID_NOT_HEAR
        log.warning("silence after the caller's turn: %s (%d in a row)", clip.value, self._in_a_row)
        silence_filled()
        was_begun = is_quiet and await self._on_the_floor(clip)
        if not was_begun and not self._caller_speaks and not self._agent_speaks:
            await self._announcer.play(clip)
        if is_ours and not self._caller_speaks and not self._agent_speaks:
            self._wait(AGAIN_AFTER_S)

    async def _on_the_floor(self, clip: Clip) -> bool:
        """Say it in the agent's turn; tells whether it was begun, since what is cut there is cut by the caller."""
        self._has_the_floor = True
        try:
            async with asyncio.timeout(clip.sound.duration_s + STARTS_WITHIN_S):
                return (await self._floor.play(clip.text, clip.frames)).first_frame_at is not None
        except TimeoutError:
            return False
        finally:
            self._has_the_floor = False
