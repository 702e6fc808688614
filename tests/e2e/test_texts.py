"""With nobody at the desk the person on duty is texted, and the caller hears the words that come back."""

import asyncio
import random
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.words import line as words
from holdline.help_request import Status
from holdline.ladder import Rung
from holdline.presence import Presence
from holdline.store import Put, Query, Store
from local.text_reply import CannotReply, last_text, text_back
from tests.e2e.on_the_line import SALON_LINE, from_a_browser, relayed

ANSWERS = (
    "Yes, there is a garage around the corner.",
    "No, but the bus stops right at the door.",
    "There are three spaces in front of the shop.",
    "You can use the lot of the bakery next door.",
)

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def deserted(salon: Store) -> Store:
    """The salon at night: nobody looks at its queue, and Lucia is on duty."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    looked = salon.find(Query(Presence)).records or (Presence(id="ana", name="Ana", until=long_ago),)
    for one in looked:
        salon.commit(Put(one.model_copy(update={"until": long_ago})))
    return salon


async def test_what_the_person_on_duty_texts_back_is_what_the_caller_hears(
    stack: dict[str, Any], deserted: Store
) -> None:
    answer = random.choice(ANSWERS)
    candidates = [relayed(each) for each in ANSWERS]
    async with from_a_browser(stack, deserted, SALON_LINE) as call:
        await call.ask("do you have parking")
        request = await call.asked()
        assert request.rung is Rung.ON_DUTY
        await call.is_told(words("ladder", "nobody_there"))
        text = await until_texted(stack, request.question)
        assert text["from"] == SALON_LINE
        sent_at = time.time()
        told = await asyncio.to_thread(text_back, stack, f"{code_in(text)} {answer}", to=text)
        assert str(told).startswith(f"Passed on to the caller who asked: {request.question}")
        delivered = await call.becomes(request, Status.DELIVERED)
        heard = await call.heard(candidates, since=sent_at)
    assert heard.best == relayed(answer), heard.matches
    assert delivered.answered_by is not None
    assert (delivered.answered_by.uid, delivered.accepted_answer) == ("lucia", answer)


def code_in(text: dict[str, str]) -> str:
    """The code that the reply needs, where another test has just texted a question of its own."""
    named = re.search(r"Reply with ([A-Z]\d) and", text["body"])
    return named[1] if named else ""


async def until_texted(stack: dict[str, Any], question: str) -> dict[str, str]:
    """The text about this question, as the double keeps it."""
    for _ in range(100):
        text = await asyncio.to_thread(last_text_or_none, stack)
        if text is not None and question in text["body"]:
            return text
        await asyncio.sleep(0.1)
    raise AssertionError("nobody was texted")


def last_text_or_none(stack: dict[str, Any]) -> dict[str, str] | None:
    try:
        return last_text(stack)
    except CannotReply:
        return None
