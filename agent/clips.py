"""Recorded sentences, which need no provider: what a caller hears where everything else fails.

`python -m agent.clips` records them anew, with eSpeak NG, after their words in `prompts/` have changed.
"""

import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from livekit import rtc

from agent.words import line as words
from holdline.speech import espeak

SOUNDS = Path(__file__).parent / "sounds"
FRAME_S = 0.05


@dataclass(frozen=True)
class Sound:
    """Mono, 16 bits a sample."""

    samples: bytes
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / 2 / self.sample_rate


class Clip(Enum):
    """One sentence; its value is its heading in `prompts/recorded.md`, and the name of its sound."""

    ONE_MOMENT = "one_moment"
    DID_NOT_HEAR = "did_not_hear"
    OUT_OF_ORDER = "out_of_order"

    @property
    def text(self) -> str:
        return words("recorded", self.value)

    @property
    def path(self) -> Path:
        return SOUNDS / f"{self.value}.wav"

    @property
    def sound(self) -> Sound:
        return _read(self.path)

    async def frames(self) -> AsyncIterator[rtc.AudioFrame]:
        """The sound from its beginning, in short frames."""
        sound = self.sound
        step = int(sound.sample_rate * FRAME_S) * 2
        for at in range(0, len(sound.samples), step):
            piece = sound.samples[at : at + step]
            yield rtc.AudioFrame(piece, sound.sample_rate, 1, len(piece) // 2)


def load() -> None:
    """Read the sounds from the disk, which no call should wait for."""
    for clip in Clip:
        _read(clip.path)


@cache
def _read(path: Path) -> Sound:
    with wave.open(str(path), "rb") as file:
        return Sound(file.readframes(file.getnframes()), file.getframerate())


def record(folder: Path = SOUNDS) -> None:
    """Write every clip's sound into `folder`."""
    folder.mkdir(exist_ok=True)
    for clip in Clip:
        pcm = espeak.synthesise(clip.text)
        with wave.open(str(folder / clip.path.name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(pcm.sample_rate)
            file.writeframes(pcm.samples)


if __name__ == "__main__":
    record()
