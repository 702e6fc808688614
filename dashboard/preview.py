"""What hearing an answer before the caller does needs: a voice, as a function from words to a WAV file."""

import io
import wave
from collections.abc import Callable

from holdline.errors import HoldlineError

Synthesise = Callable[[str], bytes]
"""Raises VoiceUnavailable."""


class VoiceUnavailable(HoldlineError):
    """The synthesiser does not speak; nothing depends on it but the preview."""

    def __init__(self) -> None:
        super().__init__("The voice cannot be heard right now. Your answer can be sent all the same.")


def wav_of(samples: bytes, *, sample_rate: int) -> bytes:
    """Mono, 16 bits a sample."""
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(sample_rate)
        wav.writeframes(samples)
    return file.getvalue()
