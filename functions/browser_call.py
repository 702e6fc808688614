"""A browser calls a line: one that takes web calls for anybody signed in, any of their own for its people."""

from datetime import timedelta
from typing import Any

from functions.binding import RungNumber
from functions.calls import open_call
from functions.context import Context
from functions.identity import Visitor
from functions.json_api import Body, Refused
from functions.tokens import caller_pass
from holdline.call import Call, CallKind
from holdline.errors import NoVoiceAgent
from holdline.people import E164, PhoneNumber
from holdline.store import Found, Query

LIVE_CALLS = 3
"""How many calls one visitor may have at once."""
LIVE_CALLS_OF_A_LINE = 4
"""How many visitors a line takes at once: whoever makes up visitors must not take the workers from the phone."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""A call this old no longer counts: news of its end may have been lost, and must not lock anybody out."""


class CreateRoom(Body):
    number: E164
    rehearsal: bool = False


def open_browser_call(wanted: CreateRoom, visitor: Visitor, context: Context) -> dict[str, Any]:
    rung = _permitted(wanted, visitor, context)
    _refuse_too_many(rung.number, visitor, context)
    try:
        call = open_call(
            context,
            rung,
            call_id=f"web-{context.new_id()}",
            kind=CallKind.REHEARSAL if wanted.rehearsal else CallKind.BROWSER,
            caller="browser",
            caller_identity=f"caller-{visitor.uid}",
            opened_by=visitor.uid,
        )
    except NoVoiceAgent:
        raise Refused("conflict", "Nobody can take a call on this line right now.") from None
    return caller_pass(call, context.settings)


def _permitted(wanted: CreateRoom, visitor: Visitor, context: Context) -> RungNumber:
    rung = context.lines.rung(wanted.number, at=context.now())
    is_own = rung is not None and visitor.role is not None and visitor.org == rung.number.org
    if wanted.rehearsal and not is_own:
        raise Refused("forbidden", "Only the line's own people may rehearse on it.")
    if rung is None or not (rung.number.web_calls or is_own):
        raise Refused("not_found", "There is no line with this number that takes calls from a browser.")
    return rung


def _refuse_too_many(number: PhoneNumber, visitor: Visitor, context: Context) -> None:
    """Counted, not reserved: calls that are opened in the same instant may pass together."""
    store = context.database.for_org(number.org)
    own = store.find(Query(Call, {"opened_by": visitor.uid, "ended_at": None}))
    if _remembered(own, context) >= LIVE_CALLS:
        raise Refused("too_many_calls", f"You have {LIVE_CALLS} calls open already. End one first.")
    if visitor.org == number.org:
        return  # its own people are known by name
    on_the_line = store.find(Query(Call, {"line": number.id, "kind": CallKind.BROWSER, "ended_at": None}))
    if _remembered(on_the_line, context) >= LIVE_CALLS_OF_A_LINE:
        raise Refused("conflict", "This line takes no more calls from browsers right now. Try again in a moment.")


def _remembered(calls: Found[Call], context: Context) -> int:
    since = context.now() - FORGOTTEN_AFTER
    return sum(call.started_at > since for call in calls.records)
