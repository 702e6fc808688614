"""Twilio tells what became of a text of ours: that it had it does not mean that it arrived."""

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

log = logging.getLogger(__name__)

NOT_DELIVERED = ("failed", "undelivered")
"""The other statuses say that it is on its way, or there."""


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
    if form.get("MessageStatus") not in NOT_DELIVERED:
        return
    try:
        which = OfText.model_validate(query.to_dict())
    except ValidationError:
        log.error("news of a text came to an address that names none")
        return
    about(org=which.org)
    code = form.get("ErrorCode", "")
    problem = meaning_of(int(code) if code.isascii() and code.isdigit() else None) or "Nobody says why."
    try:
        texting.not_delivered(
            context.database.for_org(which.org),
            which.request,
            which.text,
            claimed_at=which.at,
            problem=f"Not delivered ({code or 'no code'}). {problem}",
            at=context.now(),
        )
    except NotFound:
        return  # deleted since
    log.error("request %s: the %s was not delivered", which.request, which.text)
