"""Calls from front ends that are not ours: LiveKit's playground, or an app whose server makes its own tokens.

Nobody announced such a call, so the room says which voice agent is meant: its name has the form
`call_{organisation}_{voice agent}_{anything}`, or the settings name a default, which is for development. The webhook
and the job may both try to open it; whoever creates its document answers it.

Only who holds LiveKit's secret can open a room of such a name or let anybody into it, so the name is as good as a
signature; what else stands in the room, its metadata too, decides nothing. A room of ours is never taken for one: a
visitor may still hold a token for it when it is over.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from holdline.call import Call, CallKind
from holdline.errors import AlreadyExists
from holdline.records import checked_id
from holdline.store import Create, Store
from holdline.voice_agent import on_duty

OUR_ROOMS = ("phone-", "web-")
"""How the names of the rooms begin that our own doors open."""
CALLER = "front end"

_ID = r"([A-Za-z0-9][A-Za-z0-9.-]{0,199})"
_NAME = re.compile(f"call_{_ID}_{_ID}_.+")


@dataclass(frozen=True)
class Line:
    """Whom a front end wants to talk to."""

    org: str
    voice_agent: str

    @classmethod
    def of(cls, written: str) -> "Line":
        """From `organisation/voice agent`; raises ValueError."""
        org, _, voice_agent = written.partition("/")
        try:
            return cls(checked_id(org), checked_id(voice_agent))
        except ValueError:
            raise ValueError("must be organisation/voice-agent, such as luxe-beauty-salon/front-desk") from None


def line_of(room: str, *, default: str | None) -> Line | None:
    """Whom somebody in the room of this name wants; None for a room that is no front end's.

    Organisation and voice agent are written with letters, digits, hyphens and dots, so that the name has one reading.
    """
    if room.startswith(OUR_ROOMS):
        return None
    if found := _NAME.fullmatch(room):
        return Line(found[1], found[2])
    return Line.of(default) if default else None


def call_id(room_sid: str) -> str:
    """A name is used again, for the next call; LiveKit's own id of a room is not."""
    return f"room-{room_sid}"


def open_call(store: Store, line: Line, *, room: str, room_sid: str, at: datetime) -> Call | None:
    """Open the call of this room, or return None where that has been done: its agent is somebody else's affair.

    Raises NoVoiceAgent where there is no such voice agent or it is switched off, and Unavailable.
    """
    duty = on_duty(store, line.voice_agent, at=at)
    call = Call(
        id=call_id(room_sid),
        kind=CallKind.FRONT_END,
        caller=CALLER,
        caller_identity=None,
        line=line.voice_agent,
        room=room,
        voice_agent=duty.voice_agent.id,
        voice_agent_version=duty.version,
        opened_by=room_sid,
        started_at=at,
        delete_at=duty.organisation.keeps_until(at),
    )
    try:
        store.commit(Create(call))
    except AlreadyExists:
        return None
    return call
