"""Storage that is gone for a minute, and media that stops for some seconds, while a caller is on hold.

The caller is kept company, nothing that was asked or answered is lost, and nothing is said twice.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import pytest

from agent.words import lines
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.lease import Lease
from holdline.store import Query, Store, must_get
from tests.e2e.documents import Console
from tests.e2e.on_the_line import SALON_LINE, OnTheLine, from_a_browser, relayed

ANSWER = "Yes, there are twelve places behind the house."
STORAGE_GONE_S = 60.0
MEDIA_GONE_S = 5.0
COMPANY = (*lines("progress"), *lines("ladder", "anyone"), *lines("ladder", "on_duty"), *lines("estimate", "one"))
"""What a caller hears who holds."""
LONGEST_SILENCE_S = 18.0
"""Between the beginnings of two such sentences, of which the longest takes six seconds; the machine is busy."""
RECOVERED_WITHIN_S = 15.0

pytestmark = [pytest.mark.stack, pytest.mark.proof, pytest.mark.timeout(300)]


@contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """It neither answers nor refuses, as a machine that is cut off."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def said(call: OnTheLine, sentences: tuple[str, ...]) -> list[float]:
    """When each of these was begun."""
    return sorted(one.began_at for one in call.caller.transcript.spoken if one.text.strip() in sentences)


def answers_heard(call: OnTheLine) -> list[str]:
    return [one.text.strip() for one in call.caller.transcript.spoken if ANSWER in one.text]


def type_answer(console: Console, request: HelpRequest) -> None:
    """As somebody does who sends it while nothing answers, and waits; it may be done although nobody says so."""
    try:
        console.edit(HelpRequest.collection, request.id, answer=ANSWER)
    except httpx.TimeoutException:
        return


async def test_storage_that_is_gone_for_a_minute_loses_no_answer_and_leaves_no_caller_in_silence(
    stack: dict[str, Any], salon: Store, console: Console, database: FirestoreDatabase
) -> None:
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("do you have parking")
        request = await call.asked()
        await call.agent_is_done()
        with stopped(psutil.Process(stack["pids"]["firestore"])):
            gone_at = time.time()
            await asyncio.sleep(STORAGE_GONE_S - 20)
            typing = asyncio.create_task(asyncio.to_thread(type_answer, console, request))
            await asyncio.sleep(20)
        back_at = time.time()
        await typing
        delivered = await call.becomes(request, Status.DELIVERED)
        assert delivered.delivered_at is not None
        await asyncio.sleep(5)

        spoken = [at for at in said(call, COMPANY) if gone_at <= at <= back_at]
        pauses = [later - earlier for earlier, later in zip([gone_at, *spoken], [*spoken, back_at], strict=True)]
        assert max(pauses) <= LONGEST_SILENCE_S, pauses
        assert answers_heard(call) == [relayed(ANSWER)]
        assert delivered.delivered_at.timestamp() - back_at <= RECOVERED_WITHIN_S
        assert must_get(database.platform, Lease, call.call).record.epoch == 1, "nobody took a call that lived"
    assert len(salon.find(Query(HelpRequest, {"call": call.call})).records) == 1


async def test_media_that_stops_for_some_seconds_comes_back_and_the_answer_is_heard_once(
    stack: dict[str, Any], salon: Store, console: Console
) -> None:
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("do you have parking")
        request = await call.asked()
        await call.agent_is_done()
        with stopped(psutil.Process(stack["pids"]["livekit"])):
            await asyncio.sleep(MEDIA_GONE_S)
        console.edit(HelpRequest.collection, request.id, answer=ANSWER)
        await call.becomes(request, Status.DELIVERED)
        await asyncio.sleep(5)
        assert answers_heard(call) == [relayed(ANSWER)]
    assert len(salon.find(Query(HelpRequest, {"call": call.call})).records) == 1
