"""A recogniser that hears what is typed."""

import asyncio
from typing import Any

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    LanguageCode,
    NotGivenOr,
    stt,
    utils,
)


class Keyboard(stt.STT[Any]):
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
        raise NotImplementedError("nobody speaks to a keyboard")

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
