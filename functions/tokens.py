"""Tokens for one room: the least that a caller and a listener need, for the minutes that it takes to connect.

A connection outlives its token; the time limits how long a stolen one opens the door.
"""

from datetime import timedelta
from typing import Any

from livekit.api import AccessToken, VideoGrants

from holdline.call import Call
from holdline.settings import LiveKitSettings

LASTS = timedelta(minutes=10)


def caller_pass(call: Call, settings: LiveKitSettings) -> dict[str, Any]:
    """To speak and to hear. The transcript comes to subscribers, so it needs no grant of its own."""
    if call.caller_identity is None:
        raise ValueError("a front end lets its own callers in")
    grants = VideoGrants(
        room_join=True,
        room=call.room_name,
        can_publish=True,
        can_publish_sources=["microphone"],
        can_subscribe=True,
        can_publish_data=False,
    )
    return _pass(call, call.caller_identity, grants, settings)


def listener_pass(call: Call, uid: str, settings: LiveKitSettings, *, nonce: str) -> dict[str, Any]:
    """To hear, unseen. The nonce lets one person listen in two windows: a second equal identity ends the first."""
    grants = VideoGrants(
        room_join=True, room=call.room_name, hidden=True, can_publish=False, can_subscribe=True, can_publish_data=False
    )
    return _pass(call, f"listener-{uid}-{nonce}", grants, settings)


def _pass(call: Call, identity: str, grants: VideoGrants, settings: LiveKitSettings) -> dict[str, Any]:
    token = (
        AccessToken(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
        .with_identity(identity)
        .with_grants(grants)
        .with_ttl(LASTS)
    )
    return {
        "call": call.id,
        "room": call.room_name,
        "url": settings.livekit_url,
        "token": token.to_jwt(),
        "identity": identity,
    }
