"""A text message that we send because of a help request, and what became of it. Sending is functions/texting.py's."""

from enum import StrEnum

from holdline.people import PersonRef
from holdline.records import Instant, Value


class TextStatus(StrEnum):
    SENDING = "sending"
    """Somebody has begun to; if it stays so, nobody knows whether it was sent."""
    SENT = "sent"
    FAILED = "failed"


class TextMessage(Value):
    """A part of the help request that it is about."""

    to: PersonRef | None = None
    """The person on duty; None where it goes to the caller."""
    status: TextStatus
    at: Instant
    sid: str | None = None
    """Twilio's name for it."""
    problem: str | None = None
    """Why it was not sent, for people to read."""
