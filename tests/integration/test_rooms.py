"""Rooms and their tokens on a real LiveKit server: it grants what we mean to grant, and nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import pytest
from livekit import rtc
from livekit.api import ListParticipantsRequest, ListRoomsRequest, LiveKitAPI
from livekit.protocol.models import ParticipantPermission, TrackSource

from functions.rooms import TIMEOUT_S, AgentNotSent, LiveKitRooms, RoomNotClosed, RoomNotOpened, RoomsUnknown
from functions.tokens import caller_pass, listener_pass
from holdline.call import Call, Dispatch
from holdline.settings import LiveKitSettings
from tests.builders import a_call
from tests.emulator import free_port
from tests.faults.line import Line
from tests.livekit_server import running_livekit


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitSettings]:
    with running_livekit(tmp_path_factory.mktemp("livekit")) as settings:
        yield settings


@contextmanager
def rooms_at(settings: LiveKitSettings) -> Iterator[LiveKitRooms]:
    rooms = LiveKitRooms(settings)
    try:
        yield rooms
    finally:
        rooms.disconnect()


@pytest.fixture
def rooms(settings: LiveKitSettings) -> Iterator[LiveKitRooms]:
    with rooms_at(settings) as rooms:
        yield rooms


@pytest.fixture
def call(rooms: LiveKitRooms, request: pytest.FixtureRequest) -> Call:
    """A call whose room is open."""
    call = a_call(f"call-{request.node.name}")
    rooms.open(dispatch_of(call))
    return call


def dispatch_of(call: Call) -> Dispatch:
    return Dispatch.to(call, org="salon")


@pytest.fixture
def line(settings: LiveKitSettings) -> Iterator[Line]:
    line = Line(to=urlsplit(settings.livekit_url).port or 0)
    yield line
    line.close()


def through(line: Line, settings: LiveKitSettings) -> LiveKitSettings:
    return settings.model_copy(update={"livekit_url": f"ws://127.0.0.1:{line.port}"})


@asynccontextmanager
async def api_of(settings: LiveKitSettings) -> AsyncIterator[LiveKitAPI]:
    secret = settings.livekit_api_secret.get_secret_value()
    async with LiveKitAPI(settings.livekit_url, settings.livekit_api_key, secret) as api:
        yield api


@asynccontextmanager
async def joined(granted: dict[str, str]) -> AsyncIterator[rtc.Room]:
    room = rtc.Room()
    await room.connect(granted["url"], granted["token"])
    try:
        yield room
    finally:
        await room.disconnect()


async def permissions(settings: LiveKitSettings, call: Call) -> list[ParticipantPermission]:
    """What everybody in the room may do, as the server sees it."""
    async with api_of(settings) as api:
        present = (await api.room.list_participants(ListParticipantsRequest(room=call.id))).participants
    return [participant.permission for participant in present]


async def publish(room: rtc.Room, source: "rtc.TrackSource.ValueType", *, within_s: float = 5) -> None:
    """Raises when the server does not take the track, which it may do by saying nothing."""
    if source == rtc.TrackSource.SOURCE_CAMERA:
        track: rtc.LocalTrack = rtc.LocalVideoTrack.create_video_track("camera", rtc.VideoSource(64, 64))
    else:
        track = rtc.LocalAudioTrack.create_audio_track("sound", rtc.AudioSource(48000, 1))
    await asyncio.wait_for(
        room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=source)), within_s
    )


async def test_a_room_is_opened_once_with_one_agent_sent_to_it(
    settings: LiveKitSettings, rooms: LiveKitRooms, call: Call
) -> None:
    await asyncio.to_thread(rooms.open, dispatch_of(call))  # the same webhook again
    async with api_of(settings) as api:
        (room,) = (await api.room.list_rooms(ListRoomsRequest(names=[call.id]))).rooms
        (sent,) = await api.agent_dispatch.list_dispatch(call.id)
    assert Dispatch.model_validate_json(room.metadata) == dispatch_of(call)
    assert Dispatch.model_validate_json(sent.metadata) == dispatch_of(call)
    assert sent.agent_name == settings.agent_name


async def test_a_room_is_closed_whoever_is_in_it_and_closing_it_again_is_no_error(
    settings: LiveKitSettings, rooms: LiveKitRooms, call: Call
) -> None:
    async with joined(caller_pass(call, settings)) as caller:
        gone = asyncio.Event()
        caller.on("disconnected", lambda _: gone.set())
        for _ in range(2):
            await asyncio.to_thread(rooms.close, call.id)
        await asyncio.wait_for(gone.wait(), 5)


def test_the_rooms_that_there_are_can_be_named(rooms: LiveKitRooms, call: Call) -> None:
    assert call.id in rooms.names()
    rooms.close(call.id)
    assert call.id not in rooms.names()


def test_a_server_that_is_away_is_told_within_its_bound(settings: LiveKitSettings) -> None:
    nowhere = settings.model_copy(update={"livekit_url": f"ws://127.0.0.1:{free_port()}"})
    began = time.monotonic()
    with rooms_at(nowhere) as rooms:
        with pytest.raises(RoomNotOpened):
            rooms.open(dispatch_of(a_call()))
        with pytest.raises(RoomNotClosed):
            rooms.close("call-1")
        with pytest.raises(RoomsUnknown):
            rooms.names()
        with pytest.raises(AgentNotSent):
            rooms.send_agent("call-1", dispatch_of(a_call()))
    assert time.monotonic() - began < 4 * TIMEOUT_S + 1


def test_a_refused_key_is_told(settings: LiveKitSettings) -> None:
    stranger = settings.model_copy(update={"livekit_api_key": "another"})
    with rooms_at(stranger) as rooms:
        with pytest.raises(RoomNotOpened):
            rooms.open(dispatch_of(a_call()))
        with pytest.raises(RoomsUnknown):
            rooms.names()


def test_one_connection_is_kept_for_all_that_follows_and_threads_may_share_the_rooms(
    line: Line, settings: LiveKitSettings
) -> None:
    with rooms_at(through(line, settings)) as rooms:
        for n in range(4):
            rooms.open(dispatch_of(a_call(f"kept-{n}")))
        assert line.connections == 1
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: rooms.open(dispatch_of(a_call(f"kept-{n}"))), range(4, 12)))
        assert {f"kept-{n}" for n in range(12)} <= rooms.names()
        assert line.connections <= 8


def test_a_kept_connection_that_turns_out_to_be_gone_costs_nobody_a_room(line: Line, settings: LiveKitSettings) -> None:
    with rooms_at(through(line, settings)) as rooms:
        rooms.open(dispatch_of(a_call("before")))
        line.hang_up_when_used()
        rooms.open(dispatch_of(a_call("afterwards")))
        assert "afterwards" in rooms.names()
        assert line.connections == 2


async def test_a_caller_may_speak_and_publish_nothing_else(settings: LiveKitSettings, call: Call) -> None:
    async with joined(caller_pass(call, settings)) as caller:
        await publish(caller, rtc.TrackSource.SOURCE_MICROPHONE)
        (granted,) = await permissions(settings, call)
    assert list(granted.can_publish_sources) == [TrackSource.MICROPHONE]
    assert granted.can_subscribe
    assert not (granted.can_publish_data or granted.can_update_metadata or granted.hidden or granted.agent)


async def test_a_camera_is_not_let_in(settings: LiveKitSettings, call: Call) -> None:
    async with joined(caller_pass(call, settings)) as caller:
        with pytest.raises((rtc.participant.PublishTrackError, TimeoutError)):
            await publish(caller, rtc.TrackSource.SOURCE_CAMERA, within_s=1)


async def test_a_listener_hears_and_is_not_seen(settings: LiveKitSettings, call: Call) -> None:
    async with (
        joined(caller_pass(call, settings)) as caller,
        joined(listener_pass(call, "ana", settings, nonce="1")) as listener,
    ):
        heard = asyncio.Event()
        listener.on("track_subscribed", lambda *_: heard.set())
        await publish(caller, rtc.TrackSource.SOURCE_MICROPHONE)
        await asyncio.wait_for(heard.wait(), 5)
        assert list(listener.remote_participants) == [call.caller_identity]
        assert caller.remote_participants == {}
        with pytest.raises((rtc.participant.PublishTrackError, TimeoutError)):
            await publish(listener, rtc.TrackSource.SOURCE_MICROPHONE, within_s=1)
