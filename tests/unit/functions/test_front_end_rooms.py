"""A room that a front end opened gets one agent, however often LiveKit tells of it; no other room gets any."""

from collections.abc import Iterator
from typing import Any

import pytest
from livekit.protocol.models import DisconnectReason, ParticipantInfo, Room
from livekit.protocol.webhook import WebhookEvent

from functions.context import replaced
from holdline import line
from holdline.call import Call, CallKind, Dispatch, Floor, Outcome
from holdline.errors import Unavailable
from holdline.front_end import call_id
from holdline.memory_store import MemoryDatabase
from holdline.store import Put, Query, Store
from holdline.voice_agent import VoiceAgent
from tests.unit.functions.world import CALL_ID, World, a_dispatch

ROOM = "call_dental_reception_lobby-1"
SID = "RM_front"


def told(event: str, *, room: str = ROOM, sid: str = SID, metadata: str = "", **participant: Any) -> WebhookEvent:
    who = ParticipantInfo(**participant) if participant else None
    return WebhookEvent(event=event, room=Room(name=room, sid=sid, metadata=metadata), participant=who)


def the_call(world: World, *, org: str = "dental") -> Call:
    return world.call(call_id(SID), org=org)


@pytest.fixture
def developing(world: World) -> Iterator[World]:
    """The same world, where a default is set."""
    world.settings = world.settings.model_copy(update={"default_voice_agent": "salon/front_desk"})
    with replaced(world.context()):
        yield world


def test_a_room_whose_name_says_so_gets_that_voice_agent_with_all_that_it_needs(world: World) -> None:
    assert world.livekit(told("room_started")).status_code == 204
    call = the_call(world)
    assert (call.kind, call.room_name, call.voice_agent) == (CallKind.FRONT_END, ROOM, "reception")
    [(room, dispatch)] = world.rooms.sent
    assert room == ROOM
    assert dispatch == Dispatch.to(call, org="dental")
    assert dispatch.version == call.voice_agent_version


def test_however_often_the_event_comes_one_agent_is_sent(world: World) -> None:
    for _ in range(3):
        assert world.livekit(told("room_started")).status_code == 204
    line.close(world.database.for_org("dental"), call_id(SID), outcome=Outcome.CALLER_LEFT, at=world.now)
    world.livekit(told("room_started"))
    assert len(world.rooms.sent) == 1


def test_the_same_name_in_a_new_room_is_a_new_call(world: World) -> None:
    world.livekit(told("room_started"))
    world.livekit(told("room_started", sid="RM_again"))
    assert [dispatch.call for _, dispatch in world.rooms.sent] == [call_id(SID), call_id("RM_again")]


@pytest.mark.parametrize(
    "room", ["lobby", "call_dental_nobody_1", "call_nowhere_reception_1", "call_.._reception_1", ""]
)
def test_a_name_that_leads_nowhere_gets_no_agent_and_nothing_is_written(world: World, room: str) -> None:
    before = world.documents()
    assert world.livekit(told("room_started", room=room)).status_code == 204
    assert world.rooms.sent == []
    assert world.documents() == before


def test_a_voice_agent_that_is_switched_off_is_not_sent(world: World) -> None:
    world.memory.for_org("dental").commit(Put(VoiceAgent(id="reception", name="Lux", greeting="Hello.", active=False)))
    assert world.livekit(told("room_started")).status_code == 204
    assert world.rooms.sent == []


def test_a_room_that_names_nobody_gets_the_default_where_one_is_set(developing: World) -> None:
    developing.livekit(told("room_started", room="playground-a1b2"))
    assert the_call(developing, org="salon").voice_agent == "front_desk"
    assert len(developing.rooms.sent) == 1


def test_a_name_that_says_whom_it_wants_goes_before_the_default(developing: World) -> None:
    developing.livekit(told("room_started"))
    assert the_call(developing).voice_agent == "reception"


@pytest.mark.parametrize("room", ["web-0001", CALL_ID])
def test_a_room_of_ours_that_is_opened_again_by_an_old_token_gets_no_agent(developing: World, room: str) -> None:
    """A visitor's token outlives the call by minutes, and LiveKit opens a room for whoever has one."""
    before = developing.documents()
    developing.livekit(told("room_started", room=room))
    assert developing.rooms.sent == []
    assert developing.documents() == before


