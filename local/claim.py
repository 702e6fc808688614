"""One stack a port base: the claim that a launcher holds while it lives.

The kernel drops the lock with its process, so a claim cannot be left behind.
"""

import ctypes
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from local.checkout import CannotStart

_PR_SET_PDEATHSIG = 1


@contextmanager
def claim(folder: Path, base: int, *, patience_s: float = 10) -> Iterator[None]:
    """Hold the port base; a stack that is just stopping is waited for, a living one raises CannotStart."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "launcher").open("a+") as file:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    file.seek(0)
                    raise CannotStart(
                        f"A stack is running on port base {base} (process {file.read().strip()}): stop it, or choose "
                        f"another --port-base."
                    ) from None
                time.sleep(0.2)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def end_with_uv() -> None:
    """Be told to stop when the `uv run` that started us dies: it is what people see as the launcher."""
    if sys.platform == "linux" and (parent := psutil.Process().parent()) is not None and parent.name() == "uv":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
