"""A real session without a room: what it plays goes to a loudspeaker that takes its time, what it hears is typed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    Agent,
    AgentSession,
    APIConnectionError,
    APIConnectOptions,
    llm,
    tts,
)

from agent.console.keyboard import Keyboard
from agent.console.silence import NoLoudspeaker
from agent.pipelines import Pipeline
from agent.session import make_session

SAMPLE_RATE = 16_000
SPEECH_S = 2.0
FRAME_S = 0.1


class FakeSynthesiser(tts.TTS[Any]):
    """Every sentence is two seconds of silence, or `speech_s`; remembers what it was given."""

    def __init__(self) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=SAMPLE_RATE, num_channels=1)
        self.texts: list[str] = []
        self.failures = 0
        """How many of the next sentences fail."""
        self.speech_s = SPEECH_S

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        self.texts.append(text)
        return _Speech(tts=self, input_text=text, conn_options=conn_options)


class _Speech(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        synthesiser = self._tts
        assert isinstance(synthesiser, FakeSynthesiser)
        if synthesiser.failures:
            synthesiser.failures -= 1
            raise APIConnectionError("no voice", retryable=False)
        output_emitter.initialize(
            request_id=uuid4().hex, sample_rate=SAMPLE_RATE, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(bytes(2 * int(SAMPLE_RATE * synthesiser.speech_s)))
        output_emitter.flush()


@dataclass
class Played:
    """One stretch of sound, in seconds of the test; `of_s` is how long it would have been uncut."""

    at: float
    until: float = 0.0
    of_s: float = 0.0
    was_cut: bool = False


class Loudspeaker(NoLoudspeaker):
    """Remembers what it played, in the loop's time."""

    def __init__(self) -> None:
        super().__init__()
        self.played: list[Played] = []

    def _finish(self, *, was_cut: bool) -> None:
        now = asyncio.get_running_loop().time()
        self.played.append(Played(at=self._began_at or 0.0, until=now, of_s=self._of_s, was_cut=was_cut))
        super()._finish(was_cut=was_cut)


@dataclass
class Studio:
    """A session's ears and mouth."""

    model: llm.LLM[Any]
    synthesiser: tts.TTS[Any]
    loudspeaker: Loudspeaker = field(default_factory=Loudspeaker)
    caller: Keyboard = field(default_factory=Keyboard)

    @asynccontextmanager
    async def session(
        self, agent: Agent, *, attach: Callable[[AgentSession[None]], None]
    ) -> AsyncIterator[AgentSession[None]]:
        """The session that a call has, except that the recogniser tells where the caller's turns begin and end."""
        session = make_session(
            Pipeline(
                name="studio",
                stt=self.caller,
                llm=self.model,
                tts=self.synthesiser,
                vad=None,
                turn_detection="stt",
            )
        )
        session.output.audio = self.loudspeaker
        await session.start(agent, record=False)
        attach(session)
        try:
            yield session
        finally:
            await session.aclose()
