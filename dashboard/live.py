"""Who looks at which organisation's queue: one feed and one screen for each that somebody looks at, else none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from dashboard.attendance import Attendance
from dashboard.background import InBackground, on_a_thread
from dashboard.board import Board
from dashboard.feed import Feed
from dashboard.ledger import Ledger
from dashboard.organisation import Organisations
from dashboard.pulse import Pulse
from dashboard.screen import Draw, Scene, Screen
from dashboard.surroundings import Surroundings
from holdline.help_request import HelpRequest
from holdline.store import Database

IDLE_S = 20.0
"""How long a watch outlives its last viewer: a page that is loaded again finds it still there."""


DEAF_AFTER = timedelta(seconds=10)
"""So long a process may be without any live watch: each repairs itself in less, unless storage is away."""


@dataclass(frozen=True)
class Watching:
    """How many queues are watched, how many of them are current, and whether none has been for too long."""

    open: int
    live: int
    is_deaf: bool


class Hub:
    """Feeds by organisation, counted by who follows them."""

    def __init__(
        self,
        database: Database,
        *,
        organisations: Organisations,
        attendance: Attendance,
        ledger: Ledger,
        draw: Draw,
        clock: Callable[[], datetime],
        idle_s: float = IDLE_S,
        in_background: InBackground = on_a_thread,
    ) -> None:
        self._database = database
        self._draw = draw
        self._clock = clock
        self._idle_s = idle_s
        self._in_background = in_background
        self._lock = threading.Lock()
        self._feeds: dict[str, tuple[Feed, int]] = {}
        self._screens: dict[str, Screen] = {}
        self._deaf_since: datetime | None = None
        self._surroundings = Surroundings(
            organisations, attendance, ledger, on_change=self.look_again, in_background=in_background
        )
        self._pulse = Pulse(database, on_change=self.look_again, in_background=in_background)
        self._stopping = threading.Event()

    @contextmanager
    def following(self, org: str) -> Iterator[Feed]:
        with self._lock:
            feed, viewers = self._feeds.get(org, (None, 0))
            if feed is None:
                feed = Feed(self._database.for_org(org), in_background=self._in_background)
            self._feeds[org] = (feed, viewers + 1)
        try:
            feed.open(at=self._clock())  # outside the lock: a storage that is slow for one holds up nobody else
            yield feed
        finally:
            self._leave(org)

    @contextmanager
    def looking_at(self, org: str) -> Iterator[Screen]:
        with self.following(org) as feed:
            with self._lock:
                screen = self._screens.get(org)
                if screen is None or screen.is_closed:
                    look = partial(self._scene, org, feed)
                    screen = self._screens[org] = Screen(feed, look, self._draw, clock=self._clock)
            yield screen

    def note(self, org: str, request: HelpRequest) -> None:
        with self._lock:
            feed, _ = self._feeds.get(org, (None, 0))
        if feed is not None:
            feed.note(request)

    def look_again(self, org: str) -> None:
        """Something changed that is no request."""
        with self._lock:
            feed, _ = self._feeds.get(org, (None, 0))
        if feed is not None:
            feed.look_again()

    def is_line_live(self, org: str, feed: Feed, board: Board, *, at: datetime) -> bool:
        """Whether the board is current, and the jobs whose callers are on it live and hear."""
        calls = {request.call: request.delete_at for request in (*board.waiting, *board.answered)}
        return feed.is_live and self._pulse.is_felt(org, calls, at=at)

    def _scene(self, org: str, feed: Feed, at: datetime) -> Scene | None:
        """None until there is a state."""
        board = feed.board(at=at)
        if board is None:
            return None
        is_live = self.is_line_live(org, feed, board, at=at)
        return Scene(board, self._surroundings.of(org, at=at), is_live)

    def watching(self, *, at: datetime) -> Watching:
        with self._lock:
            feeds = [feed for feed, _ in self._feeds.values()]
            live = sum(feed.is_live for feed in feeds)
            self._deaf_since = None if live or not feeds else self._deaf_since or at
            is_deaf = self._deaf_since is not None and at - self._deaf_since >= DEAF_AFTER
            return Watching(len(feeds), live, is_deaf)

    @property
    def watched(self) -> frozenset[str]:
        """The organisations that a watch is open for."""
        with self._lock:
            return frozenset(self._feeds)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """End every stream now."""
        self._stopping.set()
        with self._lock:
            feeds = [feed for feed, _ in self._feeds.values()]
        for feed in feeds:
            feed.close()

    def _leave(self, org: str) -> None:
        with self._lock:
            feed, viewers = self._feeds[org]
            self._feeds[org] = (feed, viewers - 1)
        if viewers == 1:
            timer = threading.Timer(self._idle_s, self._close_if_idle, (org,))
            timer.daemon = True
            timer.start()

    def _close_if_idle(self, org: str) -> None:
        with self._lock:
            feed, viewers = self._feeds.get(org, (None, 0))
            if feed is None or viewers:
                return
            del self._feeds[org]
            self._screens.pop(org, None)
        feed.close()
