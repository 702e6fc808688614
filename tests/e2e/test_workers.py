"""Two workers of one stack: what one of them gives up, dead or told to stop, the other has within seconds."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from agent.words import line as words
from holdline.call import Call
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.lease import Lease
from holdline.settings import IGNORE_ENV_FILE
from holdline.store import Query, Store, must_get
from local.checkout import ROOT
from local.readiness import answers
from tests.e2e.documents import Console
from tests.e2e.on_the_line import SALON_LINE, OnTheLine, from_a_browser, relayed

ANSWER = "Yes, there are twelve places behind the house."
HEARD_AGAIN_WITHIN_S = 10.0
READY_WITHIN_S = 90
GONE_WITHIN_S = 40
DRAIN_S = 2
CALLS_AT_MOST = 8
"""LiveKit chooses between two workers; so often it chooses the other one with a chance of 1 in 256."""

pytestmark = [pytest.mark.stack, pytest.mark.proof, pytest.mark.timeout(300)]


@asynccontextmanager
async def a_second_worker(stack: dict[str, Any], log: Path) -> AsyncIterator[psutil.Popen]:
    """One more worker of this stack, ready; with its whole process group gone at the end."""
    health = int(stack["settings"]["WORKER_READY_PORT"]) + 5
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **stack["settings"],
        "WORKER_HEALTH_PORT": str(health),
        "WORKER_READY_PORT": str(health + 1),
        "WORKER_DRAIN_TIMEOUT_S": str(DRAIN_S),
        "ORT_DISABLE_TELEMETRY": "1",
        IGNORE_ENV_FILE: "1",
    }
    with log.open("w") as out:
        worker = psutil.Popen(
            [sys.executable, "-m", "livekit.agents", "start", "agent/main.py"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            is_ready = answers(health + 1, "/ready", with_status=range(200, 201))
            async with asyncio.timeout(READY_WITHIN_S):
                while not await is_ready():
                    assert worker.poll() is None, f"the worker ended, see {log}"
                    await asyncio.sleep(0.2)
            yield worker
        finally:
            kill(worker)


def kill(worker: psutil.Popen) -> None:
    """Worker and jobs at once, as when their machine is gone."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def is_in_a_room(worker: psutil.Popen) -> bool:
    return any(child.net_connections(kind="udp") for child in worker.children(recursive=True))


@asynccontextmanager
async def a_call_of(worker: psutil.Popen, stack: dict[str, Any], store: Store) -> AsyncIterator[OnTheLine]:
    """A call that this worker has."""
    for _ in range(CALLS_AT_MOST):
        async with from_a_browser(stack, store, SALON_LINE) as call:
            if is_in_a_room(worker):
                yield call
                return
    raise AssertionError("LiveKit sent no call to the second worker")


async def back_within(call: OnTheLine, *, since: float) -> float:
    """How long it took until the caller heard that the agent is back."""
    spoken = await call.caller.transcript.wait_for(lambda one: words("back", "waiting") in one.text, within_s=60)
    return spoken.began_at - since


@pytest.mark.parametrize(
    ("how", "times"),
    [(signal.SIGKILL, 1), (signal.SIGTERM, 1), (signal.SIGTERM, 2)],
    ids=["killed", "told-to-stop", "told-twice"],
)
async def test_a_call_on_hold_goes_to_the_other_worker_and_its_answer_is_heard_once(
    stack: dict[str, Any],
    salon: Store,
    console: Console,
    database: FirestoreDatabase,
    tmp_path: Path,
    how: signal.Signals,
    times: int,
) -> None:
    async with (
        a_second_worker(stack, tmp_path / "worker.log") as worker,
        a_call_of(worker, stack, salon) as call,
    ):
        await call.ask("do you have parking")
        request = await call.asked()
        await call.agent_is_done()
        gone_at = time.time()
        if how is signal.SIGKILL:
            kill(worker)
        else:
            worker.send_signal(how)
            if times > 1:
                await asyncio.sleep(0.5)
                worker.send_signal(how)  # whoever says it twice does not want to wait
            gone_at += DRAIN_S  # until then it lets the call go on

        assert await back_within(call, since=gone_at) <= HEARD_AGAIN_WITHIN_S
        if how is signal.SIGTERM:
            status = await asyncio.to_thread(worker.wait, GONE_WITHIN_S)
            assert status == 0 or times > 1
        assert must_get(database.platform, Lease, call.call).record.epoch == 2
        _, delivered = await call.heard_once_typed(ANSWER, [relayed(ANSWER)], request=request, console=console)
        await asyncio.sleep(3)
        assert [one.text for one in call.caller.transcript.spoken if ANSWER in one.text] == [relayed(ANSWER)]
        assert delivered.cuts == 0
        assert must_get(salon, Call, call.call).record.is_live
    assert len(salon.find(Query(HelpRequest, {"call": call.call})).records) == 1
    assert must_get(salon, HelpRequest, request.id).record.status is Status.DELIVERED
