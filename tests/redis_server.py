"""A redis of the tests' own, in memory, on a port of the loopback interface."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.redis import on_path
from tests.emulator import free_port

READY_WITHIN_S = 10


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Yield `host:port`."""
    program = on_path()
    if program is None:
        raise RuntimeError("redis-server is not on PATH: `python -m local.redis` says how to have it")
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(server, port)
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _wait_until_ready(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            pass
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"redis did not start (exit code {server.poll()})")
        time.sleep(0.02)
