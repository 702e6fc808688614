"""This machine's microphone and loudspeaker, through PortAudio; opened only where somebody asks to speak.

There is no echo cancellation: who speaks wears headphones, or the agent hears itself.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from livekit import rtc
from livekit.agents.voice.io import AudioInput

from agent.console.silence import NoLoudspeaker
from holdline.errors import HoldlineError

SAMPLE_RATE = 24_000
BLOCK = SAMPLE_RATE // 50
"""Samples that the devices take at a time: 20 ms."""


class NoSound(HoldlineError):
    """PortAudio or a device is missing; the text says what is needed."""


class Microphone(AudioInput):
    """What the microphone hears, from `take`, which a thread of PortAudio's calls."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self._loop = asyncio.get_running_loop()
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    def take(self, samples: bytes) -> None:
        frame = rtc.AudioFrame(samples, SAMPLE_RATE, 1, len(samples) // 2)
        self._loop.call_soon_threadsafe(self._frames.put_nowait, frame)

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()


class Loudspeaker(NoLoudspeaker):
    """Gives what is to be played to `next_block`, which a thread of PortAudio's calls; is played as time goes."""

    def __init__(self) -> None:
        super().__init__(sample_rate=SAMPLE_RATE)
        self._lock = threading.Lock()
        self._samples = bytearray()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        with self._lock:
            self._samples += bytes(frame.data)

    def clear_buffer(self) -> None:
        super().clear_buffer()
        with self._lock:
            self._samples.clear()

    def next_block(self, length: int) -> bytes:
        """So many bytes: silence where nothing is said."""
        with self._lock:
            block = bytes(self._samples[:length])
            del self._samples[:length]
        return block.ljust(length, b"\0")


@contextmanager
def open_devices(microphone: Microphone, loudspeaker: Loudspeaker) -> Iterator[None]:
    """The machine's default devices, running while the block is; raises NoSound."""
    try:
        import sounddevice  # type: ignore[import-untyped]
    except (ImportError, OSError):
        raise NoSound(
            "--mic needs PortAudio, which is not installed here. On Debian and Ubuntu: apt install libportaudio2"
        ) from None

    def hear(samples: Any, *_: object) -> None:
        microphone.take(bytes(samples))

    def play(samples: Any, *_: object) -> None:
        samples[:] = loudspeaker.next_block(len(samples))

    form = {"samplerate": SAMPLE_RATE, "channels": 1, "dtype": "int16", "blocksize": BLOCK}
    with ExitStack() as open_ones:
        try:
            for make, callback in ((sounddevice.RawInputStream, hear), (sounddevice.RawOutputStream, play)):
                device = make(callback=callback, **form)
                open_ones.callback(device.close)
                device.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoSound(f"--mic needs a microphone and headphones, and this machine offers none: {error}") from None
        yield
