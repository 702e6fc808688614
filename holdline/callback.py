"""What a caller leaves who cannot wait: where and when to be reached, and whether the answer may come by text."""

from pydantic import Field

from holdline.people import E164
from holdline.records import Instant, Value

WORDS_LIMIT = 200


class Callback(Value):
    """A part of the help request that it is for."""

    number: E164 | None = None
    """None where the caller has none that we know and has said none yet."""
    consents_to_text: bool = False
    """The caller said on the call that the answer may come by text message."""
    window: str = Field(default="", max_length=WORDS_LIMIT)
    """When to call, in the caller's words."""
    not_before: Instant | None = None
    not_after: Instant | None = None
    """The same as times, where the words could be understood."""
    asked_at: Instant
