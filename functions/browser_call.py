"""A browser calls a line: one that takes web calls for anybody signed in, any of their own for its people."""

from datetime import timedelta
from typing import Any

from functions.calls import LineClosed, open_call
from functions.context import Context
from functions.identity import Visitor
from functions.json_api import Body, Refused
from functions.tokens import caller_pass
from holdline.call import Call, CallKind
from holdline.people import E164, PhoneNumber
from holdline.store import Query

LIVE_CALLS = 3
"""How many calls one visitor may have at once."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""A call this old no longer counts: news of its end may have been lost, and must not lock its visitor out."""


class CreateRoom(Body):
    number: E164
    rehearsal: bool = False


def open_browser_call(wanted: CreateRoom, visitor: Visitor, context: Context) -> dict[str, Any]:
    number = _permitted(wanted, visitor, context)
    _refuse_too_many(number.org, visitor, context)
    try:
        call = open_call(
            context,
            number,
            call_id=f"web-{context.new_id()}",
            kind=CallKind.REHEARSAL if wanted.rehearsal else CallKind.BROWSER,
            caller="browser",
            caller_identity=f"caller-{visitor.uid}",
            opened_by=visitor.uid,
        )
    except LineClosed:
        raise Refused("conflict", "Nobody can take a call on this line right now.") from None
    return caller_pass(call, context.settings)


def _permitted(wanted: CreateRoom, visitor: Visitor, context: Context) -> PhoneNumber:
    stored = context.database.platform.get(PhoneNumber, wanted.number)
    number = stored.record if stored else None
    is_own = number is not None and visitor.role is not None and visitor.org == number.org
    if wanted.rehearsal and not is_own:
        raise Refused("forbidden", "Only the line's own people may rehearse on it.")
    if number is None or not (number.web_calls or is_own):
        raise Refused("not_found", "There is no line with this number that takes calls from a browser.")
    return number


def _refuse_too_many(org: str, visitor: Visitor, context: Context) -> None:
    calls = context.database.for_org(org).find(Query(Call, {"opened_by": visitor.uid, "ended_at": None}))
    since = context.now() - FORGOTTEN_AFTER
    if sum(call.started_at > since for call in calls.records) >= LIVE_CALLS:
        raise Refused("too_many_calls", f"You have {LIVE_CALLS} calls open already. End one first.")
