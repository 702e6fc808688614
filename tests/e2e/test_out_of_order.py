"""A call that cannot be answered: the caller hears why, and is not left on the line."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from agent.words import line as words
from holdline import line
from holdline.call import Call, CallKind, Outcome
from holdline.speech.espeak import synthesise
from holdline.store import Query, Store
from local.caller import Caller
from local.heard import which
from tests.e2e.documents import awaited
from tests.e2e.door import Door
from tests.e2e.on_the_line import SALON_LINE

CALLER = "caller-out-of-order"
CANDIDATES = (words("recorded", "out_of_order"), words("goodbye"), words("offer", "expired"), words("hold"))


async def test_a_call_whose_voice_agent_is_not_to_be_had_hears_an_apology_and_ends(
    stack: dict[str, Any], salon: Store
) -> None:
    call = Call(
        id=f"web-{uuid4().hex}",
        kind=CallKind.BROWSER,
        caller="browser",
        caller_identity=CALLER,
        line=SALON_LINE,
        voice_agent="front-desk",
        voice_agent_version="never-was",
        opened_by="nobody",
        started_at=datetime.now(UTC),
    )
    line.open_call(salon, call)
    door = Door(**stack["livekit"])
    await door.open_room(call, org="luxe-beauty-salon")
    async with await Caller.join(door.url, door.token(call.id, CALLER)) as caller:
        ended = await awaited(
            salon, Query(Call, {"opened_by": "nobody"}), lambda one: one.id == call.id and not one.is_live
        )
        assert ended.outcome is Outcome.FAILED
        assert "never-was" in (ended.outcome_detail or "")
        assert which(caller.agent.between(0), CANDIDATES, synthesise).best == CANDIDATES[0]
