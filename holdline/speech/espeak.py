"""eSpeak NG as a function from text to sound, by ctypes over the library that comes as a wheel.

The library keeps one global state and is not re-entrant: one synthesis at a time, under a lock. The text is spoken as
it stands: no markup, no phoneme brackets.
"""

import ctypes
import threading
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_short, c_size_t, c_uint, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

import espeakng_loader

SYNCHRONOUS = 2
"""The library calls back from the thread that asked, and hands the sound over instead of playing it."""
CHARS_UTF8 = 1
RATE = 1

VOICE = "en-us"
WORDS_PER_MINUTE = 155
"""Slower than eSpeak's own 175: over a telephone its consonants are short."""
BUFFER_MS = 200

_lock = threading.Lock()
_SynthCallback = CFUNCTYPE(c_int, POINTER(c_short), c_int, c_void_p)


class EspeakFailed(RuntimeError):
    """The library refused to start or to speak."""


@dataclass(frozen=True)
class Pcm:
    """Mono sound, 16 bits a sample, little-endian."""

    samples: bytes
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / 2 / self.sample_rate


def synthesise(text: str, *, voice: str = VOICE, words_per_minute: int = WORDS_PER_MINUTE) -> Pcm:
    """Speak `text`; takes some 5 ms for each second of speech. Raises EspeakFailed, and ValueError for a NUL."""
    if "\x00" in text:
        raise ValueError("a NUL character cannot be spoken")
    utterance = text.encode()
    with _lock:
        library, sample_rate = _started()
        heard = bytearray()

        def keep(samples: Any, count: int, _events: Any) -> int:
            if samples and count > 0:
                heard.extend(ctypes.string_at(samples, count * 2))
            return 0

        callback = _SynthCallback(keep)  # held until the library is done with it
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakFailed(f"there is no voice {voice!r}")
        library.espeak_SetParameter(RATE, words_per_minute, 0)
        status = library.espeak_Synth(utterance, len(utterance) + 1, 0, 1, 0, CHARS_UTF8, None, None)
        if status != 0:
            raise EspeakFailed(f"synthesis failed with status {status}")
        return Pcm(bytes(heard), sample_rate)


@cache
def _started() -> tuple[ctypes.CDLL, int]:
    """The library, once it runs, and its sample rate; called under the lock."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize.argtypes = [c_int, c_int, c_char_p, c_int]
    library.espeak_SetSynthCallback.argtypes = [_SynthCallback]
    library.espeak_SetSynthCallback.restype = None
    library.espeak_SetVoiceByName.argtypes = [c_char_p]
    library.espeak_SetParameter.argtypes = [c_int, c_int, c_int]
    library.espeak_Synth.argtypes = [c_char_p, c_size_t, c_uint, c_int, c_uint, c_uint, c_void_p, c_void_p]
    sample_rate = library.espeak_Initialize(SYNCHRONOUS, BUFFER_MS, espeakng_loader.get_data_path().encode(), 0)
    if sample_rate <= 0:
        raise EspeakFailed("the library does not start")
    return library, sample_rate
