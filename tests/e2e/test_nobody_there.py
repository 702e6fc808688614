"""A caller who asks while nobody is at the desk is told so before they wait, and leaves what a call back needs."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.words import line as words
from holdline.call import Call
from holdline.help_request import HelpRequest, Status
from holdline.ladder import Rung
from holdline.people import Organisation
from holdline.presence import Presence
from holdline.store import Put, Query, Store, must_get
from tests.e2e.documents import awaited
from tests.e2e.on_the_line import SALON_LINE, from_a_browser

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def deserted(salon: Store) -> Iterator[Store]:
    """The salon at night: whoever was at its desk has left it.

    They are away, too: the server may not have noticed yet that an earlier test's page was closed, and beat for it.
    """
    before, long_ago = salon.find(Query(Presence)).records, datetime.now(UTC) - timedelta(hours=1)
    for one in before:
        salon.commit(Put(one.model_copy(update={"is_away": True, "until": long_ago})))
    yield salon
    for one in before:
        salon.commit(Put(one.model_copy(update={"until": long_ago})))


@pytest.fixture
def nobody_on_duty(salon: Store) -> Any:
    organisation = must_get(salon, Organisation, "luxe-beauty-salon").record
    salon.commit(Put(organisation.model_copy(update={"on_duty": None})))
    yield
    salon.commit(Put(organisation))


@pytest.mark.usefixtures("nobody_on_duty")
async def test_with_nobody_at_the_desk_a_caller_is_offered_a_call_back_instead_of_music(
    stack: dict[str, Any], deserted: Store
) -> None:
    async with from_a_browser(stack, deserted, SALON_LINE) as call:
        await call.ask("do you have parking")
        request = await call.asked()
        assert request.rung is Rung.NOBODY
        await call.is_told(words("offer", "nobody"))
        await call.agent_is_done()
        assert call.caller.music.first_loud_after(0) is None
        await call.ask("yes please")
        await call.is_told(words("offer", "which_number"))
        query = Query(HelpRequest, {"call": call.call})
        kept = await awaited(deserted, query, lambda one: one.callback is not None)
        await asyncio.sleep(1)
    assert (kept.id, kept.rung) == (request.id, Rung.NOBODY)
    left = await awaited(deserted, query, lambda one: one.status == Status.CALLER_LEFT)
    assert left.callback is not None
    assert not left.callback.consents_to_text
    assert not must_get(deserted, Call, call.call).record.is_live
