"""Whether the session of an open page still stands. It is asked in the background: no question waits for the answer."""

import threading
from datetime import datetime, timedelta
from functools import partial

from dashboard.background import InBackground, on_a_thread
from dashboard.identity import Identity, IdentityUnavailable, NotSignedIn

PATIENCE_S = 0.3
"""A provider that is there answers sooner, so that who has no access any more is shown nothing else."""
REST = timedelta(minutes=1)
"""So long a provider that did not answer is not asked again: each try may take ten seconds."""


class Standing:
    """Of one session, which ends by itself at `until`."""

    def __init__(
        self, identity: Identity, cookie: str, *, until: datetime, in_background: InBackground = on_a_thread
    ) -> None:
        self._identity = identity
        self._cookie = cookie
        self._until = until
        self._in_background = in_background
        self._is_over = False
        self._rests_until: datetime | None = None
        self._answered = threading.Event()
        self._answered.set()

    def holds(self, *, at: datetime) -> bool:
        """As far as is known by now, which an answer that is late changes the next time."""
        is_resting = self._rests_until is not None and at < self._rests_until
        if self._answered.is_set() and not is_resting:
            self._answered.clear()
            self._in_background(partial(self._ask, at))
            self._answered.wait(PATIENCE_S)
        return not self._is_over and at < self._until

    def _ask(self, at: datetime) -> None:
        try:
            self._identity.signed_in(self._cookie, current=True)
        except NotSignedIn:
            self._is_over = True
        except IdentityUnavailable:  # a live queue must not go dark because Firebase Auth hiccups
            self._rests_until = at + REST
        finally:
            self._answered.set()
