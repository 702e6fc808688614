"""What a webhook of Twilio's says about a phone call, and which of our calls that is."""

import re
from dataclasses import dataclass
from datetime import datetime

from werkzeug.datastructures import MultiDict

from functions.binding import Lines, RungNumber, binding_of
from holdline.people import PhoneNumber
from holdline.store import Database

ANONYMOUS = "anonymous"

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
# Carriers send these in place of a withheld number: a word spelt on a phone's keypad.
_WITHHELD = {
    "+266696687",  # ANONYMOUS
    "+7378742833",  # RESTRICTED
    "+2562533",  # BLOCKED
    "+8656696",  # UNKNOWN
    "+86282452253",  # UNAVAILABLE
    "+7748283",  # PRIVATE
}
_SID = re.compile(r"[A-Za-z0-9]{1,64}")


class NoSuchPhoneCall(ValueError):
    """The form names no phone call."""


@dataclass(frozen=True)
class PhoneCall:
    sid: str
    caller: str
    """A number in E.164, or `anonymous`."""
    line: str

    @classmethod
    def of(cls, form: MultiDict[str, str]) -> "PhoneCall":
        """Raises NoSuchPhoneCall."""
        sid, caller, line = form.get("CallSid", ""), form.get("From", ""), form.get("To", "")
        if not _SID.fullmatch(sid):
            raise NoSuchPhoneCall("CallSid")
        known = _NUMBER.fullmatch(caller) and caller not in _WITHHELD
        return cls(sid=sid, caller=caller if known else ANONYMOUS, line=line)

    @property
    def call_id(self) -> str:
        """The same for every webhook of one phone call, and safe as the user part of a SIP address."""
        return f"phone-{self.sid}"

    @property
    def caller_identity(self) -> str:
        """LiveKit's SIP bridge names a participant `sip_` and the user of the From header, which is our callerId."""
        return f"sip_{self.caller}"

    def rung(self, lines: Lines, *, at: datetime) -> RungNumber | None:
        """The number that was rung, if it is one of ours; raises InvalidDocument, Unavailable."""
        return lines.rung(self.line, at=at) if _NUMBER.fullmatch(self.line) else None

    def number(self, database: Database, *, at: datetime) -> PhoneNumber | None:
        """What the number that was rung leads to, if it is one of ours; raises InvalidDocument, Unavailable."""
        return binding_of(self.line, database, at=at) if _NUMBER.fullmatch(self.line) else None
