"""The port to LiveKit's rooms, and its adapter. What a call is, and who may enter its room, is decided elsewhere."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

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

T = TypeVar("T")

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
    """Called from any thread, over connections that an event loop of its own keeps; `disconnect` when done."""

    def __init__(self, settings: LiveKitSettings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rooms", daemon=True)
        self._thread.start()
        self._api = self._on_the_loop(self._new_api())

    def open(self, dispatch: Dispatch) -> None:
        metadata = dispatch.model_dump_json()
        request = CreateRoomRequest(
            name=dispatch.call,
            metadata=metadata,
            agents=[RoomAgentDispatch(agent_name=self._settings.agent_name, metadata=metadata)],
            empty_timeout=EMPTY_TIMEOUT_S,
            departure_timeout=DEPARTURE_TIMEOUT_S,
            max_participants=MAX_PARTICIPANTS,
        )
        with _told_as(RoomNotOpened, "did not open the room"):
            self._ask(lambda: self._api.room.create_room(request))

    def send_agent(self, room: str, dispatch: Dispatch) -> None:
        request = CreateAgentDispatchRequest(
            agent_name=self._settings.agent_name, room=room, metadata=dispatch.model_dump_json()
        )
        with _told_as(AgentNotSent, "did not take the dispatch"):
            self._on_the_loop(self._dispatch(request))

    def close(self, room: str) -> None:
        with _told_as(RoomNotClosed, "did not close the room"):
            try:
                self._ask(lambda: self._api.room.delete_room(DeleteRoomRequest(room=room)))
            except TwirpError as error:
                if error.code != TwirpErrorCode.NOT_FOUND:
                    raise

    def names(self) -> frozenset[str]:
        with _told_as(RoomsUnknown, "did not name its rooms"):
            found = self._ask(lambda: self._api.room.list_rooms(ListRoomsRequest()))
            return frozenset(room.name for room in found.rooms)

    def disconnect(self) -> None:
        self._on_the_loop(self._api.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """For what may be asked twice: a connection that is kept may have gone when it is needed."""

        async def asked() -> T:
            try:
                return await question()
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                return await question()

        return self._on_the_loop(asked())

    def _on_the_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, TIMEOUT_S), self._loop).result()

    async def _dispatch(self, request: CreateAgentDispatchRequest) -> None:
        """Over a new connection, since it must not be asked twice."""
        async with await self._new_api() as api:
            await api.agent_dispatch.create_dispatch(request)

    async def _new_api(self) -> LiveKitAPI:
        return LiveKitAPI(
            self._settings.livekit_url,
            self._settings.livekit_api_key,
            self._settings.livekit_api_secret.get_secret_value(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            failover=False,
        )


@contextmanager
def _told_as(failure: type[HoldlineError], what: str) -> Iterator[None]:
    """Translate what the client raises, once."""
    try:
        yield
    except (TwirpError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise failure(f"LiveKit {what} ({type(error).__name__}).") from error
