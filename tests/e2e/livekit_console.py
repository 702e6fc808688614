"""LiveKit's console, as its command line is one: it starts the worker, and is the caller's ears, mouth and keyboard.

Speaks the protocol of `python -m livekit.agents console --connect-addr`: a length, then an AgentSessionMessage.
"""

import asyncio
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from livekit.protocol.agent_pb.agent_session import AgentSessionMessage, SessionRequest

from local.checkout import ROOT
from local.sound import Sound

RATE = 48_000
STEP = RATE // 50
STARTS_WITHIN_S = 60
LENGTH = struct.Struct(">I")


@dataclass
class LiveKitConsole:
    writer: asyncio.StreamWriter
    spoken: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    """How long each thing was that the agent said, in seconds; there once it has been played."""
    _to_say: asyncio.Queue[Sound] = field(default_factory=asyncio.Queue)

    def say(self, sound: Sound) -> None:
        self._to_say.put_nowait(sound.at(RATE))

    def type(self, text: str) -> None:
        self._send(
            AgentSessionMessage(request=SessionRequest(request_id="1", run_input=SessionRequest.RunInput(text=text)))
        )

    async def speak(self) -> None:
        """The microphone is open: what is to be said, and silence else, at the pace of speech."""
        due = time.monotonic()
        rest = np.zeros(0, dtype=np.int16)
        while True:
            if not len(rest) and not self._to_say.empty():
                rest = self._to_say.get_nowait().samples
            samples, rest = np.pad(rest[:STEP], (0, STEP - len(rest[:STEP]))), rest[STEP:]
            frame = AgentSessionMessage.ConsoleIO.AudioFrame(
                data=samples.tobytes(), sample_rate=RATE, num_channels=1, samples_per_channel=STEP
            )
            self._send(AgentSessionMessage(audio_input=frame))
            due += STEP / RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Play what comes: each stretch of sound takes its time, and its end is told."""
        began_at, length_s = 0.0, 0.0
        while True:
            (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            message = AgentSessionMessage.FromString(await reader.readexactly(size))
            if message.HasField("audio_output"):
                began_at = began_at if length_s else time.monotonic()
                length_s += message.audio_output.samples_per_channel / message.audio_output.sample_rate
            elif message.HasField("audio_playback_flush") and length_s:
                await asyncio.sleep(max(0.0, began_at + length_s - time.monotonic()))
                done = AgentSessionMessage.ConsoleIO.AudioPlaybackFinished()
                self._send(AgentSessionMessage(audio_playback_finished=done))
                self.spoken.put_nowait(length_s)
                length_s = 0.0

    def _send(self, message: Any) -> None:
        data = message.SerializeToString()
        self.writer.write(LENGTH.pack(len(data)) + data)


@asynccontextmanager
async def livekit_console(environment: dict[str, str]) -> AsyncIterator[LiveKitConsole]:
    """The console with our worker under it; both are gone at the end."""
    came: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda *streams: came.set_result(streams), "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    command = (sys.executable, "-m", "livekit.agents", "console", "--connect-addr", address, "agent/main.py")
    worker = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
    try:
        reader, writer = await asyncio.wait_for(came, STARTS_WITHIN_S)
        console = LiveKitConsole(writer)
        tasks = [asyncio.create_task(console.speak()), asyncio.create_task(console.listen(reader))]
        try:
            yield console
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()
    finally:
        server.close()
        worker.terminate()
        await worker.wait()
