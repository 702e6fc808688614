"""Hearing an answer before the caller does: synthesis as a WAV file."""

import io
import wave
from collections.abc import Callable
from typing import Protocol


class Speech(Protocol):
    """Mono, 16 bits a sample."""

    @property
    def samples(self) -> bytes: ...

    @property
    def sample_rate(self) -> int: ...


Synthesise = Callable[[str], Speech]


def wav_of(speech: Speech) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(speech.sample_rate)
        wav.writeframes(speech.samples)
    return file.getvalue()
