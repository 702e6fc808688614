"""Firestore tells that a help request was written: take in a late answer from the console, and learn what is answered.

The event only says where to look: events come twice and out of order, so the document is read as it stands now.
Returning means "never again", raising means "again": storage that fails, and what is no event of ours.
"""

import logging
import re

from cloudevents.http.event import CloudEvent
from werkzeug.exceptions import BadRequest

from functions.context import Context
from holdline import desk
from holdline.call import Call
from holdline.config import organisation_in_force
from holdline.errors import HoldlineError, NotFound, StoreError
from holdline.help_request import HelpRequest
from holdline.logs import about
from holdline.records import checked_id
from holdline.store import Store, must_get

log = logging.getLogger(__name__)

EVENT_TYPES = "google.cloud.firestore.document.v1."

_DOCUMENT = re.compile(r"(?:documents/)?orgs/([^/]+)/help_requests/([^/]+)")


def take_in_write(event: CloudEvent, context: Context) -> None:
    """Raises BadRequest for what is no event of ours, and StoreError."""
    org, request_id = written_document(event)
    about(org=org)
    store = context.database.for_org(org)
    try:
        request = _with_late_answer(store, request_id, context)
        about(call=request.call, org=org)
        if request.accepted_answer is None:
            return  # nobody has answered yet
        from holdline.learning import learn  # the other functions share this start, and need none of what it brings

        zone = organisation_in_force(store, org, at=context.now()).zone
        entry = learn(store, request, tz=zone, at=context.now())
    except StoreError:
        log.error("request %s of %s could not be learned: storage fails", request_id, org)
        raise
    except NotFound:
        return  # deleted since
    except HoldlineError as error:  # a broken document stays broken until a person repairs it, which is a new event
        log.error("request %s of %s could not be learned: %s", request_id, org, type(error).__name__)
        return
    if entry is not None:
        log.info("request %s of %s became knowledge (%s, %s)", request_id, org, entry.review, entry.scope)


def written_document(event: CloudEvent) -> tuple[str, str]:
    """The organisation and the help request that were written; raises BadRequest."""
    from google.events.cloud.firestore import DocumentEventData
    from google.protobuf.message import DecodeError

    where = event.get("document") or event.get("subject") or ""
    named = _DOCUMENT.fullmatch(where) if str(event["type"]).startswith(EVENT_TYPES) else None
    data = event.get_data()
    if named is None or not isinstance(data, bytes):
        raise BadRequest("This is not the event of a help request.")
    try:
        body = DocumentEventData.deserialize(data)
    except DecodeError:
        raise BadRequest("The event's data is not what Firestore sends.") from None
    written = str(body.value.name or body.old_value.name)
    if not written.endswith(f"/documents/{where.removeprefix('documents/')}"):
        raise BadRequest("The event's data is of another document.")
    try:
        return checked_id(named[1]), checked_id(named[2])
    except ValueError:
        raise BadRequest("No document can be where this event says.") from None


def _with_late_answer(store: Store, request_id: str, context: Context) -> HelpRequest:
    request = must_get(store, HelpRequest, request_id).record
    if not request.has_hand_written_answer:
        return request
    call = store.get(Call, request.call)
    if call is not None and call.record.is_live:
        return request  # the worker that has the call takes it in
    return desk.accept_hand_written_answer(store, request_id, is_call_over=True, at=context.now())
