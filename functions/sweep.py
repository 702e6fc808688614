"""The net under events that get lost: ends the calls whose room is gone, and sees to the questions that nobody does.

LiveKit does not promise its webhooks, and a worker may die with its call. This looks at what stands, once a minute, and
asks for the same that an event would have asked for; what ends a call is decided in `holdline.line`.
"""

import json
import logging
from datetime import datetime, timedelta

from flask import Request, Response

from functions.context import Context
from functions.json_api import Refused, refused
from functions.rooms import RoomsUnknown
from functions.sweep_questions import sweep_questions
from functions.swept import AT_ONCE, SETTLES_WITHIN, Swept, TimeRanOut
from holdline import line
from holdline.call import Call, CallKind, Outcome
from holdline.errors import HoldlineError
from holdline.logs import about
from holdline.people import Organisation, PhoneNumber
from holdline.store import Query, Store

log = logging.getLogger(__name__)

CONSOLE_IS_OVER_AFTER = timedelta(hours=4)
"""A call that is typed in a terminal has no room to look for; nobody types for longer."""


def sweep_all(request: Request, context: Context) -> Response:
    """What was done, as JSON; 503 where something failed, so that the scheduler's log shows it."""
    if request.method != "POST":
        return refused(Refused("method_not_allowed", "Use POST."))
    swept = Swept(begun=context.now(), now=context.now)
    try:
        rooms: frozenset[str] | None = context.rooms.names()
    except RoomsUnknown as error:
        log.error("which rooms there are is not known, so no call is ended: %s", error)
        swept.failures.append(type(error).__name__)
        rooms = None
    try:
        for org in in_turn(organisations(context.database.platform), at=swept.begun):
            swept.go_on()
            _sweep(context.database.for_org(org), rooms, context, swept)
    except TimeRanOut as error:
        swept.failures.append(type(error).__name__)
    except HoldlineError as error:
        log.error("the organisations are not known: %s", type(error).__name__)
        swept.failures.append(type(error).__name__)
    body = json.dumps(swept.figures)
    return Response(body, status=503 if swept.failures else 200, mimetype="application/json")


def organisations(platform: Store) -> list[str]:
    """Those that have a document, broken or not, and those that a number leads to; raises Unavailable."""
    documents = platform.find(Query(Organisation))
    named = {organisation.id for organisation in documents.records}
    broken = {error.path.rpartition("/")[2] for error in documents.invalid}
    rung = {number.org for number in platform.find(Query(PhoneNumber)).records}
    return sorted(named | broken | rung)


def in_turn(orgs: list[str], *, at: datetime) -> list[str]:
    """Beginning with another one each minute, so that time does not always run out on the same."""
    first = int(at.timestamp() // 60) % len(orgs) if orgs else 0
    return [*orgs[first:], *orgs[:first]]


def _sweep(store: Store, rooms: frozenset[str] | None, context: Context, swept: Swept) -> None:
    """One organisation; what fails there does not keep the others waiting. Raises TimeRanOut."""
    about(org=store.org)
    try:
        if rooms is not None:
            _close_calls(store, rooms, swept)
        sweep_questions(store, context, swept)
    except HoldlineError as error:
        log.error("an organisation could not be swept to its end: %s", type(error).__name__)
        swept.failures.append(type(error).__name__)


def _close_calls(store: Store, rooms: frozenset[str], swept: Swept) -> None:
    live = store.find(Query(Call, {"ended_at": None}, order_by="started_at", limit=AT_ONCE)).records
    for call in live:
        if not _is_gone(call, rooms, at=swept.begun):
            continue
        swept.go_on()
        about(call=call.id, org=store.org)
        outcome = Outcome.CALLER_LEFT if call.answered_at else Outcome.NOT_CONNECTED
        line.close(store, call.id, outcome=outcome, detail="the room is gone", at=swept.begun)
        swept.closed += 1
        log.warning("the call is closed, since its room is gone and nobody said so")


def _is_gone(call: Call, rooms: frozenset[str], *, at: datetime) -> bool:
    age = at - call.started_at
    if call.kind is CallKind.CONSOLE:
        return age > CONSOLE_IS_OVER_AFTER
    return call.room_name not in rooms and age > SETTLES_WITHIN
