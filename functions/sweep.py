"""The net under events that get lost: ends the calls whose room is gone, and the questions that ran out of time.

LiveKit does not promise its webhooks, and a worker may die with its call. This looks at what stands, once a minute, and
asks for the same that an event would have asked for; what ends a call or a question is decided in `holdline.line`.
"""

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Request, Response

from functions.context import Context
from functions.json_api import Refused, refused
from functions.rooms import RoomsUnknown
from holdline import line
from holdline.call import Call, CallKind, Outcome
from holdline.errors import HoldlineError, IllegalTransition, NotFound
from holdline.help_request import OPEN, HelpRequest
from holdline.logs import about
from holdline.people import Organisation, PhoneNumber
from holdline.store import Query, Store

log = logging.getLogger(__name__)

SETTLES_WITHIN = timedelta(minutes=2)
"""A call is older than this before a missing room counts: its room may still be on its way."""
CONSOLE_IS_OVER_AFTER = timedelta(hours=4)
"""A call that is typed in a terminal has no room to look for; nobody types for longer."""
WORKER_GOES_FIRST = timedelta(seconds=30)
"""The worker that has the call ends a question in time, and tells the caller; this is for where there is none."""
AT_ONCE = 200
"""Documents of an organisation that are looked at in one go, the oldest first."""
TIME_ENOUGH = timedelta(seconds=40)


@dataclass
class Swept:
    closed: int = 0
    expired: int = 0
    failures: list[str] = field(default_factory=list)
    """Of what kind; what failed now is tried again in a minute."""


def sweep_all(request: Request, context: Context) -> Response:
    """What was done, as JSON; 503 where something failed, so that the scheduler's log shows it."""
    if request.method != "POST":
        return refused(Refused("method_not_allowed", "Use POST."))
    swept = Swept()
    try:
        rooms: frozenset[str] | None = context.rooms.names()
    except RoomsUnknown as error:
        log.error("which rooms there are is not known, so no call is ended: %s", error)
        swept.failures.append(type(error).__name__)
        rooms = None
    begun = context.now()
    try:
        for org in in_turn(organisations(context.database.platform), at=begun):
            if context.now() - begun > TIME_ENOUGH:
                swept.failures.append("TimeRanOut")
                break
            _sweep(context.database.for_org(org), rooms, swept, at=begun)
    except HoldlineError as error:
        log.error("the organisations are not known: %s", type(error).__name__)
        swept.failures.append(type(error).__name__)
    body = {"closed": swept.closed, "expired": swept.expired, "failures": swept.failures}
    return Response(json.dumps(body), status=503 if swept.failures else 200, mimetype="application/json")


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


def _sweep(store: Store, rooms: frozenset[str] | None, swept: Swept, *, at: datetime) -> None:
    """One organisation; what fails there does not keep the others waiting."""
    about(org=store.org)
    try:
        if rooms is not None:
            swept.closed += _close_calls(store, rooms, at=at)
        swept.expired += _expire_questions(store, at=at)
    except HoldlineError as error:
        log.error("an organisation could not be swept to its end: %s", type(error).__name__)
        swept.failures.append(type(error).__name__)


def _close_calls(store: Store, rooms: frozenset[str], *, at: datetime) -> int:
    live = store.find(Query(Call, {"ended_at": None}, order_by="started_at", limit=AT_ONCE)).records
    gone = [call for call in live if _is_gone(call, rooms, at=at)]
    for call in gone:
        about(call=call.id, org=store.org)
        outcome = Outcome.CALLER_LEFT if call.answered_at else Outcome.NOT_CONNECTED
        line.close(store, call.id, outcome=outcome, detail="the room is gone", at=at)
        log.warning("the call is closed, since its room is gone and nobody said so")
    return len(gone)


def _is_gone(call: Call, rooms: frozenset[str], *, at: datetime) -> bool:
    age = at - call.started_at
    if call.kind is CallKind.CONSOLE:
        return age > CONSOLE_IS_OVER_AFTER
    return call.room_name not in rooms and age > SETTLES_WITHIN


def _expire_questions(store: Store, *, at: datetime) -> int:
    waiting = store.find(Query(HelpRequest, {"status": OPEN}, order_by="expires_at", limit=AT_ONCE)).records
    expired = 0
    for request in waiting:
        if at - request.expires_at <= WORKER_GOES_FIRST:
            break  # all that follow run out later
        about(call=request.call, org=store.org)
        try:
            line.expire(store, request.id, at=at)
        except (IllegalTransition, NotFound):  # answered, or deleted, in this moment
            continue
        expired += 1
        log.warning("request %s: expired, since no worker did", request.id)
    return expired
