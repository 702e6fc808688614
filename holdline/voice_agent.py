"""A voice agent's configuration: what an admin sets for one line."""

from typing import ClassVar

from pydantic import Field

from holdline.people import Spoken
from holdline.records import Record

LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""BCP-47, as far as its shape goes."""


class VoiceAgent(Record):
    collection: ClassVar[str] = "voice_agents"

    name: str = Field(min_length=1, max_length=60)
    """How the agent calls itself."""
    greeting: Spoken
    active: bool = True
    language: str = Field(default="en-US", pattern=LANGUAGE_TAG)
    """What callers are heard and spoken to in, such as en-US or de; the agent's own set phrases are English."""
    instructions: str = Field(default="", max_length=4000)
    """What a language model should know of manner and business; facts belong in the knowledge."""
    answer_threshold: float | None = Field(default=None, gt=0, le=1)
    """The score from which a knowledge entry is said instead of asked; None takes the calibrated default."""
    answer_timeout_s: int = Field(default=120, ge=5, le=900)
    """How long a caller waits for a person before a message is taken."""
    progress_every_s: float = Field(default=8, ge=3, le=8)
    """The longest silence on hold, in seconds."""
