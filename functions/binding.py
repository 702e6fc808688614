"""Where one of our numbers leads, by phone or by browser, and who answers there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from holdline import config
from holdline.config import Reading
from holdline.errors import InvalidDocument, NotFound
from holdline.people import Organisation, PhoneNumber
from holdline.records import Record
from holdline.store import Database, Store
from holdline.voice_agent import OnDuty, VoiceAgent, on_duty


def binding_of(number: str, database: Database, *, at: datetime) -> PhoneNumber | None:
    """What the number is bound to, as it was last good; None for one that is not ours, or no longer.

    Raises InvalidDocument where it never was good, and Unavailable.
    """
    return _bound(config.read(database.platform, (PhoneNumber, number))[0], database.platform, at=at)


@dataclass(frozen=True)
class RungNumber:
    """One of our numbers, and what was read along with it of where it leads."""

    number: PhoneNumber
    store: Store
    """Of the organisation that it leads to."""
    read: tuple[Reading[Any], ...]

    def on_duty(self, *, at: datetime) -> OnDuty:
        """Raises NoVoiceAgent, Unavailable."""
        if not self.read:
            return on_duty(self.store, self.number.voice_agent, at=at)
        agent, organisation = self.read
        return OnDuty.of(agent, organisation, self.store, at=at)


class Lines:
    """What a number leads to is known once it is read. A caller waits: where it led last is read along with it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._led: dict[str, tuple[str, str]] = {}
        """Organisation and voice agent, by number. No more than a guess, which each reading confirms or not."""

    def rung(self, number: str, *, at: datetime) -> RungNumber | None:
        """As `binding_of`, with what it leads to."""
        guess = self._led.get(number)
        along: list[tuple[str | None, type[Record], str]] = []
        if guess is not None:
            along = [(guess[0], VoiceAgent, guess[1]), (guess[0], Organisation, guess[0])]
        found, *read = config.read_all(self._database, (None, PhoneNumber, number), *along)
        bound = _bound(found, self._database.platform, at=at)
        if bound is None:
            return None
        leads = self._led[number] = bound.org, bound.voice_agent
        return RungNumber(bound, self._database.for_org(bound.org), tuple(read) if leads == guess else ())


def _bound(found: Reading[PhoneNumber], platform: Store, *, at: datetime) -> PhoneNumber | None:
    try:
        return found.in_force(platform, at=at)[0]
    except NotFound:
        if isinstance(found.found, InvalidDocument):
            raise found.found from None
        return None
