"""An answer typed into the help request's own document, as an admin does in the Firebase console."""

import random
import time
from typing import Any

import pytest

from holdline.desk import CONSOLE
from holdline.help_request import HelpRequest, Status
from holdline.store import Query, Store, must_get
from tests.e2e.documents import Console, awaited
from tests.e2e.on_the_line import SALON_LINE, from_a_browser, relayed

ANSWERS = (
    "Yes, small dogs are welcome.",
    "Yes, dogs of any size are welcome.",
    "Yes, but keep your dog on a leash.",
    "No, only guide dogs are allowed.",
    "No, we are sorry, no animals.",
    "Only on Mondays, when it is quiet.",
)
RELAYED = [relayed(answer) for answer in ANSWERS]

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


async def test_an_answer_typed_into_the_document_is_relayed_word_for_word(
    stack: dict[str, Any], salon: Store, console: Console
) -> None:
    answer = random.choice(ANSWERS)
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("can i bring my dog")
        request = await call.asked()
        heard, delivered = await call.heard_once_typed(answer, RELAYED, request=request, console=console)
    assert heard.best == relayed(answer), heard.matches
    assert delivered.accepted_answer == answer
    assert delivered.answered_by == CONSOLE


async def test_an_answer_with_markup_is_refused_beside_it_and_spoken_once_it_is_corrected(
    stack: dict[str, Any], salon: Store, console: Console
) -> None:
    refused, corrected = random.sample(ANSWERS, 2)
    draft = f"<b>{refused}</b>"
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("can i bring my dog")
        request = await call.asked()
        typed_at = time.time()
        console.edit("help_requests", request.id, answer=draft)
        beside = await awaited(salon, Query(HelpRequest, {"call": call.call}), lambda one: one.problem is not None)
        assert "markup (<b>)" in (beside.problem or "")
        assert (beside.answer, beside.status, beside.accepted_answer) == (draft, Status.WAITING, None)
        await call.agent_is_done(pause_s=3.0)  # long enough for an answer to have begun
        assert (await call.heard(RELAYED, since=typed_at)).best is None

        heard, _ = await call.heard_once_typed(corrected, RELAYED, request=request, console=console)
    assert heard.best == relayed(corrected), heard.matches
    assert must_get(salon, HelpRequest, request.id).record.problem is None
