"""Parts of the local stack for a bench: some of them, or everything with demo data and a worker."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.privileges import lay_down_real_time
from holdline.firestore import connect
from holdline.firestore.database import FirestoreDatabase
from holdline.settings import FirestoreSettings
from local import parts
from local.checkout import CACHE, ROOT
from local.keys import keys_in
from local.leftovers import end, leave_a_will, mark_of_this_start
from local.log import Log
from local.parts import Plan
from local.ports import Ports, require_free
from local.processes import Part, Processes
from local.stack import prepare
from tests.emulator import warm_up

PORT_BASE = int(os.environ.get("BENCH_PORT_BASE", "27000"))
READY_WITHIN_S = 180
Make = Callable[[Plan], Part]


@asynccontextmanager
async def some_of(*stages: tuple[Make, ...]) -> AsyncIterator[Plan]:
    """These parts, a stage after the other; nothing of them is left afterwards."""
    ports = Ports(PORT_BASE)
    require_free(ports)
    with TemporaryDirectory() as folder, StringIO() as nobody:
        mark = mark_of_this_start(str(ROOT), PORT_BASE)
        plan = Plan(ports, keys_in(CACHE), prepare(print), Path(folder), mark, is_keyless=True)
        log = Log(Path(folder) / "log", out=nobody)
        processes = Processes(log)
        will = leave_a_will(mark)
        try:
            for stage in stages:
                await processes.start(*(make(plan) for make in stage))
                if parts.firestore in stage:
                    await asyncio.to_thread(warm_up, ports.firestore)
            yield plan
        finally:
            await processes.stop()
            end(mark)
            will.kill()
            will.wait()
            log.close()


@contextmanager
def whole() -> Iterator[dict[str, Any]]:
    """What the ready file of a running stack says: the one that HOLDLINE_READY_FILE names, else one of our own."""
    lay_down_real_time()
    if given := os.environ.get("HOLDLINE_READY_FILE"):
        yield json.loads(Path(given).read_text())
        return
    with TemporaryDirectory() as folder:
        file, log = Path(folder) / "ready.json", Path(folder) / "log"
        with log.open("w") as out:
            command = [sys.executable, "-m", "cli.main", "up", "--keyless", "--port-base", str(PORT_BASE)]
            launcher = subprocess.Popen([*command, "--ready-file", str(file)], cwd=ROOT, stdout=out, stderr=out)  # noqa: S603
        try:
            deadline = time.monotonic() + READY_WITHIN_S
            while not file.exists():
                if launcher.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the stack did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield json.loads(file.read_text())
        finally:
            launcher.terminate()
            launcher.wait(30)


def database(emulator: str, project: str) -> FirestoreDatabase:
    return connect(FirestoreSettings(google_cloud_project=project, firestore_emulator_host=emulator))


async def every(seconds: float, until: "asyncio.Future[Any]") -> AsyncIterator[float]:
    """How late each tick of the event loop came, in ms, until this is done: what a stall of the loop looks like."""
    loop = asyncio.get_running_loop()
    while not until.done():
        due = loop.time() + seconds
        await asyncio.sleep(seconds)
        yield (loop.time() - due) * 1000
