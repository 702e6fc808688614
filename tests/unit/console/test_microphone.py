"""What the microphone hears reaches the session, what is said reaches the loudspeaker, and what is missing is told."""

import asyncio
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agent.console.microphone import BLOCK, SAMPLE_RATE, Loudspeaker, Microphone, NoSound, open_devices

BYTES = 2 * BLOCK


def sound(seconds: float) -> rtc.AudioFrame:
    samples = int(SAMPLE_RATE * seconds)
    return rtc.AudioFrame(b"\1\0" * samples, SAMPLE_RATE, 1, samples)


async def test_what_the_devices_thread_hears_comes_in_order() -> None:
    microphone = Microphone()
    blocks = [bytes([n, 0]) * BLOCK for n in range(3)]
    threads = [threading.Thread(target=microphone.take, args=(block,)) for block in blocks]
    for thread in threads:
        thread.start()
        thread.join()
    assert [bytes((await anext(microphone)).data) for _ in blocks] == blocks


async def test_what_is_said_is_played_and_then_there_is_silence() -> None:
    loudspeaker = Loudspeaker()
    finished: list[float] = []
    loudspeaker.on("playback_finished", lambda event: finished.append(event.playback_position))
    await loudspeaker.capture_frame(sound(0.03))
    loudspeaker.flush()
    assert loudspeaker.next_block(BYTES) == b"\1\0" * BLOCK
    assert loudspeaker.next_block(BYTES) == (b"\1\0" * (BLOCK // 2)).ljust(BYTES, b"\0")
    assert loudspeaker.next_block(BYTES) == bytes(BYTES)
    await asyncio.sleep(1)
    assert finished == [pytest.approx(0.03)]


async def test_what_is_cut_is_played_no_further() -> None:
    loudspeaker = Loudspeaker()
    await loudspeaker.capture_frame(sound(5))
    loudspeaker.flush()
    await asyncio.sleep(1)
    loudspeaker.clear_buffer()
    assert loudspeaker.next_block(BYTES) == bytes(BYTES)


async def test_a_machine_without_portaudio_is_told_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(NoSound, match="libportaudio2"), open_devices(Microphone(), Loudspeaker()):
        pass


async def test_a_machine_without_devices_is_told_so_and_keeps_none_open(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Stream:
        def __init__(self, **_: Any) -> None: ...

        def start(self) -> None: ...

        def close(self) -> None:
            closed.append("microphone")

    class PortAudioError(Exception): ...

    def no_headphones(**_: Any) -> None:
        raise PortAudioError("no such device")

    machine = SimpleNamespace(RawInputStream=Stream, RawOutputStream=no_headphones, PortAudioError=PortAudioError)
    monkeypatch.setitem(sys.modules, "sounddevice", machine)
    with pytest.raises(NoSound, match="no such device"), open_devices(Microphone(), Loudspeaker()):
        pass
    assert closed == ["microphone"]
