"""Starts the parts of a stack, waits until each is ready, and stops them all when one dies or somebody asks.

Every part leads a process group of its own, so that what it started goes with it.
"""

import asyncio
import os
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.log import Log

_POLL_S = 0.1


@dataclass(frozen=True)
class Part:
    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    is_ready: Callable[[], Awaitable[bool]]
    readable: Callable[[str], str | None] = str
    """What a person is shown of a line that the part wrote; None for nothing."""
    ready_within_s: float = 60
    stops_within_s: float = 5


class PartFailed(Exception):
    """A part ended, or did not become ready; the text says which, how, and what it last wrote."""

    def __init__(self, name: str, what: str, last_lines: list[str]) -> None:
        self.part = name
        said = "".join(f"\n  {line}" for line in last_lines)
        super().__init__(f"{name} {what}" + (f". The last it wrote:{said}" if said else ", and had written nothing."))


class _Running:
    def __init__(self, part: Part, process: asyncio.subprocess.Process) -> None:
        self.part = part
        self.process = process
        self.last_lines: deque[str] = deque(maxlen=15)

    def signal_group(self, number: signal.Signals) -> None:
        # The group outlives its leader while anything that the leader started is alive.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    async def copy_output(self, log: Log) -> None:
        assert self.process.stdout is not None  # noqa: S101 - for the type checker: we asked for a pipe
        rest = b""
        while chunk := await self.process.stdout.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line, log)
        if rest:
            self._take(rest, log)

    def _take(self, line: bytes, log: Log) -> None:
        text = line.decode(errors="replace").rstrip()
        self.last_lines.append(text)
        log.line(self.part.name, text, shown=self.part.readable(text))


class Processes:
    """The running parts. `ended` completes when somebody asks to stop, and raises PartFailed when a part dies."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._stages: list[list[_Running]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def pids(self) -> dict[str, int]:
        return {running.part.name: running.process.pid for stage in self._stages for running in stage}

    async def start(self, *parts: Part) -> None:
        """Start these parts side by side and return when all are ready; raises PartFailed."""
        stage: list[_Running] = []
        self._stages.append(stage)
        for part in parts:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                cwd=part.folder,
                env=dict(part.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
            running = _Running(part, process)
            stage.append(running)
            self._tasks.append(asyncio.create_task(self._watch(running)))
        await asyncio.gather(*(self._until_ready(running) for running in stage))

    def ask_to_stop(self) -> None:
        """What a signal does: the first time the parts are asked to end, the second time they are made to."""
        if self._stopping:
            for running in self._all():
                running.signal_group(signal.SIGKILL)
        elif not self.ended.done():
            self.ended.set_result(None)

    async def stop(self) -> None:
        """Stop every part and what it started, those that came last first."""
        self._stopping = True
        for stage in reversed(self._stages):
            await asyncio.gather(*(self._stop_one(running) for running in stage))
        await asyncio.gather(*self._tasks)

    def _all(self) -> list[_Running]:
        return [running for stage in self._stages for running in stage]

    async def _watch(self, running: _Running) -> None:
        copying = asyncio.create_task(running.copy_output(self._log))
        status = await running.process.wait()
        # What it started may hold its output open for ever; a dead part's last words are already in the pipe.
        await asyncio.wait({copying}, timeout=0.5)
        if not self._stopping and not self.ended.done():
            self.ended.set_exception(PartFailed(running.part.name, _how(status), list(running.last_lines)))
        running.signal_group(signal.SIGKILL)
        await copying

    async def _until_ready(self, running: _Running) -> None:
        deadline = time.monotonic() + running.part.ready_within_s
        while not await running.part.is_ready():
            if time.monotonic() > deadline:
                what = f"was not ready within {running.part.ready_within_s:.0f} s"
                raise PartFailed(running.part.name, what, list(running.last_lines))
            await asyncio.sleep(_POLL_S)

    async def _stop_one(self, running: _Running) -> None:
        running.signal_group(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(running.process.wait(), running.part.stops_within_s)
        running.signal_group(signal.SIGKILL)
        await running.process.wait()


def _how(status: int) -> str:
    return f"ended with status {status}" if status >= 0 else f"was ended by {signal.Signals(-status).name}"
