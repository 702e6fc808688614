"""What happens while a caller waits: a claim, a change of mind, two answers at once, a hang-up, and nobody at all."""

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from agent.words import line as words
from holdline.call import Call, Outcome
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.people import PhoneNumber
from holdline.store import Put, Query, Store
from holdline.voice_agent import VoiceAgent
from tests.e2e.desk_page import WITHIN_MS, DeskPage
from tests.e2e.documents import Console, awaited
from tests.e2e.on_the_line import SALON_LINE, from_a_browser, relayed

IMPATIENT_LINE = "+12125550178"
NOTICED_WITHIN_S = 3.0

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def impatient_line(
    database: FirestoreDatabase, salon: Store, console: Console, stack: dict[str, Any]
) -> Iterator[VoiceAgent]:
    """A line whose callers wait five seconds for a person, and no longer."""
    voice_agent = VoiceAgent(id="impatient-desk", name="Ines", greeting="Hello, this is Ines.", answer_timeout_s=5)
    salon.commit(Put(voice_agent))
    database.platform.commit(
        Put(PhoneNumber(id=IMPATIENT_LINE, org="luxe-beauty-salon", voice_agent=voice_agent.id, web_calls=True))
    )
    yield voice_agent
    Console(stack, None).delete("phone_numbers", IMPATIENT_LINE)
    console.delete("voice_agents", voice_agent.id)


async def test_a_claim_is_told_to_the_caller_who_may_still_change_their_mind(
    stack: dict[str, Any], salon: Store, browser: Browser
) -> None:
    ana = await DeskPage.of("Ana", browser, stack)
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("are you taking new patients")
        request = await call.asked()
        await ana.claim(request.id)
        await ana.shows(request.id, "You are on it")
        await call.is_told(words("looking", name="Ana"))

        await call.agent_is_done()
        await call.ask("never mind")
        await call.becomes(request, Status.WITHDRAWN)
        await ana.shows(request.id, "The caller no longer needs to know")
        await call.is_told(words("withdrawn"))


async def test_of_two_answers_at_once_one_is_spoken_and_the_other_is_told_by_whom(
    stack: dict[str, Any], salon: Store, browser: Browser
) -> None:
    drafts = {"Ana": "Yes, a wheelchair fits through every door.", "Rosa": "No, there are two steps at the entrance."}
    desks = {name: await DeskPage.of(name, browser, stack) for name in drafts}
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("is there a wheelchair ramp")
        request = await call.asked()
        for name, desk in desks.items():
            await desk.type(request.id, drafts[name])
        sent_at = time.time()
        await asyncio.gather(*(desk.send(request.id) for desk in random.sample([*desks.values()], 2)))
        delivered = await call.becomes(request, Status.DELIVERED)
        heard = await call.heard([relayed(draft) for draft in drafts.values()], since=sent_at)
    assert delivered.answered_by is not None
    winner = delivered.answered_by.name
    [loser] = drafts.keys() - {winner}
    assert delivered.answer_version == 1
    assert heard.best == relayed(drafts[winner]), heard.matches

    card = desks[loser].card(request.id)
    await desks[loser].shows(request.id, f"Already taken by {winner}.")
    await expect(card.get_by_role("textbox")).to_have_value(drafts[loser], timeout=WITHIN_MS)


async def test_a_caller_who_hangs_up_while_waiting_is_noticed_at_once(
    stack: dict[str, Any], salon: Store, browser: Browser
) -> None:
    ana = await DeskPage.of("Ana", browser, stack)
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("do you take my insurance")
        request = await call.asked()
        await ana.shows(request.id, request.question)
        who = call.caller.identity
        hung_up_at = datetime.now(UTC)
    left = await call.becomes(request, Status.CALLER_LEFT)
    await ana.shows(request.id, "The caller hung up")
    assert left.closed_at is not None
    assert (left.closed_at - hung_up_at).total_seconds() < NOTICED_WITHIN_S
    ended = await awaited(salon, Query(Call, {"caller_identity": who}), lambda one: not one.is_live)
    assert ended.outcome is Outcome.CALLER_LEFT


async def test_a_question_that_nobody_answers_in_time_ends_with_the_callers_message(
    stack: dict[str, Any], salon: Store, impatient_line: VoiceAgent
) -> None:
    async with from_a_browser(stack, salon, IMPATIENT_LINE) as call:
        await call.ask("do you have parking")
        request = await call.asked()
        expired = await call.becomes(request, Status.EXPIRED)
        await call.is_told(words("offer", "expired"))
        await call.agent_is_done()
        await call.ask("is there somewhere to park")
        await call.is_told(words("message_taken"))
        query = Query(HelpRequest, {"call": call.call})
        kept = await awaited(salon, query, lambda one: one.message is not None)
    assert expired.closed_at is not None
    assert (expired.closed_at - expired.asked_at).total_seconds() >= impatient_line.answer_timeout_s
    assert (kept.id, kept.status) == (request.id, Status.EXPIRED)
    assert "park" in (kept.message or "")
