"""eSpeak NG as a LiveKit synthesiser. The words arrive at the library exactly as `synthesize` was given them."""

import asyncio
from typing import Any
from uuid import uuid4

from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectionError, APIConnectOptions, tts

from holdline.speech import espeak

SAMPLE_RATE = 22_050


class EspeakTTS(tts.TTS[Any]):
    def __init__(self, *, voice: str = espeak.VOICE, words_per_minute: int = espeak.WORDS_PER_MINUTE) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=SAMPLE_RATE, num_channels=1)
        self.voice = voice
        self.words_per_minute = words_per_minute

    @property
    def model(self) -> str:
        return self.voice

    @property
    def provider(self) -> str:
        return "eSpeak NG"

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Speech(self, text, conn_options=conn_options)


class _Speech(tts.ChunkedStream):
    def __init__(self, synthesiser: EspeakTTS, text: str, *, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=synthesiser, input_text=text, conn_options=conn_options)
        self._voice = synthesiser.voice
        self._words_per_minute = synthesiser.words_per_minute

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        try:
            pcm = await asyncio.to_thread(
                espeak.synthesise, self._input_text, voice=self._voice, words_per_minute=self._words_per_minute
            )
        except (espeak.EspeakFailed, OSError, ValueError) as error:
            raise APIConnectionError(f"eSpeak NG: {error}", retryable=False) from error
        output_emitter.initialize(
            request_id=uuid4().hex, sample_rate=pcm.sample_rate, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(pcm.samples)
        output_emitter.flush()
