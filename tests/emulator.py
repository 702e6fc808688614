"""The Firestore emulator for tests: the one that FIRESTORE_EMULATOR_HOST names, else one of our own."""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.binaries import firebase_tools, firestore_command, firestore_emulator, one_at_a_time
from local.checkout import ROOT
from local.readiness import answers
from local.runtimes import JAVA, NODE, provide

READY_WITHIN_S = 40


@contextmanager
def running_emulator(rules: Path = ROOT / "firestore.rules") -> Iterator[str]:
    """Yield `host:port` of an emulator that enforces the rules."""
    if given := os.environ.get("FIRESTORE_EMULATOR_HOST"):
        yield given
        return
    port = free_port()
    emulator = an_emulator(port, rules)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        emulator.terminate()
        try:
            emulator.wait(5)
        except subprocess.TimeoutExpired:
            emulator.kill()
            emulator.wait()


def an_emulator(
    port: int, rules: Path = ROOT / "firestore.rules", *, functions: str | None = None
) -> "subprocess.Popen[bytes]":
    """One that is ready, and the caller's to end; it delivers events to `functions`, host:port."""
    command = [*_command(), "--port", str(port), "--rules", str(rules)]
    command += ["--functions_emulator", functions] if functions else []
    emulator = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(emulator, port)
        warm_up(port)
    except BaseException:
        emulator.kill()
        emulator.wait()
        raise
    return emulator


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command() -> list[str]:
    with one_at_a_time():
        node = provide(NODE, print)
        jar = firestore_emulator(node, firebase_tools(node, print), print)
        java = provide(JAVA, print)
    return [*firestore_command(java, jar), "--host", "127.0.0.1"]


def _wait_until_ready(emulator: "subprocess.Popen[bytes]", port: int) -> None:
    check = answers(port)

    async def is_ready() -> bool:
        return await check()

    deadline = time.monotonic() + READY_WITHIN_S
    while not asyncio.run(is_ready()):
        if emulator.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the Firestore emulator did not start (exit code {emulator.poll()})")
        time.sleep(0.1)


def warm_up(port: int) -> None:
    """A first commit, for which Java loads its code: on a busy machine longer than our own calls wait."""
    documents = f"http://127.0.0.1:{port}/v1/projects/demo-warm-up/databases/(default)/documents"
    httpx.post(f"{documents}:commit", json={}, headers={"Authorization": "Bearer owner"}, timeout=READY_WITHIN_S)
    httpx.get(f"{documents}/anything", headers={"Authorization": "Bearer owner"}, timeout=READY_WITHIN_S)
