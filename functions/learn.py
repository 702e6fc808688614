"""Firestore tells that a help request was written: take in a late answer from the console, learn what is answered, and
remember how long it took.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from cloudevents.http.event import CloudEvent

from functions.context import Context
from functions.written import written_document
from holdline import answer_times, desk
from holdline.call import Call
from holdline.config import organisation_in_force
from holdline.errors import HoldlineError, NotFound, StoreError
from holdline.help_request import LIVE, HelpRequest, Status
from holdline.logs import about
from holdline.store import Store, must_get

log = logging.getLogger(__name__)

T = TypeVar("T")


def take_in_write(event: CloudEvent, context: Context) -> None:
    """Raises BadRequest for what is no event of ours, and StoreError."""
    org, request_id = written_document(event)
    about(org=org)
    store = context.database.for_org(org)
    request = _unless_broken("taken in", request_id, lambda: _with_late_answer(store, request_id, context))
    if request is None:
        return
    about(call=request.call, org=org)
    _unless_broken("learned", request_id, lambda: _learn(store, org, request, at=context.now()))
    _unless_broken("counted in the answer times", request_id, lambda: answer_times.remember(store, request))


def _unless_broken(done: str, request_id: str, do: Callable[[], T]) -> T | None:
    """A broken document stays broken until a person repairs it, which is a new event; what storage did not do is asked
    for again: raises StoreError."""
    try:
        return do()
    except StoreError:
        log.error("request %s could not be %s: storage fails", request_id, done)
        raise
    except NotFound:
        return None  # deleted since
    except HoldlineError as error:
        log.error("request %s could not be %s: %s", request_id, done, type(error).__name__)
        return None


def _learn(store: Store, org: str, request: HelpRequest, *, at: datetime) -> None:
    if request.accepted_answer is None:
        return  # nobody has answered yet
    from holdline.learning import learn  # the other functions share this start, and need none of what it brings

    entry = learn(store, request, tz=organisation_in_force(store, org, at=at).zone, at=at)
    if entry is not None:
        log.info("request %s of %s became knowledge (%s, %s)", request.id, org, entry.review, entry.scope)


def _with_late_answer(store: Store, request_id: str, context: Context) -> HelpRequest:
    request = must_get(store, HelpRequest, request_id).record
    if not request.has_hand_written_answer:
        return request
    call = store.get(Call, request.call)
    if request.status in (*LIVE, Status.DELIVERED) and call is not None and call.record.is_live:
        return request  # the worker that has the call takes it in
    return desk.accept_hand_written_answer(store, request_id, is_call_over=True, at=context.now())
