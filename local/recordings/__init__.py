"""What rehearsal callers say: recordings of two synthetic voices, by their words."""

import json
from pathlib import Path
from typing import Literal

from local.sound import Sound

FOLDER = Path(__file__).parent
INDEX = FOLDER / "index.json"

Voice = Literal["slt", "rms"]


def words_of_files() -> dict[str, str]:
    """File name -> the words in it."""
    index: dict[str, str] = json.loads(INDEX.read_text())
    return index


def recording(words: str, *, voice: Voice | None = None) -> Sound:
    """The recording of these words, by the voice that is understood best unless one is named; KeyError without one."""
    for name, said in words_of_files().items():
        if said == words and (voice is None or name == file_name(words, voice)):
            return Sound.read(FOLDER / name)
    raise KeyError(f"nobody recorded {words!r}: add it to local/recordings/make.py")


def file_name(words: str, voice: str) -> str:
    return f"{words.replace(' ', '_')}.{voice}.wav"
