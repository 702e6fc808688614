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
    """When somebody began to send it."""
    sid: str | None = None
    """Twilio's name for it."""
    problem: str | None = None
    """Why it was not sent, for people to read."""
    version: int = 0
    """Which version of the answer it takes to the caller."""
    code: str = ""
    """What the person on duty puts before the words, where several questions are open."""
    tries: int = 1
    has_told: bool = False
    """By this the caller knows that version, and by nothing else; until it turns out not to have arrived."""
    may_have_arrived: bool = False
    """It failed, and nobody knows whether it was sent all the same."""
    may_repeat: bool = False
    """Another try could succeed, and may be made: never so to a caller."""

    @property
    def never_left(self) -> bool:
        """Nobody can have read it, nor an earlier try of it."""
        return self.status is TextStatus.FAILED and not self.may_have_arrived and self.tries == 1

    @property
    def is_under_way(self) -> bool:
        return self.status is TextStatus.SENDING
