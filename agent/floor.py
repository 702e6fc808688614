"""The floor: the one place that lets the agent's voice out, and that knows whether it was heard.

A language model's replies reach the caller through the session; everything else that is said, is said from here. The
floor cuts our own hold words at once when there is something better to say, lets a model's sentence and a caller's turn
end first, and proves each utterance by its playback: heard means that the text which reached the synthesiser is the
text that was meant, and that its sound was played to the end without being cut.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime

from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, AgentSession, ChatMessage, ModelSettings, tts
from livekit.agents.voice.agent_activity import ActivityClosedError
from livekit.agents.voice.io import PlaybackFinishedEvent, PlaybackStartedEvent
from livekit.agents.voice.speech_handle import SpeechHandle

from agent.utterance import Kind, Utterance

log = logging.getLogger(__name__)

Frames = Callable[[], AsyncIterable[rtc.AudioFrame]]
"""A recording, from its beginning each time it is called."""
PATIENCE_S = 10.0
"""How long a relay waits for a voice to end before it is said all the same."""
TRIES = 3


class Floor:
    """The session's voice. Made before the session starts, `attach`ed once it runs."""

    def __init__(
        self,
        *,
        on_voice: Callable[[], None],
        on_said: Callable[[Utterance], None],
        is_ours: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """`on_voice` is called as soon as anybody begins to speak or to think, `on_said` after each own utterance.

        `is_ours` tells before each sentence whether the call is still this job's.
        """
        self._is_ours = is_ours
        self._on_voice = on_voice
        self._on_said = on_said
        self._session: AgentSession[None] | None = None
        self._handles: dict[Utterance, SpeechHandle] = {}
        self._at_synthesiser: set[Utterance] = set()
        self._relaying = asyncio.Lock()
        self._last_voice_at = asyncio.get_running_loop().time()
        self.is_silenced = False
        """The call is over: nothing more is said."""

    def attach(self, session: AgentSession[None]) -> None:
        """Listen to what the session plays; raises RuntimeError without an audio output."""
        output = session.output.audio
        if output is None:
            raise RuntimeError("the session has no audio output")
        self._session = session
        output.on("playback_started", self._playback_started)
        output.on("playback_finished", self._playback_finished)
        session.on("agent_state_changed", lambda _: self._voice_changed())
        session.on("user_state_changed", lambda _: self._voice_changed())

    @property
    def is_quiet(self) -> bool:
        """Nobody speaks, nobody is about to."""
        session = self._session
        return (
            session is not None
            and session.current_speech is None
            and session.agent_state in ("listening", "idle")
            and session.user_state != "speaking"
        )

    @property
    def quiet_for_s(self) -> float:
        """How long nobody has spoken, in seconds; 0 while somebody does, or an answer is about to be said."""
        if self._relaying.locked() or not self.is_quiet:
            return 0.0
        return asyncio.get_running_loop().time() - self._last_voice_at

    @property
    def is_at_synthesiser(self) -> bool:
        """Whether words of our own are being made into sound, so that what fails there is theirs."""
        return bool(self._at_synthesiser)

    def owns(self, message: ChatMessage) -> bool:
        """Whether this message of the conversation was said from here, and not by the model."""
        return any(message in handle.chat_items for handle in self._handles.values())

    def silence(self) -> None:
        """Say nothing more, from this moment on: the call is over."""
        self.is_silenced = True
        if self._session is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                self._session.interrupt(force=True)

    async def greet(self, text: str) -> Utterance:
        """The first words, which a caller's "hello?" does not cut."""
        return await self._say(Utterance(Kind.GREETING, text), interruptible=False)

    async def say(self, text: str, *, kind: Kind = Kind.NOTICE) -> Utterance:
        """Say it in its turn, after what is being said."""
        return await self._say(Utterance(kind, text), interruptible=True)

    async def play(self, text: str, frames: Frames, *, kind: Kind = Kind.NOTICE) -> Utterance:
        """Say it in its turn in a recorded voice, which needs no synthesiser; `text` is what `frames` say."""
        return await self._say(Utterance(kind, text), interruptible=True, recorded=frames)

    async def keep_company(self, text: str) -> bool:
        """Say hold words if nobody speaks and no answer is on its way; tells whether they were heard."""
        if self._relaying.locked() or not self.is_quiet:
            return False
        return (await self._say(Utterance(Kind.HOLD, text), interruptible=True)).was_heard

    async def insist(self, text: str, *, is_wanted: Callable[[], bool] = lambda: True) -> Utterance:
        """Say it, and if it was cut again at the next pause, a few times, for as long as it `is_wanted`."""
        said = await self.say(text)
        for _ in range(TRIES - 1):
            if said.was_heard or self.is_silenced:
                break
            await self._wait_for_a_pause()
            if not is_wanted():
                break
            said = await self.say(text)
        return said

    async def relay(
        self,
        text: str,
        *,
        interruptible: bool,
        is_wanted: Callable[[], bool] = lambda: True,
        on_first_frame: Callable[[Utterance], None],
    ) -> Utterance:
        """Say a person's words, exactly, as soon as it can be done without talking over anybody.

        `is_wanted` is asked once more when it can be done: what was corrected meanwhile is not said.
        """
        utterance = Utterance(Kind.RELAY, text, on_first_frame=on_first_frame)
        async with self._relaying:
            self._cut_hold_words()
            self._on_voice()
            if not await self._wait_for_a_pause():
                interruptible = False  # better to talk over somebody than never to be heard
                self._clear_the_way()
            return await self._say(utterance, interruptible=interruptible) if is_wanted() else utterance

    async def synthesise(
        self, agent: Agent, text: AsyncIterable[str], settings: ModelSettings
    ) -> AsyncIterable[rtc.AudioFrame]:
        """The agent's `tts_node`: our own words go to the synthesiser in one piece, a reply's sentence by sentence."""
        if not await self._may_speak():
            return
        parts = aiter(text)
        words = await anext(parts, "")
        utterance = next((one for one in self._handles if one.text == words and one.text_synthesised is None), None)
        if self._session is None or utterance is None:
            async for frame in Agent.default.tts_node(agent, _chained(words, parts), settings):
                yield frame
            return
        words += "".join([part async for part in parts])
        synthesiser = self._session.tts
        if not isinstance(synthesiser, tts.TTS):
            raise RuntimeError("the session has no synthesiser")
        utterance.synthesised_at = datetime.now(UTC)
        utterance.text_synthesised = words
        self._at_synthesiser.add(utterance)
        try:
            async with aclosing(synthesiser.synthesize(words)) as stream:
                async for audio in stream:
                    utterance.audio_s += audio.frame.duration
                    yield audio.frame
        finally:
            self._at_synthesiser.discard(utterance)

    async def _may_speak(self) -> bool:
        return not self.is_silenced and (self._is_ours is None or await self._is_ours())

    async def _say(self, utterance: Utterance, *, interruptible: bool, recorded: Frames | None = None) -> Utterance:
        if self._session is None or self.is_silenced:
            return utterance
        if utterance.kind is Kind.HOLD and self._relaying.locked():
            return utterance  # an answer is on its way: no need for company
        try:
            handle = self._session.say(
                utterance.text,
                audio=self._counted(utterance, recorded) if recorded is not None else NOT_GIVEN,
                allow_interruptions=interruptible,
            )
        except RuntimeError as error:  # the session is closing: nobody is there to hear it
            log.debug("not said, the session is closing: %s", error)
            return utterance
        self._handles[utterance] = handle
        try:
            await handle
            utterance.was_cut = handle.interrupted
            self._last_voice_at = asyncio.get_running_loop().time()
            self._on_said(utterance)
        except asyncio.CancelledError:  # nobody waits for it any more: the session must not say it later
            handle.interrupt(force=True)
            raise
        finally:
            del self._handles[utterance]
        return utterance

    async def _counted(self, utterance: Utterance, recorded: Frames) -> AsyncIterator[rtc.AudioFrame]:
        """The recorded frames, on their way to the caller."""
        if not await self._may_speak():
            return
        utterance.text_synthesised = utterance.text
        async for frame in recorded():
            utterance.audio_s += frame.duration
            yield frame

    def _cut_hold_words(self) -> None:
        for utterance, handle in self._handles.items():
            if utterance.kind is Kind.HOLD and not handle.done():
                handle.interrupt(force=True)

    def _clear_the_way(self) -> None:
        """What has not begun, because it waits for the caller's silence too, would keep an answer behind it."""
        for utterance, handle in self._handles.items():
            if utterance.first_frame_at is None and not handle.done():
                handle.interrupt(force=True)
        session = self._session
        if session is not None and session.current_speech is not None and session.agent_state != "speaking":
            session.current_speech.interrupt(force=True)

    async def _wait_for_a_pause(self) -> bool:
        """Wait for the model's sentence and the caller's turn to end; tells whether they did."""
        if self._session is None:
            return True
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await _is_idle(self._session):
                    pass  # the caller went on: it waits for the end of the turn anew
        except TimeoutError:
            return False
        except (RuntimeError, ActivityClosedError):  # it has ended; what is said then is said to nobody
            return True
        return True

    def _voice_changed(self) -> None:
        self._last_voice_at = asyncio.get_running_loop().time()
        if not self.is_quiet:
            self._on_voice()
        playing = self._playing()
        if playing is not None and self._session is not None and self._session.user_state == "speaking":
            playing.was_talked_over |= not self._handles[playing].allow_interruptions

    def _playing(self) -> Utterance | None:
        speech = self._session.current_speech if self._session is not None else None
        return next((utterance for utterance, handle in self._handles.items() if handle is speech), None)

    def _playback_started(self, event: PlaybackStartedEvent) -> None:
        if (utterance := self._playing()) is not None and utterance.first_frame_at is None:
            utterance.first_frame_at = datetime.fromtimestamp(event.created_at, UTC)
            utterance.on_first_frame(utterance)

    def _playback_finished(self, event: PlaybackFinishedEvent) -> None:
        if (utterance := self._playing()) is not None:
            utterance.played_s = event.playback_position


async def _chained(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    if first:
        yield first
    async for part in rest:
        yield part


async def _is_idle(session: AgentSession[None]) -> bool:
    """Wait until nobody speaks; False where the end of turn that was waited for was none, and the session dropped it.

    The session cancels what judges a turn's end when the caller goes on, and with it whoever waits for that.
    """
    try:
        await session.wait_for_idle()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return False
    return True
