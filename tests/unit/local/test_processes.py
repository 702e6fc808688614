"""Parts are small Python programs here; what is true of them is true of emulators."""

import asyncio
import io
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from local.log import Log
from local.processes import Part, PartFailed, Processes

SLEEP = "import time; time.sleep(60)"


def part(folder: Path, name: str, program: str, *, ready: str = "", stops_within_s: float = 5) -> Part:
    """A part that is ready when it has made the file `ready`, or at once."""

    async def is_ready() -> bool:
        return not ready or (folder / ready).exists()

    command = (sys.executable, "-c", program)
    return Part(name, command, dict(os.environ), folder, is_ready, ready_within_s=2, stops_within_s=stops_within_s)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Processes]:
    """Processes that are stopped at the end, if the test has not done it."""
    log = Log(tmp_path / "log", out=io.StringIO())
    processes = Processes(log)
    yield processes
    await processes.stop()
    log.close()


async def test_start_returns_when_every_part_is_ready(running: Processes, tmp_path: Path) -> None:
    program = f"open('up', 'w').close(); {SLEEP}"
    await running.start(part(tmp_path, "one", program, ready="up"))

    assert (tmp_path / "up").exists()
    assert running.pids.keys() == {"one"}


async def test_a_part_that_is_never_ready_is_named_with_its_last_words(running: Processes, tmp_path: Path) -> None:
    with pytest.raises(PartFailed, match=r"one was not ready within 2 s[^$]*I cannot find my keys"):
        await running.start(part(tmp_path, "one", f"print('I cannot find my keys', flush=True); {SLEEP}", ready="no"))


async def test_the_death_of_a_part_says_which_and_why(running: Processes, tmp_path: Path) -> None:
    await running.start(
        part(tmp_path, "one", SLEEP), part(tmp_path, "two", "import sys; print('no disk'); sys.exit(3)")
    )

    with pytest.raises(PartFailed, match=r"two ended with status 3[^$]*no disk"):
        await asyncio.wait_for(running.ended, 5)


async def test_what_a_part_started_goes_with_it(running: Processes, tmp_path: Path) -> None:
    program = (
        f"import os, subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        f"open('pid', 'w').write(str(child.pid)); os.rename('pid', 'child'); {SLEEP}"
    )
    await running.start(part(tmp_path, "one", program, ready="child"))
    await running.stop()

    assert _ends(int((tmp_path / "child").read_text()))


async def test_a_part_that_will_not_end_is_made_to(running: Processes, tmp_path: Path) -> None:
    program = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('up', 'w').close(); {SLEEP}"
    await running.start(part(tmp_path, "one", program, ready="up", stops_within_s=0.2))
    began = time.monotonic()
    await running.stop()

    assert time.monotonic() - began < 3
    assert _ends(running.pids["one"])


async def test_those_that_came_last_are_stopped_first(running: Processes, tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "def end(*_):\n    open('order', 'a').write(sys.argv[0] + NAME); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); open(NAME, 'w').close(); time.sleep(60)"
    )
    for name in ("first", "second"):
        await running.start(part(tmp_path, name, f"NAME = {name!r}\n{program}", ready=name))
    await running.stop()

    assert (tmp_path / "order").read_text() == "-csecond-cfirst"


async def test_somebody_who_asks_to_stop_is_no_failure(running: Processes, tmp_path: Path) -> None:
    await running.start(part(tmp_path, "one", SLEEP))
    running.ask_to_stop()

    await asyncio.wait_for(running.ended, 1)


def _ends(pid: int) -> bool:
    """Whether a process goes: a kill is on its way for a moment, and an orphan may stay a zombie."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                continue
        return True
    return False
