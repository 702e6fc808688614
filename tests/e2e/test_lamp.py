"""While a caller is on hold, the lamp of those who look is a round trip to the job that has the call."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser

from dashboard.pulse import HEARD_WITHIN, PING_EVERY
from holdline.firestore.database import FirestoreDatabase
from holdline.instruction import Instruction
from holdline.lease import Lease
from holdline.store import Query, Store, must_get
from tests.e2e.desk_page import DeskPage
from tests.e2e.on_the_line import SALON_LINE, from_a_browser

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

LOOKED_FOR_S = int((HEARD_WITHIN + 2 * PING_EVERY).total_seconds())


async def test_pings_are_heard_by_the_job_and_the_lamp_stays_lit(
    stack: dict[str, Any], salon: Store, database: FirestoreDatabase, browser: Browser
) -> None:
    ana = await DeskPage.of("Ana", browser, stack)
    async with from_a_browser(stack, salon, SALON_LINE) as call:
        await call.ask("is there a wheelchair ramp")
        request = await call.asked()
        await ana.shows(request.id, "Claim")
        answers, lamps = set(), set()
        for _ in range(LOOKED_FOR_S):
            lease = await asyncio.to_thread(must_get, database.platform, Lease, call.call)
            answers.add(lease.record.heard_at)
            lamps.add(await ana.page.locator("#lamp").inner_text())
            await asyncio.sleep(1)
        [ping] = (await asyncio.to_thread(salon.find, Query(Instruction, {"call": call.call}))).records
    assert lamps == {"Line is live"}
    assert len(answers) >= LOOKED_FOR_S // 8, "a ping at each third look at the latest"
    assert ping.delete_at == request.delete_at
