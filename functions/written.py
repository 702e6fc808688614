"""The event of a written document: where it says that something was written, and that it is one at all.

What it carries is not believed: events come late, twice and out of order, so whoever is called reads the document as it
stands. Returning means "never again", raising means "again".
"""

import re

from cloudevents.http.event import CloudEvent
from werkzeug.exceptions import BadRequest

from holdline.records import checked_id

EVENT_TYPES = "google.cloud.firestore.document.v1."

_DOCUMENT = re.compile(r"(?:documents/)?orgs/([^/]+)/help_requests/([^/]+)")


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
