"""A stack that a test launched, as a person would: `holdline up` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.checkout import ROOT
from local.runtimes import uv

READY_WITHIN_S = 180
STOPPED_WITHIN_S = 30


@dataclass
class Launched:
    launcher: subprocess.Popen[str]
    file: Path
    log: Path

    def until_ready(self) -> dict[str, Any]:
        """What the ready file says; fails with the log when the stack ends first, or takes too long."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.file.exists():
            assert self.launcher.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)
        ready: dict[str, Any] = json.loads(self.file.read_text())
        return ready

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does, and return its status."""
        if self.launcher.poll() is None:
            self.launcher.send_signal(signal.SIGTERM)
        return self.launcher.wait(STOPPED_WITHIN_S)


@contextmanager
def launched(base: int, folder: Path, *, by_uv: bool = False) -> Iterator[Launched]:
    """A stack on this port base, starting; stopped at the end whatever happened. `by_uv`: as make starts it."""
    folder.mkdir(parents=True, exist_ok=True)
    stack_log = folder / f"{base}.log"
    file = folder / f"{base}.json"
    program = (uv(), "run", "--no-sync", "holdline") if by_uv else (sys.executable, "-m", "cli.main")
    with stack_log.open("w") as out:
        launcher = subprocess.Popen(
            [*program, "up", "--keyless", "--port-base", str(base), "--ready-file", str(file)],
            cwd=ROOT,
            env={**os.environ, "NO_COLOR": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
        stack = Launched(launcher, file, stack_log)
        try:
            yield stack
        finally:
            stack.stop()
