"""A handle on the decoder's process: started when it is first wanted, killed when it is no longer."""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass

from agent.pipelines.decoder import LENGTH

READY_AND_DECODED_WITHIN_S = 15.0


class RecogniserFailed(RuntimeError):
    """The process died, or did not answer in time; the next utterance starts another."""


@dataclass(frozen=True)
class Heard:
    text: str
    confidence: float


class Recogniser:
    """One utterance at a time. Cancelling `recognise` costs the process, and the next utterance half a second."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def is_busy(self) -> bool:
        return self._turn.locked()

    async def start(self) -> None:
        """Begin loading the model, so that the first utterance does not wait for it."""
        async with self._turn:
            await self._running()

    async def recognise(self, samples: bytes) -> Heard:
        """The words in 16-bit samples at 16 kHz; raises RecogniserFailed."""
        async with self._turn:
            process = await self._running()
            try:
                async with asyncio.timeout(READY_AND_DECODED_WITHIN_S):
                    return await _exchange(process, samples)
            except BaseException as error:
                # an answer that nobody waits for must not be taken for the next one's
                await self.aclose()
                if isinstance(error, TimeoutError | OSError | asyncio.IncompleteReadError):
                    raise RecogniserFailed("the recogniser does not answer") from error
                raise

    async def aclose(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):  # it was quicker
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "agent.pipelines.decoder",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        return self._process


async def _exchange(process: asyncio.subprocess.Process, samples: bytes) -> Heard:
    if process.stdin is None or process.stdout is None:
        raise RecogniserFailed("the recogniser has no pipes")
    process.stdin.write(LENGTH.pack(len(samples)) + samples)
    await process.stdin.drain()
    reply = json.loads(await process.stdout.readuntil(b"\n"))
    return Heard(text=reply["text"], confidence=reply["confidence"])
