"""`holdline call`: at a terminal, a recorded caller is placed, and the call is printed with what the answer took."""

import asyncio
import re
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from holdline.help_request import HelpRequest, Status
from holdline.store import Query, Store
from local.checkout import ROOT

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
