"""`holdline call`: at a terminal, a recorded caller is placed, and the call is printed with what the answer took."""

import asyncio
import json
import re
import sys
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from holdline.help_request import HelpRequest, Status
from holdline.store import Query, Store
from local import ready_file
from local.checkout import ROOT
from local.ports import Ports
from tests.e2e.conftest import SALON

ANSWER = "Yes, dogs are welcome, and so are cats."

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


async def test_a_rehearsal_prints_the_call_and_the_three_steps_of_the_answers_way(
    stack: dict[str, Any], salon: Store
) -> None:
    printed = await rehearse(stack, "--question", "can i bring my dog", "--answer", ANSWER)
    call = re.search(r"is ringing as call (\S+)", printed)
    assert call is not None, printed
    [request] = salon.find(Query(HelpRequest, {"call": call[1]})).records
    assert (request.status, request.accepted_answer) == (Status.DELIVERED, ANSWER)
    assert f"Request {request.id}: delivered" in printed
    steps = ("text handed to the synthesiser", "first frame published", "first loud frame at the caller")
    took = [re.search(rf"-> {step} +(\d+\.\d) ms", printed) for step in steps]
    assert all(took), printed
    ms = [float(one[1]) for one in took if one is not None]
    assert ms == sorted(ms)
    for part, logger in (("worker", "agent.questions"), ("worker", "agent.relay"), ("functions", "functions.calls")):
        told = [entry for entry in logged(stack, part) if entry["logger"] == logger and call[1] in entry["message"]]
        assert told, (part, logger)
        assert {(one["program"], one["call"], one["org"]) for one in told} == {(part, call[1], SALON)}


def logged(stack: dict[str, Any], part: str) -> list[dict[str, Any]]:
    """The events in the log of one part."""
    log = ready_file.folder_of(urlsplit(stack["dashboard_url"]).port or 0) / "log" / f"{part}.log"
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


async def test_the_worker_counts_what_its_calls_came_to(stack: dict[str, Any], salon: Store) -> None:
    before = await counted(stack)
    await rehearse(stack, "--question", "do you have parking", "--answer", "Yes, behind the house.")
    after = await counted(stack)
    grew = {name: after[name] - before.get(name, 0) for name in after}
    assert grew["holdline_calls_answered_total"] == 1
    for event in ("asked", "answered", "delivered"):
        assert grew[f'holdline_help_requests_total{{event="{event}"}}'] == 1
    for to in ("synthesiser", "first_frame"):
        assert grew[f'holdline_relay_latency_seconds_count{{to="{to}"}}'] == 1
    assert (after["holdline_worker_ready"], after["holdline_worker_capacity"]) == (1, 8)


async def counted(stack: dict[str, Any]) -> dict[str, float]:
    """The worker's Prometheus page: what was measured in the processes of its calls, by name."""
    port = Ports(urlsplit(stack["dashboard_url"]).port or 0).worker_ready
    async with httpx.AsyncClient() as client:
        page = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    return {name: float(value) for name, value in re.findall(r"^(holdline_\S+) (\S+)$", page, re.MULTILINE)}


async def rehearse(stack: dict[str, Any], *options: str) -> str:
    base = str(urlsplit(stack["dashboard_url"]).port)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "call", "--port-base", base, *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await program.communicate()
    printed = out.decode()
    assert program.returncode == 0, printed
    return printed
