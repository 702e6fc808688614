"""Twilio tells what became of a text of ours: that it had it does not mean that it arrived."""

import contextlib
import logging
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from functions.context import Context
from functions.messages import meaning_of
from holdline import texting
from holdline.errors import NotFound
from holdline.logs import about
from holdline.records import checked_id
from holdline.store import Store

log = logging.getLogger(__name__)

SENT = ("sent", "delivered")
NOT_DELIVERED = ("failed", "undelivered")
"""The other statuses say that it waits to be sent."""


class OfText(BaseModel):
    """What the address says, which `functions.texting` made and Twilio signed."""

    org: Annotated[str, AfterValidator(checked_id)]
    request: Annotated[str, AfterValidator(checked_id)]
    text: texting.Which
    at: datetime


def is_news(query: MultiDict[str, str]) -> bool:
    """Whether Twilio asks at the address that was given for news of a text."""
    return "request" in query


def take_news(query: MultiDict[str, str], form: MultiDict[str, str], context: Context) -> None:
    """Raises InvalidDocument, StoreError."""
    status = form.get("MessageStatus")
    if status not in SENT + NOT_DELIVERED:
        return
    try:
        which = OfText.model_validate(query.to_dict())
    except ValidationError:
        log.error("news of a text came to an address that names none")
        return
    about(org=which.org)
    store = context.database.for_org(which.org)
    with contextlib.suppress(NotFound):  # deleted since
        if status in SENT:
            _was_sent(store, which, form.get("MessageSid", ""), context)
        else:
            _was_not_delivered(store, which, form.get("ErrorCode", ""), context)


def _was_sent(store: Store, which: OfText, sid: str, context: Context) -> None:
    """Written already, but where the process that sent it died, or storage failed it, in between."""
    texting.on_its_way(store, which.request, which.text, claimed_at=which.at, sid=sid, at=context.now())


def _was_not_delivered(store: Store, which: OfText, code: str, context: Context) -> None:
    problem = meaning_of(int(code) if code.isascii() and code.isdigit() else None) or "Nobody says why."
    texting.not_delivered(
        store,
        which.request,
        which.text,
        claimed_at=which.at,
        problem=f"Not delivered ({code or 'no code'}). {problem}",
        at=context.now(),
    )
    log.error("request %s: the %s was not delivered", which.request, which.text)
