"""A LiveKit server for tests, on ports of its own."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdline.settings import LiveKitSettings
from local.binaries import livekit_server, one_at_a_time
from local.parts import loopback
from local.readiness import answers
from tests.emulator import free_port

KEY = "key-of-the-tests"
SECRET = "a secret of the tests, of 32 bytes or more"
READY_WITHIN_S = 20


@contextmanager
def running_livekit(
    folder: Path, *, redis: str | None = None, key: str = KEY, secret: str = SECRET
) -> Iterator[LiveKitSettings]:
    """Yield the settings with which a program of ours reaches the server; with a redis, it keeps SIP trunks."""
    with one_at_a_time():
        program = livekit_server(print)
    port = free_port()
    config = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {
            "udp_port": free_port(),
            "tcp_port": free_port(),
            "use_external_ip": False,
            "node_ip": "127.0.0.1",
            "enable_loopback_candidate": True,
            "interfaces": {"includes": [loopback()]},
        },
        "keys": {key: secret},
        "logging": {"level": "warn"},
        **({"redis": {"address": redis}} if redis else {}),
    }
    written = folder / "livekit.yaml"
    written.write_text(json.dumps(config))  # JSON is YAML
    server = subprocess.Popen([str(program), "--config", str(written)])
    try:
        _wait_until_ready(server, port)
        yield LiveKitSettings.model_validate(
            {
                "google_cloud_project": "demo-holdline",
                "livekit_url": f"ws://127.0.0.1:{port}",
                "livekit_api_key": key,
                "livekit_api_secret": secret,
            }
        )
    finally:
        server.kill()  # asked politely, it would wait for everybody to leave
        server.wait()


def _wait_until_ready(server: "subprocess.Popen[bytes]", port: int) -> None:
    async def ready() -> bool:
        return await answers(port)()

    deadline = time.monotonic() + READY_WITHIN_S
    while not asyncio.run(ready()):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"LiveKit did not start (exit code {server.poll()})")
        time.sleep(0.05)
