"""Something that is said from the floor, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PLAYBACK_TOLERANCE_S = 0.12


class Kind(StrEnum):
    GREETING = "greeting"
    NOTICE = "notice"
    """A sentence of the conversation that code decided on."""
    HOLD = "hold"
    """Company for a caller who waits; gives way to everything."""
    RELAY = "relay"
    """A person's words."""


@dataclass(eq=False)
class Utterance:
    """Something to be said, and what became of it."""

    kind: Kind
    text: str
    on_first_frame: Callable[["Utterance"], None] = field(default=lambda _: None)
    text_synthesised: str | None = None
    synthesised_at: datetime | None = None
    """When the text was handed to the synthesiser."""
    first_frame_at: datetime | None = None
    """When the first frame was published."""
    audio_s: float = 0.0
    played_s: float = 0.0
    was_cut: bool = False
    was_talked_over: bool = False
    """The caller spoke while it could not be cut; LiveKit drops such words."""

    @property
    def was_heard(self) -> bool:
        return (
            not self.was_cut
            and self.text_synthesised == self.text
            and self.played_s > 0
            and self.played_s >= self.audio_s - PLAYBACK_TOLERANCE_S
        )
