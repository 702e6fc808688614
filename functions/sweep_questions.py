"""The sweep's part for help requests: what no worker expired, ended or asked the next one, and texts that got stuck.

The worker that has the call does all of it sooner; this is for where there is none. What each of it means is decided in
`holdline.line` and `holdline.texting`.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from functions.context import Context
from functions.swept import AT_ONCE, SETTLES_WITHIN, Swept
from holdline import line, presence, texting
from holdline.call import Call
from holdline.config import organisation_in_force
from holdline.duty import NobodyToText, person_on_duty
from holdline.errors import IllegalTransition, InvalidDocument, NotFound
from holdline.help_request import LIVE, OPEN, HelpRequest
from holdline.ladder import is_above, rung_now
from holdline.logs import about
from holdline.people import Organisation
from holdline.presence import Presence
from holdline.store import Query, Store

log = logging.getLogger(__name__)

WORKER_GOES_FIRST = timedelta(seconds=30)
"""The worker that has the call does it in time, and tells the caller."""


def sweep_questions(store: Store, context: Context, swept: Swept) -> None:
    """One organisation's; raises StoreError, TimeRanOut."""
    desk = _Desk(store, context)
    for request in store.find(Query(HelpRequest, {"status": LIVE}, order_by="expires_at", limit=AT_ONCE)).records:
        swept.go_on()
        about(call=request.call, org=store.org)
        try:
            _see_to(request, store, desk, swept)
        except (IllegalTransition, NotFound):  # answered, or deleted, in this moment
            continue
    for request in store.find(Query(HelpRequest, {"is_texting": True}, limit=AT_ONCE)).records:
        swept.go_on()
        about(call=request.call, org=store.org)
        try:
            given_up = texting.give_up_stuck(store, request.id, at=swept.begun)
        except NotFound:
            continue
        if given_up.is_texting < request.is_texting:
            swept.texts_given_up += 1
            log.warning("request %s: a text was under way for too long", request.id)


def _see_to(request: HelpRequest, store: Store, desk: "_Desk", swept: Swept) -> None:
    at = swept.begun
    if request.status in OPEN and at - request.expires_at > WORKER_GOES_FIRST:
        line.expire(store, request.id, at=at)
        swept.expired += 1
        log.warning("request %s: expired, since no worker did", request.id)
    elif desk.has_lost_its_caller(request, swept):
        line.caller_left(store, request.id, at=at)
        swept.ended += 1
        log.warning("request %s: ended, since its call is over", request.id)
    elif request.status in OPEN and at - request.asked_at > WORKER_GOES_FIRST:
        rung = rung_now(
            skill=request.skill,
            asked_at=request.asked_at,
            ladder=desk.organisation.ladder,
            there=desk.there,
            can_text=desk.can_text and not texting.is_out_of_reach(request),
            at=at - WORKER_GOES_FIRST,
            since=request.rung,
        )
        if is_above(rung, request.rung) and line.climb(store, request.id, rung, at=at).rung is rung:
            swept.climbed += 1
            log.warning("request %s: climbed to %s, since no worker did", request.id, rung)


class _Desk:
    """What the questions of one organisation are judged by, each read once, and only if a question asks for it."""

    def __init__(self, store: Store, context: Context) -> None:
        self._store = store
        self._context = context
        self._calls: dict[str, Call | None] = {}

    @cached_property
    def organisation(self) -> Organisation:
        return organisation_in_force(self._store, self._store.org or "", at=self._context.now())

    @cached_property
    def there(self) -> Sequence[Presence] | None:
        return presence.there(self._store, at=self._context.now())

    @cached_property
    def can_text(self) -> bool:
        try:
            person_on_duty(self._store, self.organisation)
        except NobodyToText:
            return False
        return self._context.messages is not None

    def has_lost_its_caller(self, request: HelpRequest, swept: Swept) -> bool:
        """Its call is over, or not there, for so long that nobody is about to say so."""
        try:
            call = self._call(request.call)
        except InvalidDocument:
            return False  # nobody can tell
        if call is None:
            return swept.begun - request.asked_at > SETTLES_WITHIN
        return call.ended_at is not None and swept.begun - max(call.ended_at, request.asked_at) > WORKER_GOES_FIRST

    def _call(self, call_id: str) -> Call | None:
        if call_id not in self._calls:
            stored = self._store.get(Call, call_id)
            self._calls[call_id] = stored.record if stored else None
        return self._calls[call_id]
