"""A step of putting a number into service or taking it out: planned without changing anything, safe to repeat."""

from collections.abc import Callable
from dataclasses import dataclass

from holdline.errors import HoldlineError


class CannotGoOn(HoldlineError):
    """What stands in the way of a number, and how to mend it. What was done before it stays, and is met as done."""


def _nothing() -> None:
    """There is nothing to do."""


@dataclass(frozen=True)
class Step:
    where: str
    """Whose state it is about: Firestore, LiveKit or Twilio."""
    what: str
    """What is to be so."""
    call: str | None = None
    """The call that makes it so, in one line and without secrets; None where it is so already."""
    do: Callable[[], object] = _nothing
    """Make the call; raises CannotGoOn, StoreError."""

    @property
    def is_done(self) -> bool:
        return self.call is None
