"""The back door to a LiveKit server, for a test that puts a call and its people there as our own servers would."""

from dataclasses import dataclass
from typing import Literal

from livekit import api

from holdline.call import Call, Dispatch


@dataclass(frozen=True)
class Door:
    """A LiveKit server and the key to it, as the ready file names them."""

    url: str
    api_key: str
    api_secret: str

    def token(
        self,
        room: str,
        identity: str,
        *,
        kind: Literal["standard", "sip"] = "standard",
        phone_number: str | None = None,
    ) -> str:
        """Entry to one room, as a browser or as somebody on the telephone."""
        grants = api.VideoGrants(room_join=True, room=room, can_publish_data=False)
        token = api.AccessToken(self.api_key, self.api_secret).with_identity(identity).with_kind(kind)
        if phone_number is not None:
            token = token.with_attributes({"sip.phoneNumber": phone_number})
        return token.with_grants(grants).to_jwt()

    async def open_room(self, call: Call, *, org: str, agent_name: str = "holdline") -> None:
        """The room of this call, with an agent on its way to it."""
        dispatch = Dispatch.to(call, org=org).model_dump_json()
        agent = api.RoomAgentDispatch(agent_name=agent_name, metadata=dispatch)
        async with api.LiveKitAPI(self.url, self.api_key, self.api_secret) as livekit:
            await livekit.room.create_room(api.CreateRoomRequest(name=call.id, metadata=dispatch, agents=[agent]))
