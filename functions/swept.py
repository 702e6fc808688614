"""What a sweep has done so far, and the bounds that each of its parts keeps to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

AT_ONCE = 200
"""Documents of an organisation that are looked at in one go, the most urgent first; the rest come with the next."""
TIME_ENOUGH = timedelta(seconds=40)
SETTLES_WITHIN = timedelta(minutes=2)
"""What is missing has to be missing for longer: it may still be on its way."""


class TimeRanOut(Exception):
    """What is left comes with the next sweep."""


@dataclass
class Swept:
    begun: datetime
    now: Callable[[], datetime] = field(repr=False)
    closed: int = 0
    """Calls; the others are questions."""
    expired: int = 0
    ended: int = 0
    climbed: int = 0
    texts_given_up: int = 0
    failures: list[str] = field(default_factory=list)
    """Of what kind; what failed now is tried again in a minute."""

    def go_on(self) -> None:
        """Raises TimeRanOut."""
        if self.now() - self.begun > TIME_ENOUGH:
            raise TimeRanOut

    @property
    def figures(self) -> dict[str, object]:
        names = ("closed", "expired", "ended", "climbed", "texts_given_up", "failures")
        return {name: getattr(self, name) for name in names}
