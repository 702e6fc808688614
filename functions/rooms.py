"""The port to LiveKit's rooms, and its adapter. What a call is, and who may enter its room, is decided elsewhere."""

import asyncio
from typing import Protocol

import aiohttp
from livekit.api import (
    CreateAgentDispatchRequest,
    CreateRoomRequest,
    DeleteRoomRequest,
    ListRoomsRequest,
    LiveKitAPI,
    RoomAgentDispatch,
    TwirpError,
    TwirpErrorCode,
)

from holdline.call import Dispatch
from holdline.errors import HoldlineError
from holdline.settings import LiveKitSettings

TIMEOUT_S = 3.0
"""A caller hears nothing while we wait for the room, and Twilio gives up after 15 s in all."""
EMPTY_TIMEOUT_S = 60
"""How long a room waits for its caller: longer than the phone may ring."""
DEPARTURE_TIMEOUT_S = 20
MAX_PARTICIPANTS = 8
"""The caller, the agent and its successor, and the people who listen or take over."""


class RoomNotOpened(HoldlineError):
    """LiveKit refused, or did not answer within its bound."""


class AgentNotSent(HoldlineError):
    """LiveKit refused, or did not answer within its bound; the agent may be on its way all the same."""


class RoomNotClosed(HoldlineError):
    """LiveKit refused, or did not answer within its bound; an empty room closes by itself in a while."""


class RoomsUnknown(HoldlineError):
    """LiveKit did not say which rooms there are; none of them is gone for that."""


class Rooms(Protocol):
    def open(self, dispatch: Dispatch) -> None:
        """Open the room of this call, with an agent on its way to it; again is harmless. Raises RoomNotOpened."""
        ...

    def send_agent(self, room: str, dispatch: Dispatch) -> None:
        """Send an agent into a room that we did not open; again is one agent more. Raises AgentNotSent."""
        ...

    def close(self, room: str) -> None:
        """Close a room, whoever is in it; one that is gone already is closed. Raises RoomNotClosed."""
        ...

    def names(self) -> frozenset[str]:
        """Every room that there is, ours or not. Raises RoomsUnknown."""
        ...


class LiveKitRooms:
    def __init__(self, settings: LiveKitSettings) -> None:
        self._settings = settings

    def open(self, dispatch: Dispatch) -> None:
        try:
            asyncio.run(asyncio.wait_for(self._create(dispatch), TIMEOUT_S))
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RoomNotOpened(f"LiveKit did not open the room ({type(error).__name__}).") from error

    def send_agent(self, room: str, dispatch: Dispatch) -> None:
        try:
            asyncio.run(asyncio.wait_for(self._dispatch(room, dispatch), TIMEOUT_S))
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AgentNotSent(f"LiveKit did not take the dispatch ({type(error).__name__}).") from error

    def close(self, room: str) -> None:
        try:
            asyncio.run(asyncio.wait_for(self._delete(room), TIMEOUT_S))
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(error, TwirpError) and error.code == TwirpErrorCode.NOT_FOUND:
                return
            raise RoomNotClosed(f"LiveKit did not close the room ({type(error).__name__}).") from error

    def names(self) -> frozenset[str]:
        try:
            return asyncio.run(asyncio.wait_for(self._list(), TIMEOUT_S))
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RoomsUnknown(f"LiveKit did not name its rooms ({type(error).__name__}).") from error

    async def _create(self, dispatch: Dispatch) -> None:
        metadata = dispatch.model_dump_json()
        request = CreateRoomRequest(
            name=dispatch.call,
            metadata=metadata,
            agents=[RoomAgentDispatch(agent_name=self._settings.agent_name, metadata=metadata)],
            empty_timeout=EMPTY_TIMEOUT_S,
            departure_timeout=DEPARTURE_TIMEOUT_S,
            max_participants=MAX_PARTICIPANTS,
        )
        async with self._api() as api:
            await api.room.create_room(request)

    async def _dispatch(self, room: str, dispatch: Dispatch) -> None:
        request = CreateAgentDispatchRequest(
            agent_name=self._settings.agent_name, room=room, metadata=dispatch.model_dump_json()
        )
        async with self._api() as api:
            await api.agent_dispatch.create_dispatch(request)

    async def _delete(self, room: str) -> None:
        async with self._api() as api:
            await api.room.delete_room(DeleteRoomRequest(room=room))

    async def _list(self) -> frozenset[str]:
        async with self._api() as api:
            return frozenset(room.name for room in (await api.room.list_rooms(ListRoomsRequest())).rooms)

    def _api(self) -> LiveKitAPI:
        return LiveKitAPI(
            self._settings.livekit_url,
            self._settings.livekit_api_key,
            self._settings.livekit_api_secret.get_secret_value(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            failover=False,
        )
