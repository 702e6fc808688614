"""A piece of mono sound, and the few things that are done to it: read, save, resample, narrow to a telephone's band."""

import io
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

Samples = NDArray[np.int16]

TELEPHONE_RATE = 8_000


@dataclass(frozen=True, eq=False)
class Sound:
    samples: Samples
    sample_rate: int

    @classmethod
    def of_bytes(cls, pcm: bytes, sample_rate: int) -> "Sound":
        """16-bit little-endian samples."""
        return cls(np.frombuffer(pcm, dtype="<i2"), sample_rate)

    @classmethod
    def read(cls, path: Path) -> "Sound":
        """A mono 16-bit WAV file; raises ValueError for any other."""
        with wave.open(str(path), "rb") as file:
            if file.getnchannels() != 1 or file.getsampwidth() != 2:
                raise ValueError(f"{path.name} is not mono with 16 bits a sample")
            return cls.of_bytes(file.readframes(file.getnframes()), file.getframerate())

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate

    def wav(self) -> bytes:
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(self.sample_rate)
            out.writeframes(self.samples.astype("<i2").tobytes())
        return file.getvalue()

    def at(self, sample_rate: int) -> "Sound":
        """The same sound at another rate."""
        if sample_rate == self.sample_rate or not len(self.samples):
            return Sound(self.samples, sample_rate)
        resampler = rtc.AudioResampler(self.sample_rate, sample_rate, quality=rtc.AudioResamplerQuality.HIGH)
        frame = rtc.AudioFrame(self.samples.tobytes(), self.sample_rate, 1, len(self.samples))
        frames = resampler.push(frame) + resampler.flush()
        return Sound.of_bytes(b"".join(bytes(frame.data) for frame in frames), sample_rate)

    def narrowed(self) -> "Sound":
        """As a telephone carries it: nothing above 4 kHz."""
        return self.at(TELEPHONE_RATE).at(self.sample_rate)


def rms(samples: NDArray[Any]) -> float:
    """Loudness, on the scale of 16-bit samples."""
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64))))) if len(samples) else 0.0
