"""A worker with providers' keys, beside the stack's own: it takes its own calls, and shares everything else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from holdline import config, line
from holdline.call import Call, CallKind
from holdline.settings import IGNORE_ENV_FILE
from holdline.store import Put, Store
from holdline.voice_agent import VoiceAgent
from local.caller import Caller
from local.checkout import ROOT
from tests.e2e.door import Door
from tests.e2e.on_the_line import OnTheLine
from tests.emulator import free_port

READY_WITHIN_S = 60
STOPPED_WITHIN_S = 1

DESK = VoiceAgent(id="keyed-desk", name="Sofia", greeting="Salon, hello!")
CALLER = "caller-of-a-keyed-line"


@dataclass(frozen=True)
class KeyedWorker:
    stack: dict[str, Any]
    agent_name: str
    log: Path

    @asynccontextmanager
    async def call(self, store: Store) -> AsyncIterator[OnTheLine]:
        """A call that this worker answers: greeted, and hung up at the end of the block."""
        now = datetime.now(UTC)
        store.commit(Put(DESK))
        _, version = config.in_force(store, VoiceAgent, DESK.id, at=now)
        call = Call(
            id=f"web-{uuid4().hex}",
            kind=CallKind.BROWSER,
            caller="browser",
            caller_identity=CALLER,
            line="+12125550100",
            voice_agent=DESK.id,
            voice_agent_version=version,
            opened_by=f"wire-{uuid4().hex}",
            started_at=now,
        )
        line.open_call(store, call)
        door = Door(**self.stack["livekit"])
        await door.open_room(call, org=store.org or "", agent_name=self.agent_name)
        async with await Caller.join(door.url, door.token(call.id, CALLER)) as caller:
            on_the_line = OnTheLine(call.id, caller, store)
            try:
                await on_the_line.greeted()
            except TimeoutError:
                raise AssertionError(f"nobody answered the call:\n{self.log.read_text()[-4000:]}") from None
            yield on_the_line


@contextmanager
def running_worker(stack: dict[str, Any], folder: Path, *, keys: dict[str, str]) -> Iterator[KeyedWorker]:
    """A worker process with these keys in its environment, ready for calls that nobody else takes."""
    agent_name = f"keyed-{uuid4().hex[:8]}"
    log = folder / "worker.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "livekit.agents", "start", "--log-format", "json", "agent/main.py"],
            cwd=ROOT,
            env={
                **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
                IGNORE_ENV_FILE: "1",
                "ORT_DISABLE_TELEMETRY": "1",
                "GOOGLE_CLOUD_PROJECT": stack["project_id"],
                "FIRESTORE_EMULATOR_HOST": stack["firestore_emulator_host"],
                "LIVEKIT_URL": stack["livekit"]["url"],
                "LIVEKIT_API_KEY": stack["livekit"]["api_key"],
                "LIVEKIT_API_SECRET": stack["livekit"]["api_secret"],
                "AGENT_NAME": agent_name,
                "WORKER_HEALTH_HOST": "127.0.0.1",
                "WORKER_HEALTH_PORT": str(free_port()),
                "WORKER_READY_PORT": str(free_port()),
                **keys,
            },
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(process, log)
            yield KeyedWorker(stack, agent_name, log)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while "registered worker" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the worker did not start (exit code {process.poll()}):\n{log.read_text()[-4000:]}")
        time.sleep(0.1)
