"""A job that dies, or is stopped, while a caller waits: another has the call within seconds, and there is one voice."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from agent.words import line as words
from holdline.call import Call
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.lease import Lease
from holdline.store import Query, Store, must_get
from tests.e2e.documents import Console
from tests.e2e.on_the_line import SALON_LINE, OnTheLine, from_a_browser, relayed

ANSWER = "Yes, there are twelve places behind the house."
HEARD_AGAIN_WITHIN_S = 10.0
STOPPED_FOR_S = 15.0

pytestmark = [pytest.mark.stack, pytest.mark.proof, pytest.mark.timeout(300)]


def jobs(stack: dict[str, Any]) -> Iterator[psutil.Process]:
    """The processes of the worker that are in a room: they alone hold sockets for sound."""
    for child in psutil.Process(stack["pids"]["worker"]).children(recursive=True):
        if child.net_connections(kind="udp"):
            yield child


async def back_within(call: OnTheLine, *, since: float) -> float:
    """How long it took until the caller heard that the agent is back."""
    spoken = await call.caller.transcript.wait_for(lambda one: words("back", "waiting") in one.text, within_s=60)
    return spoken.began_at - since


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_job_that_dies_or_stops_mid_hold_is_succeeded_and_the_answer_heard_once(
    stack: dict[str, Any], salon: Store, console: Console, database: FirestoreDatabase, how: signal.Signals
) -> None:
    before = {job.pid for job in jobs(stack)}
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        (job,) = (job for job in jobs(stack) if job.pid not in before)
        await call.ask("do you have parking")
        request = await call.asked()
        await call.agent_is_done()
        gone_at = time.time()
        os.kill(job.pid, how)

        took_s = await back_within(call, since=gone_at)
        assert took_s <= HEARD_AGAIN_WITHIN_S
        assert must_get(database.platform, Lease, call.call).record.epoch == 2
        if how is signal.SIGSTOP:
            await asyncio.sleep(max(0.0, gone_at + STOPPED_FOR_S - time.time()))
            job.resume()
        _, delivered = await call.heard_once_typed(ANSWER, [relayed(ANSWER)], request=request, console=console)
        await asyncio.sleep(3)
        assert [one.text for one in call.caller.transcript.spoken if ANSWER in one.text] == [relayed(ANSWER)]
        assert delivered.cuts == 0
        assert must_get(salon, Call, call.call).record.is_live
        psutil.wait_procs([job], timeout=20)
        assert not job.is_running()
    assert len(salon.find(Query(HelpRequest, {"call": call.call})).records) == 1
    assert must_get(salon, HelpRequest, request.id).record.status is Status.DELIVERED
