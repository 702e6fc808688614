"""The port to LiveKit's rooms from the worker itself, which is in none of them, and its adapter."""

from typing import Protocol

import aiohttp
from livekit.api import (
    CreateAgentDispatchRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    LiveKitAPI,
    RoomParticipantIdentity,
    TwirpError,
    TwirpErrorCode,
)
from livekit.protocol.models import ParticipantInfo

from holdline.call import Dispatch
from holdline.errors import HoldlineError
from holdline.settings import LiveKitSettings

TIMEOUT_S = 3.0


class RoomsUnreachable(HoldlineError):
    """LiveKit refused, or did not answer within its bound."""


class Rooms(Protocol):
    """Each raises RoomsUnreachable."""

    async def agents(self, room: str) -> frozenset[str] | None:
        """The identities of the agents in a room; None where there is no such room."""
        ...

    async def remove(self, room: str, identity: str) -> None:
        """Put somebody out, at once and without a word; who is gone already is out."""
        ...

    async def send_agent(self, room: str, dispatch: Dispatch) -> None: ...

    async def close(self, room: str) -> None:
        """Close a room, whoever is in it."""
        ...


class LiveKitRooms:
    """Needs a running event loop; `aclose` when done."""

    def __init__(self, settings: LiveKitSettings) -> None:
        self._agent_name = settings.agent_name
        self._api = LiveKitAPI(
            settings.livekit_url,
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            failover=False,
        )

    async def agents(self, room: str) -> frozenset[str] | None:
        try:
            found = await self._api.room.list_participants(ListParticipantsRequest(room=room))
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            if _is_missing(error):
                return None
            raise RoomsUnreachable(f"LiveKit did not say who is in the room ({type(error).__name__}).") from error
        return frozenset(one.identity for one in found.participants if one.kind == ParticipantInfo.Kind.AGENT)

    async def remove(self, room: str, identity: str) -> None:
        try:
            await self._api.room.remove_participant(RoomParticipantIdentity(room=room, identity=identity))
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            if not _is_missing(error):
                raise RoomsUnreachable(f"LiveKit put nobody out ({type(error).__name__}).") from error

    async def send_agent(self, room: str, dispatch: Dispatch) -> None:
        request = CreateAgentDispatchRequest(
            agent_name=self._agent_name, room=room, metadata=dispatch.model_dump_json()
        )
        try:
            await self._api.agent_dispatch.create_dispatch(request)
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RoomsUnreachable(f"LiveKit did not take the dispatch ({type(error).__name__}).") from error

    async def close(self, room: str) -> None:
        try:
            await self._api.room.delete_room(DeleteRoomRequest(room=room))
        except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
            if not _is_missing(error):
                raise RoomsUnreachable(f"LiveKit did not close the room ({type(error).__name__}).") from error

    async def aclose(self) -> None:
        await self._api.aclose()


def _is_missing(error: Exception) -> bool:
    return isinstance(error, TwirpError) and error.code == TwirpErrorCode.NOT_FOUND
