"""The help requests of one organisation that its live queue shows, kept current by one watch for all its viewers.

Nothing is queued for a viewer. A feed is state with a version; a viewer waits for a version it has not seen and takes
the whole state, so a slow one skips states and costs no memory.
"""

import logging
import threading
from datetime import datetime, timedelta
from functools import partial

from dashboard.background import InBackground, on_a_thread
from dashboard.board import SETTLED, UNANSWERED, Board, board_of, gone_at
from holdline.errors import InvalidDocument, Unavailable
from holdline.help_request import LIVE, HelpRequest
from holdline.store import Found, Query, Store, Watch

log = logging.getLogger(__name__)

RECENT = 20
LOOK_AGAIN = timedelta(seconds=5)
"""How soon it is seen what a caller leaves, or a colleague elsewhere does, after nobody answered."""
TOLD_WITHIN = timedelta(seconds=5)
"""So long a new watch may take to tell the first state, before that is read."""


class Feed:
    """The help requests of one organisation that are live, or ended just now."""

    def __init__(self, store: Store, *, in_background: InBackground = on_a_thread) -> None:
        self._store = store
        self._in_background = in_background
        self._opening = threading.Lock()
        self._changed = threading.Condition()
        self._version = 0
        self._live: dict[str, HelpRequest] | None = None
        self._leaving: dict[str, HelpRequest] = {}
        """No longer in the watch, and as they were in it until it is read how they ended."""
        self._ended: dict[str, HelpRequest] = {}
        self._looked_at: datetime | None = None
        self._is_looking = False
        self._opened_at: datetime | None = None
        self._watch: Watch | None = None
        self._closed = False

    def open(self, *, at: datetime) -> None:
        """Begin to watch, if nobody did before."""
        with self._opening:
            if self._watch is not None or self._closed:
                return
            self._opened_at = at
            try:
                self._ended = {request.id: request for request in ended_lately(self._store, at=at)}
            except Unavailable:
                log.warning("what ended just now cannot be read; the queue opens without it")
            self._watch = self._store.watch(Query(HelpRequest, {"status": tuple(LIVE)}), self._on_state)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        with self._opening:
            if self._watch is not None:
                self._watch.close()

    @property
    def is_live(self) -> bool:
        """Whether what is shown is known to be current."""
        return self._watch is not None and self._watch.is_live and self._live is not None

    @property
    def is_closed(self) -> bool:
        return self._closed

    def board(self, *, at: datetime) -> Board | None:
        """The state now; None until there is one, and while it can be neither watched nor read."""
        self._look_how_they_ended(at=at)
        with self._changed:
            self._ended = {key: request for key, request in self._ended.items() if gone_at(request) > at}
            if self._live is not None:
                return board_of([*self._live.values(), *self._leaving.values(), *self._ended.values()], at=at)
        return self._read_instead(at=at)

    def wait(self, seen: int, *, timeout_s: float) -> int:
        """Sleep until there is a version other than `seen`, or the time is over; the version there is now."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._version != seen, timeout_s)
            return self._version

    def note(self, request: HelpRequest) -> None:
        """Take in what was just done to a request: the watch says nothing of one that had already ended."""
        with self._changed:
            if request.status in SETTLED and request.id not in self._ended:
                return
            if request.status not in LIVE and request.id not in (self._live or {}):
                self._leaving.pop(request.id, None)
                self._ended[request.id] = request
                self._bump()

    def look_again(self) -> None:
        """Wake whoever waits for a version."""
        with self._changed:
            self._bump()

    def _on_state(self, found: Found[HelpRequest]) -> None:
        for error in found.invalid:
            log.warning("left out of the queue: %s", error)
        with self._changed:
            live = {request.id: request for request in found.records}
            self._leaving |= self._live or {}
            for request_id in live:
                self._leaving.pop(request_id, None)
                self._ended.pop(request_id, None)
            self._live = live
            self._bump()

    def _look_how_they_ended(self, *, at: datetime) -> None:
        """What left the watch, and now and then what ended unanswered, which may still change. Nobody waits for it."""
        with self._changed:
            wanted = set(self._leaving)
            if self._looked_at is None or at - self._looked_at >= LOOK_AGAIN:
                wanted |= {key for key, request in self._ended.items() if request.status in UNANSWERED}
                self._looked_at = at
            if not wanted or self._is_looking:
                return
            self._is_looking = True
        self._in_background(partial(self._look, wanted))

    def _look(self, wanted: set[str]) -> None:
        while wanted:
            read = {request_id: self._read(request_id) for request_id in wanted}
            with self._changed:
                for request_id, request in read.items():
                    self._leaving.pop(request_id, None)
                    is_back = request_id in (self._live or {})
                    if request is not None and request.status not in LIVE and not is_back:
                        self._ended[request_id] = request
                wanted = set(self._leaving)
                self._is_looking = bool(wanted)
                self._bump()

    def _read_instead(self, *, at: datetime) -> Board | None:
        """The state by a reading, where the watch has told none in its time."""
        if self._opened_at is None or at - self._opened_at < TOLD_WITHIN:
            return None
        try:
            return board_now(self._store, at=at)
        except Unavailable:
            return None

    def _read(self, request_id: str) -> HelpRequest | None:
        try:
            stored = self._store.get(HelpRequest, request_id)
        except (InvalidDocument, Unavailable) as error:
            log.warning("how %s ended cannot be read: %s", request_id, error)
            return None
        return None if stored is None else stored.record

    def _bump(self) -> None:
        self._version += 1
        self._changed.notify_all()


def ended_lately(store: Store, *, at: datetime) -> list[HelpRequest]:
    """What ended so recently that the queue still shows it; raises Unavailable."""
    ends = [
        Query(HelpRequest, order_by="delivered_at", descending=True, limit=RECENT),
        Query(HelpRequest, order_by="closed_at", descending=True, limit=RECENT),
    ]
    found = {request.id: request for query in ends for request in store.find(query).records}
    return [request for request in found.values() if request.status not in (*LIVE, *SETTLED) and gone_at(request) > at]


def board_now(store: Store, *, at: datetime) -> Board:
    """The state as a page without a stream shows it; raises Unavailable."""
    live = store.find(Query(HelpRequest, {"status": tuple(LIVE)})).records
    return board_of([*live, *ended_lately(store, at=at)], at=at)
