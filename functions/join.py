"""A token for a call that is under way: its caller comes back, or one of the organisation's people listens in."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from functions.binding import binding_of
from functions.context import Context
from functions.identity import Visitor
from functions.json_api import Body, Refused
from functions.tokens import caller_pass, listener_pass
from holdline.call import Call
from holdline.logs import about
from holdline.people import E164
from holdline.records import checked_id


class JoinAs(StrEnum):
    LISTENER = "listener"
    CALLER = "caller"


class JoinToken(Body):
    call: Annotated[str, AfterValidator(checked_id)]
    join_as: Annotated[JoinAs, Field(alias="as", strict=False)]
    number: E164 | None = None
    """The line that a visitor without an organisation rang: it tells where the call is kept."""


def join_call(wanted: JoinToken, visitor: Visitor, context: Context) -> dict[str, Any]:
    if wanted.join_as is JoinAs.LISTENER and visitor.role is None:
        raise Refused("forbidden", "Only an organisation's own people may listen to its calls.")
    call = _call(wanted, visitor, context)
    if call is None or (wanted.join_as is JoinAs.CALLER and call.opened_by != visitor.uid):
        raise Refused("not_found", "There is no such call.")
    if not call.is_live:
        raise Refused("conflict", "The call is over.")
    if wanted.join_as is JoinAs.LISTENER:
        return listener_pass(call, visitor.uid, context.settings, nonce=context.new_id()[:8])
    return caller_pass(call, context.settings)


def _call(wanted: JoinToken, visitor: Visitor, context: Context) -> Call | None:
    org = visitor.org
    if wanted.join_as is JoinAs.CALLER and wanted.number is not None:
        number = binding_of(wanted.number, context.database, at=context.now())
        org = number.org if number else None
    if org is None:
        raise Refused("bad_request", "number: say which line the call is on.")
    about(call=wanted.call, org=org)
    stored = context.database.for_org(org).get(Call, wanted.call)
    return stored.record if stored else None
