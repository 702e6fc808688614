"""A real session without a room: what it plays goes to a loudspeaker that takes its time, what it hears is typed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    Agent,
    AgentSession,
    APIConnectionError,
    APIConnectOptions,
    LanguageCode,
    NotGivenOr,
    llm,
    stt,
    tts,
    utils,
)
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

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


class Loudspeaker(AudioOutput):
    """Plays in the loop's time."""

    def __init__(self) -> None:
        super().__init__(
            label="loudspeaker", capabilities=AudioOutputCapabilities(pause=False), sample_rate=SAMPLE_RATE
        )
        self.played: list[Played] = []
        self._now: Played | None = None
        self._playing: asyncio.Task[None] | None = None

    @property
    def is_playing(self) -> bool:
        return self._now is not None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._now is None:
            self._now = Played(at=asyncio.get_running_loop().time())
            self.on_playback_started(created_at=time.time())
        self._now.of_s += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._now is not None and self._playing is None:
            self._playing = asyncio.create_task(self._play_out(self._now))

    def clear_buffer(self) -> None:
        if self._now is not None:
            if self._playing is not None:
                self._playing.cancel()
            self._finish(self._now, was_cut=True)

    async def _play_out(self, stretch: Played) -> None:
        await asyncio.sleep(stretch.at + stretch.of_s - asyncio.get_running_loop().time())
        self._finish(stretch, was_cut=False)

    def _finish(self, stretch: Played, *, was_cut: bool) -> None:
        self._now = self._playing = None
        stretch.until = asyncio.get_running_loop().time()
        stretch.was_cut = was_cut
        self.played.append(stretch)
        self.on_playback_finished(playback_position=min(stretch.until - stretch.at, stretch.of_s), interrupted=was_cut)


class TypedCaller(stt.STT[Any]):
    """A recogniser that hears what the test types."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self._heard: asyncio.Queue[stt.SpeechEvent] = asyncio.Queue()

    def begin(self, text: str) -> None:
        """The caller begins to speak, and goes on."""
        self._heard.put_nowait(stt.SpeechEvent(type=stt.SpeechEventType.START_OF_SPEECH))
        self._heard.put_nowait(_words(stt.SpeechEventType.INTERIM_TRANSCRIPT, text))

    def end(self, text: str) -> None:
        """The caller has spoken."""
        self._heard.put_nowait(_words(stt.SpeechEventType.FINAL_TRANSCRIPT, text))
        self._heard.put_nowait(stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH))

    def say(self, text: str) -> None:
        self.begin(text)
        self.end(text)

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.SpeechEvent:
        raise NotImplementedError

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _Hearing(stt=self, conn_options=conn_options, heard=self._heard)


class _Hearing(stt.RecognizeStream):
    def __init__(
        self, *, stt: stt.STT[Any], conn_options: APIConnectOptions, heard: "asyncio.Queue[stt.SpeechEvent]"
    ) -> None:
        super().__init__(stt=stt, conn_options=conn_options)
        self._heard = heard

    async def _run(self) -> None:
        while True:
            self._event_ch.send_nowait(await self._heard.get())


def _words(kind: stt.SpeechEventType, text: str) -> stt.SpeechEvent:
    return stt.SpeechEvent(type=kind, alternatives=[stt.SpeechData(language=LanguageCode("en"), text=text)])


@dataclass
class Studio:
    """A session's ears and mouth."""

    model: llm.LLM[Any]
    synthesiser: tts.TTS[Any]
    loudspeaker: Loudspeaker = field(default_factory=Loudspeaker)
    caller: TypedCaller = field(default_factory=TypedCaller)

    @asynccontextmanager
    async def session(
        self, agent: Agent, *, attach: Callable[[AgentSession[None]], None]
    ) -> AsyncIterator[AgentSession[None]]:
        """The session that a call has, except that the recogniser tells where the caller's turns begin and end."""
        parts: dict[str, Any] = {"vad": None, "turn_detection": "stt"}
        session = make_session(Pipeline(name="studio", stt=self.caller, llm=self.model, tts=self.synthesiser, **parts))
        session.output.audio = self.loudspeaker
        await session.start(agent, record=False)
        attach(session)
        try:
            yield session
        finally:
            await session.aclose()
