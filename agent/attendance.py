"""Who of the organisation's people is at the desk, as far as this call knows, and who is asked next because of it."""

import asyncio
import logging
from datetime import timedelta

from agent.transcript import Clock
from holdline import presence
from holdline.errors import HoldlineError
from holdline.help_request import HelpRequest
from holdline.ladder import Ladder, Rung, rung_now
from holdline.presence import Presence
from holdline.store import Store
from holdline.texting import is_out_of_reach

log = logging.getLogger(__name__)

WITHIN_S = 0.25
"""How long a caller who asks may wait for it; storage that is slower is taken for somebody who is there."""
GOOD_FOR = timedelta(seconds=20)
LOOK_EVERY = timedelta(seconds=5)
"""While somebody waits."""


class Attendance:
    """Looked up when a question is about to be asked, and on a rhythm while it is open."""

    def __init__(self, store: Store, *, ladder: Ladder, can_text: bool, clock: Clock) -> None:
        """`can_text` tells whether somebody is on duty who has a phone."""
        self._store = store
        self._ladder = ladder
        self._can_text = can_text
        self._clock = clock
        self._there: tuple[Presence, ...] | None = None
        self._looked_at = clock() - GOOD_FOR
        self._looking: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Find out who is there; after WITHIN_S, go on without and let it become known later."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="attendance")
        await asyncio.wait([self._looking], timeout=WITHIN_S)

    def look_again(self) -> None:
        """Look if the last look is some seconds old; returns at once."""
        is_looking = self._looking is not None and not self._looking.done()
        if not is_looking and self._clock() - self._looked_at >= LOOK_EVERY:
            self._looking = asyncio.create_task(self._look(), name="attendance")

    def first_rung(self, skill: str | None) -> Rung:
        """Who is asked a question that is asked now."""
        now = self._clock()
        return rung_now(
            skill=skill, asked_at=now, ladder=self._ladder, there=self._known, can_text=self._can_text, at=now
        )

    def rung_of(self, request: HelpRequest) -> Rung:
        """Who is to be asked by now, where nobody has answered."""
        return rung_now(
            skill=request.skill,
            asked_at=request.asked_at,
            ladder=self._ladder,
            there=self._known,
            can_text=self._can_text and not is_out_of_reach(request),
            at=self._clock(),
            since=request.rung,
        )

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    @property
    def _known(self) -> tuple[Presence, ...] | None:
        """What was seen lately: older than that, nobody knows."""
        now = self._clock()
        if self._there is None or now - self._looked_at > GOOD_FOR:
            return None
        return tuple(one for one in self._there if one.is_there(now))

    async def _look(self) -> None:
        at = self._clock()
        try:
            self._there = await asyncio.to_thread(presence.there, self._store, at=at)
        except HoldlineError as error:
            log.warning("who is at the desk is not known: %s", error)
            return
        self._looked_at = at
