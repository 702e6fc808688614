"""Firestore tells that a help request was written: send the text that it asks for, if it asks for one.

Most of these events ask for none, which one read tells. What is texted, and that it is texted once, is decided in
`holdline.texting`.
"""

import logging
from urllib.parse import urlencode

from cloudevents.http.event import CloudEvent

from functions.context import Context
from functions.messages import NO_ACCOUNT, MaybeSent, NotSent
from functions.written import written_document
from holdline import texting
from holdline.call import Call
from holdline.config import organisation_in_force
from holdline.errors import HoldlineError, InvalidDocument, NotFound, StoreError
from holdline.help_request import HelpRequest
from holdline.logs import about
from holdline.people import PhoneNumber
from holdline.store import Query, Store, must_get

log = logging.getLogger(__name__)

NO_NUMBER = "The organisation has no phone number to text from: put one into service with `holdline number bind`."


def send_due_text(event: CloudEvent, context: Context) -> None:
    """Raises BadRequest for what is no event of ours, and StoreError."""
    org, request_id = written_document(event)
    about(org=org)
    store = context.database.for_org(org)
    try:
        request = must_get(store, HelpRequest, request_id).record
        about(call=request.call, org=org)
        if texting.due(request) is not None:
            _send(store, request, context)
    except StoreError:
        log.error("request %s of %s: its text could not be seen to: storage fails", request_id, org)
        raise
    except NotFound:
        return  # deleted since
    except HoldlineError as error:  # a broken document stays broken until a person repairs it, which is a new event
        log.error("request %s of %s: its text could not be seen to: %s", request_id, org, type(error).__name__)


def sender_of(request: HelpRequest, store: Store, context: Context) -> str | None:
    """The number that the caller rang, else the first that leads to the organisation; raises Unavailable."""
    try:
        call = store.get(Call, request.call)
    except InvalidDocument:
        call = None
    if call is not None and call.record.line.startswith("+"):
        return call.record.line
    bound = context.database.platform.find(Query(PhoneNumber, {"org": store.org})).records
    return bound[0].id if bound else None


def news_address(text: texting.Outgoing, store: Store, context: Context) -> str:
    """Where Twilio tells what becomes of this text; it signs over the whole address, which says what the text is."""
    about_it = {"org": store.org, "request": text.request, "text": text.which.value, "at": text.at.isoformat()}
    return f"{context.settings.functions_url.rstrip('/')}/twilio_message?{urlencode(about_it)}"


def _send(store: Store, request: HelpRequest, context: Context) -> None:
    organisation = organisation_in_force(store, store.org or "", at=context.now())
    sender, messages = sender_of(request, store, context), context.messages
    obstacle = NO_ACCOUNT if messages is None else NO_NUMBER if sender is None else None
    text = texting.claim(store, request.id, organisation=organisation, obstacle=obstacle, at=context.now())
    if text is None or messages is None or sender is None:
        log.info("request %s: no text to send, or none that can be", request.id)  # why, stands beside the request
        return
    try:
        sid = messages.send(text.words, to=text.to, sender=sender, tell=news_address(text, store, context))
    except NotSent as failure:
        texting.not_sent(store, text, problem=str(failure), may_repeat=failure.may_repeat)
        log.error("request %s: the %s was not sent", request.id, text.which)
    except MaybeSent as failure:
        problem = f"{failure} So {texting.NOT_KNOWN}."
        texting.not_sent(store, text, problem=problem, may_repeat=True, may_have_arrived=True)
        log.error("request %s: of the %s, %s", request.id, text.which, texting.NOT_KNOWN)
    else:
        texting.sent(store, text, sid=sid, at=context.now())
        log.info("request %s: the %s was sent", request.id, text.which)
