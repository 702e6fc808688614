"""LiveKit's own console talks with the default voice agent, by voice and by keyboard."""

import asyncio
import os
from typing import Any

import pytest

from holdline.call import Call, CallKind, Speaker, Turn
from holdline.settings import IGNORE_ENV_FILE
from holdline.store import Query, Store
from local.demo_facts import FRONT_DESK
from local.recordings import recording
from tests.e2e.documents import awaited
from tests.e2e.livekit_console import livekit_console

WITHIN_S = 40

pytestmark = [pytest.mark.stack, pytest.mark.proof, pytest.mark.timeout(180)]


async def test_what_is_spoken_and_what_is_typed_are_turns_of_a_call(stack: dict[str, Any], salon: Store) -> None:
    before = {call.id for call in salon.find(Query(Call, {"kind": CallKind.FRONT_END})).records}
    async with livekit_console(environment(stack)) as console:
        await asyncio.wait_for(console.spoken.get(), WITHIN_S)
        call = await awaited(salon, Query(Call, {"kind": CallKind.FRONT_END}), lambda one: one.id not in before)
        console.say(recording("how much is a haircut", voice="rms"))
        assert await asyncio.wait_for(console.spoken.get(), WITHIN_S) > 1
        console.type("do you do manicures")
        assert await asyncio.wait_for(console.spoken.get(), WITHIN_S) > 1
    await awaited(salon, Query(Call, {"kind": CallKind.FRONT_END}), lambda one: one.id == call.id and not one.is_live)
    turns = salon.find(Query(Turn, {"call": call.id}, order_by="n")).records
    assert [turn.who for turn in turns[:5]] == [
        Speaker.AGENT,
        Speaker.CALLER,
        Speaker.AGENT,
        Speaker.CALLER,
        Speaker.AGENT,
    ]
    assert turns[3].text == "do you do manicures"


def environment(stack: dict[str, Any]) -> dict[str, str]:
    """What a developer's `.env` says who tries the console on a local stack."""
    key = stack["livekit"]
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        IGNORE_ENV_FILE: "1",
        "GOOGLE_CLOUD_PROJECT": stack["project_id"],
        "FIRESTORE_EMULATOR_HOST": stack["firestore_emulator_host"],
        "LIVEKIT_URL": key["url"],
        "LIVEKIT_API_KEY": key["api_key"],
        "LIVEKIT_API_SECRET": key["api_secret"],
        "DEFAULT_VOICE_AGENT": FRONT_DESK,
        "WORKER_HEALTH_HOST": "127.0.0.1",
        "WORKER_HEALTH_PORT": "0",
        "WORKER_READY_PORT": "0",
        "ORT_DISABLE_TELEMETRY": "1",
    }
