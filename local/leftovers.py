"""Nothing of a stack outlives its launcher, however the launcher ends.

Every process of a stack inherits MARK from it. Run as a program, this module waits until its standard input closes,
which the death of the launcher does, and then ends every process with that mark: the launcher's last will.
"""

import os
import subprocess
import sys
import uuid

import psutil

MARK = "HOLDLINE_STACK"

_PATIENCE_S = 3


def mark_of(root: str, base: int) -> str:
    """How the mark begins of every stack that this checkout starts on this port base."""
    return f"{root}:{base}:"


def mark_of_this_start(root: str, base: int) -> str:
    """The mark of one stack, so that an old one's will cannot touch the one that was started after it."""
    return f"{mark_of(root, base)}{uuid.uuid4()}"


def marked(mark: str) -> list[psutil.Process]:
    """Every living process whose mark begins so, ourselves left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK, "").startswith(mark):
                found.append(process)
        except (psutil.Error, OSError):
            # Somebody else's, or gone while we looked.
            continue
    return found


def end(mark: str) -> int:
    """End every process with the mark, politely first; returns how many there were."""
    found = marked(mark)
    for process in found:
        _signal(process, kill=False)
    psutil.wait_procs(found, timeout=_PATIENCE_S)
    # Looked for again: a process may have started another while it ended.
    left = marked(mark)
    for process in left:
        _signal(process, kill=True)
    psutil.wait_procs(left, timeout=_PATIENCE_S)
    return len(found)


def leave_a_will(mark: str) -> subprocess.Popen[bytes]:
    """Start the process that ends the stack when we are gone; close its stdin when all has been stopped properly."""
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "local.leftovers", mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        process.kill() if kill else process.terminate()
    except psutil.Error:
        return


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end(sys.argv[1])