def test_a_room_that_one_of_our_doors_opened_gets_no_second_agent(developing: World) -> None:
    developing.ring()
    developing.livekit(told("room_started", room=CALL_ID, metadata=a_dispatch().model_dump_json()))
    assert len(developing.rooms.opened) == 1
    assert developing.rooms.sent == []


@pytest.mark.parametrize(
    "metadata",
    ['{"org": "salon"}', "theirs", a_dispatch("another-call").model_dump_json()],
    ids=["half", "own", "copy"],
)
def test_metadata_that_somebody_made_up_decides_nothing(world: World, metadata: str) -> None:
    world.livekit(told("room_started", metadata=metadata))
    [(_, dispatch)] = world.rooms.sent
    assert (dispatch.org, dispatch.voice_agent) == ("dental", "reception")


def test_the_call_goes_on_as_any_other_once_the_worker_knows_its_caller(world: World) -> None:
    world.livekit(told("room_started"))
    world.livekit(told("participant_joined", identity="agent-1", kind=ParticipantInfo.Kind.AGENT))
    assert the_call(world).floor is Floor.AGENT
    world.livekit(told("participant_left", identity="anna", disconnect_reason=DisconnectReason.CLIENT_INITIATED))
    assert the_call(world).is_live
    line.caller_came(world.database.for_org("dental"), call_id(SID), "anna")
    world.livekit(told("participant_left", identity="anna", disconnect_reason=DisconnectReason.CLIENT_INITIATED))
    assert the_call(world).outcome is Outcome.CALLER_LEFT


def test_a_room_that_is_gone_ends_its_call(world: World) -> None:
    world.livekit(told("room_started"))
    world.livekit(told("room_finished"))
    assert the_call(world).outcome is Outcome.NOT_CONNECTED


def test_a_room_into_which_no_agent_could_be_sent_is_closed(world: World) -> None:
    world.rooms.refuses_agents = True
    assert world.livekit(told("room_started")).status_code == 204
    assert (the_call(world).outcome, the_call(world).outcome_detail) == (Outcome.FAILED, "no agent could be sent")
    assert world.rooms.closed == [ROOM]


def test_without_storage_the_event_is_asked_for_again(world: World) -> None:
    world.without_storage()
    assert world.livekit(told("room_started")).status_code == 503


def test_storage_that_fails_once_the_call_is_open_does_not_leave_the_room_without_an_agent(world: World) -> None:
    """The event that comes again meets the call, and takes it for somebody else's affair."""

    class WithoutLeases(MemoryDatabase):
        @property
        def platform(self) -> Store:
            raise Unavailable("Storage is down.")

        def for_org(self, org: str) -> Store:
            return world.memory.for_org(org)

    world.database = WithoutLeases()
    with replaced(world.context()):
        assert world.livekit(told("room_started")).status_code == 204
    assert [room for room, _ in world.rooms.sent] == [ROOM]


def test_no_visitor_gets_a_callers_token_for_such_a_room(world: World) -> None:
    world.livekit(told("room_started"))
    body = {"call": call_id(SID), "as": "caller"}
    assert world.ask("join_token", body, token="david").status_code == 404


def test_a_supervisor_listens_in_the_room_itself(world: World) -> None:
    world.livekit(told("room_started"))
    reply = world.ask("join_token", {"call": call_id(SID), "as": "listener"}, token="david").get_json()
    assert (reply["call"], reply["room"]) == (call_id(SID), ROOM)


@pytest.mark.parametrize("token", ["visitor", "ana"])
def test_no_door_of_ours_opens_a_room_of_such_a_name(world: World, token: str) -> None:
    world.ask("create_room", {"number": "+12125550100"}, token=token)
    world.ring()
    rooms = [dispatch.call for dispatch in world.rooms.opened]
    assert len(rooms) == 2
    assert all(room.startswith(("web-", "phone-")) for room in rooms)
    assert world.database.for_org("dental").find(Query(Call)).records == ()
