"""The whole product on one machine, from nothing to ready, and back to nothing."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local import parts, ready_file
from local.binaries import firebase_tools, firestore_emulator, livekit_server, one_at_a_time
from local.checkout import CACHE, ROOT, CannotStart
from local.claim import claim, end_with_uv
from local.demo_facts import DemoFacts
from local.functions_server import register_triggers
from local.keys import keys_in
from local.leftovers import end, leave_a_will, mark_of, mark_of_this_start
from local.log import Log
from local.parts import Plan, Programs
from local.ports import Ports, require_free
from local.processes import PartFailed, Processes
from local.runtimes import JAVA, NODE, provide

_QUIET = frozenset({"firestore", "auth", "livekit"})

Welcome = Callable[[Plan, DemoFacts], list[str]]


def run(ports: Ports, *, file: Path | None, is_keyless: bool, verbose: bool, welcome: Welcome) -> None:
    """Start everything, stay until somebody asks to stop, and leave nothing.

    Raises CannotStart before anything ran, PartFailed when a part is to blame.
    """
    end_with_uv()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Until the parts run: give up in the middle of a download or a build, and take it along.
        signal.signal(number, signal.default_int_handler)
    folder = ready_file.folder_of(ports.base)
    files = [ready_file.kept(ports.base), *([file] if file is not None else [])]
    with claim(folder, ports.base):
        _remove(files)
        log = Log(folder / "log", quiet=frozenset() if verbose else _QUIET)
        if ended := end(mark_of(str(ROOT), ports.base)):
            log.say(f"Ended {ended} processes that an earlier start on port base {ports.base} had left.")
        require_free(ports)
        mark = mark_of_this_start(str(ROOT), ports.base)
        plan = Plan(ports, keys_in(CACHE), prepare(log.say), folder, mark, is_keyless)
        will = leave_a_will(mark)
        try:
            asyncio.run(_run(plan, log, files, welcome))
        finally:
            _remove(files)
            end(mark)
            will.kill()
            will.wait()
            log.close()


def prepare(progress: Callable[[str], None]) -> Programs:
    """Have every program that is not ours; raises CannotStart with one sentence on what to install."""
    with one_at_a_time():
        node = provide(NODE, progress)
        firebase = firebase_tools(node, progress)
        return Programs(
            node=node,
            java=provide(JAVA, progress),
            firebase=firebase,
            firestore_jar=firestore_emulator(node, firebase, progress),
            livekit=livekit_server(progress),
        )


def _remove(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


async def _run(plan: Plan, log: Log, files: list[Path], welcome: Welcome) -> None:
    processes = Processes(log)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, processes.ask_to_stop)
    starting = asyncio.create_task(_start(plan, processes, log))
    try:
        both: set[asyncio.Future[Any]] = {starting, processes.ended}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not processes.ended.done():
            facts = starting.result()
            for file in files:
                ready_file.write(file, ready_file.contents(plan, facts, processes.pids))
            for line in welcome(plan, facts):
                log.say(line)
        await processes.ended
    finally:
        log.say("Stopping.")
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await processes.stop()


async def _start(plan: Plan, processes: Processes, log: Log) -> DemoFacts:
    log.say("Starting the emulators, LiveKit and the functions.")
    stand_ins = (parts.firestore(plan), parts.auth(plan), parts.texts(plan))
    await processes.start(*stand_ins, parts.livekit(plan), parts.functions(plan))
    register_triggers(project=parts.PROJECT, firestore_host=plan.firestore_host)
    facts = await _write_demo_data(plan)
    log.say("Starting the dashboard and the worker.")
    await processes.start(
        parts.dashboard(plan, call_page_number=facts.phone_numbers[0].number),
        parts.worker(plan),
    )
    return facts


async def _write_demo_data(plan: Plan) -> DemoFacts:
    """In a process of its own: Firestore's client must not be alive where others are started from."""
    writing = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local.demo",
        cwd=ROOT,
        env=dict(parts.demo_environment(plan)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await writing.communicate()
    if writing.returncode:
        raise PartFailed("demo data", "could not be written", complaints.decode(errors="replace").splitlines()[-15:])
    return DemoFacts.model_validate(json.loads(said))


__all__ = ["CannotStart", "PartFailed", "prepare", "run"]
