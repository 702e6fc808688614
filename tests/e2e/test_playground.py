"""A front end that is not ours, as LiveKit's playground is one: its own room and token, and nobody announced it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from livekit import api, rtc
from livekit.agents.voice.remote_session import RemoteSession

from holdline.call import Call, CallKind, Outcome, Speaker, Turn
from holdline.store import Put, Query, Store
from holdline.voice_agent import VoiceAgent
from local.caller import Caller
from tests.e2e.documents import Console, awaited
from tests.e2e.on_the_line import OnTheLine

PERSON = "a-person-of-theirs"
OUR_AGENT = "holdline"

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


@asynccontextmanager
async def entered(stack: dict[str, Any], store: Store, room: str, *, agents: list[str]) -> AsyncIterator[OnTheLine]:
    """The front end's user in its room; who is dispatched into it stands in the token, as the front end signed it."""
    key = stack["livekit"]
    token = (
        api.AccessToken(key["api_key"], key["api_secret"])
        .with_identity(PERSON)
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .with_room_config(api.RoomConfiguration(agents=[api.RoomAgentDispatch(agent_name=name) for name in agents]))
    )
    async with await Caller.join(key["url"], token.to_jwt()) as caller:
        call = await awaited(store, Query(Call, {"room": room}))
        yield OnTheLine(call.id, caller, store)


@pytest.fixture
def brief_desk(salon: Store, console: Console) -> Iterator[VoiceAgent]:
    """A voice agent of few words; gone afterwards."""
    voice_agent = VoiceAgent(id="brief-desk", name="Nora", greeting="Hello.")
    salon.commit(Put(voice_agent))
    yield voice_agent
    console.delete("voice_agents", voice_agent.id)


async def test_each_is_answered_by_one_agent_the_default_one_or_the_one_that_the_rooms_name_says(
    stack: dict[str, Any], salon: Store, brief_desk: VoiceAgent
) -> None:
    """One asks LiveKit for our agent by name and says no more; the other only gives its room a name. Both at once."""
    any_name = f"playground-{uuid4().hex[:8]}"
    telling_name = f"call_{salon.org}_{brief_desk.id}_{uuid4().hex[:8]}"
    await asyncio.gather(
        is_answered(stack, salon, any_name, agents=[OUR_AGENT], by="front-desk"),
        is_answered(stack, salon, telling_name, agents=[], by=brief_desk.id),
    )


@pytest.mark.proof
async def test_what_is_sent_into_the_room_as_data_is_not_the_callers_voice(
    stack: dict[str, Any], salon: Store, brief_desk: VoiceAgent
) -> None:
    """Anybody in the room could type for the caller otherwise, with LiveKit's own client for it."""
    room = f"call_{salon.org}_{brief_desk.id}_{uuid4().hex[:8]}"
    async with entered(stack, salon, room, agents=[]) as call:
        await call.greeted()
        [agent] = [one for one in call.caller.room.remote_participants.values() if is_agent(one)]
        remote = RemoteSession.from_room(call.caller.room, agent.identity)
        await remote.start()
        with pytest.raises(TimeoutError):
            await remote.run("how much is a haircut", timeout=4)
        await remote.aclose()
    turns = salon.find(Query(Turn, {"call": call.call})).records
    assert [turn.who for turn in turns] == [Speaker.AGENT]


async def is_answered(stack: dict[str, Any], store: Store, room: str, *, agents: list[str], by: str) -> None:
    """They talk; one agent and no more is there; and what becomes of the call is written."""
    async with entered(stack, store, room, agents=agents) as call:
        await call.greeted()
        asked_at = await call.ask("how much is a haircut")
        began_at, ended_at = await call.caller.agent.wait_for_sentence(after=asked_at, within_s=30)
        there = [one for one in call.caller.room.remote_participants.values() if is_agent(one)]
    assert ended_at - began_at > 0.5
    assert len(there) == 1

    closed = await awaited(store, Query(Call, {"room": room}), lambda one: not one.is_live)
    assert (closed.kind, closed.voice_agent, closed.caller_identity) == (CallKind.FRONT_END, by, PERSON)
    assert closed.outcome is Outcome.CALLER_LEFT
    turns = await asyncio.to_thread(lambda: store.find(Query(Turn, {"call": closed.id}, order_by="n")).records)
    said = [turn.who for turn in turns]
    assert Speaker.AGENT in said[said.index(Speaker.CALLER) :]


def is_agent(participant: rtc.RemoteParticipant) -> bool:
    return participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
