"""A text reaches one of our numbers: somebody of the organisation answers a caller's question by it.

News of the texts that we sent come by the same door.
"""

import logging
import re
from dataclasses import dataclass

from flask import Request, Response
from twilio.twiml.messaging_response import MessagingResponse
from werkzeug.datastructures import MultiDict

from functions.binding import binding_of
from functions.context import Context
from functions.failures import without_words
from functions.text_news import is_news, take_news
from functions.twilio_request import verified_form
from holdline.config import organisation_in_force
from holdline.errors import HoldlineError
from holdline.logs import about
from holdline.people import Person, PersonRef
from holdline.redaction import masked
from holdline.store import Query, Store
from holdline.text_reply import take_reply

log = logging.getLogger(__name__)

OUR_FAILURE = "Because of a technical problem nothing was passed on. Please send it again in a moment."

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SID = re.compile(r"[A-Za-z0-9]{1,64}")


class NoText(ValueError):
    """The form names no text message between two telephone numbers."""


@dataclass(frozen=True)
class IncomingText:
    sid: str
    sender: str
    line: str
    words: str

    @classmethod
    def of(cls, form: MultiDict[str, str]) -> "IncomingText":
        """Raises NoText. A picture alone comes with empty words."""
        text = cls(form.get("MessageSid", ""), form.get("From", ""), form.get("To", ""), form.get("Body", ""))
        if not (_SID.fullmatch(text.sid) and _NUMBER.fullmatch(text.sender) and _NUMBER.fullmatch(text.line)):
            raise NoText("MessageSid, From or To")
        return text


def take_text(request: Request, context: Context) -> Response:
    """TwiML, whatever happens: who answers must know whether the caller hears it. Nobody else gets a reply."""
    form = verified_form(request, context.settings, target="twilio_message")
    if is_news(request.args):
        return _news(request, form, context)
    try:
        words = _reply(IncomingText.of(form), context)
    except NoText:
        log.info("a text came that is none from a telephone number to one of ours")
        words = None
    except Exception as error:  # whatever broke: silence would be taken for success
        log.error("a text could not be taken in: %s", without_words(error))
        words = OUR_FAILURE
    response = MessagingResponse()
    if words is not None:
        response.message(words)
    return Response(str(response), mimetype="text/xml")


def _news(request: Request, form: MultiDict[str, str], context: Context) -> Response:
    try:
        take_news(request.args, form, context)
    except HoldlineError as error:
        log.error("what became of a text could not be written down: %s", type(error).__name__)
        return Response(status=503)
    return Response(status=204)


def _reply(text: IncomingText, context: Context) -> str | None:
    """What is texted back, to those alone whom the organisation knows; raises InvalidDocument, StoreError."""
    number = binding_of(text.line, context.database, at=context.now())
    if number is None:
        log.warning("%s was texted and leads nowhere", masked(text.line))
        return None
    about(org=number.org)
    store = context.database.for_org(number.org)
    by = _person(text.sender, store, number.org, context)
    if by is None:
        log.info("%s texted %s, and is nobody of its people", masked(text.sender), masked(text.line))
        return None
    taken = take_reply(store, text.words, sid=text.sid, phone=text.sender, by=by, at=context.now())
    log.info("a text of %s about request %s: %s", by.uid, taken.request or "none", taken.outcome)
    return taken.words


def _person(phone: str, store: Store, org: str, context: Context) -> PersonRef | None:
    """Whose phone it is; of several who share one, whoever is on duty."""
    people = store.find(Query(Person, {"phone": phone})).records
    if not people:
        return None
    on_duty = organisation_in_force(store, org, at=context.now()).on_duty if len(people) > 1 else None
    person = next((one for one in people if one.id == on_duty), people[0])
    return PersonRef(uid=person.id, name=person.name)
