"""The live queue of one organisation as those who look at it see it: one picture at a time, shared by all of them.

A thread of its own looks at what there is to be seen and draws it once, before anybody is woken: many viewers who each
drew their own would keep one another from the processor. Nothing is queued for a viewer, who waits for a picture that
they have not seen; a slow one skips pictures and costs no memory.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.board import Board
from dashboard.feed import Feed
from dashboard.surroundings import Around

log = logging.getLogger(__name__)

LOOK = timedelta(seconds=3)
"""How soon it is seen that the watch, or the job of a call, is not live, which nothing announces."""
SHORTEST_S = 0.05
ANYBODY = ""
"""The eyes of a person who is not on the board."""


@dataclass(frozen=True)
class Scene:
    """What there is to be seen."""

    board: Board
    around: Around
    is_live: bool

    @property
    def people(self) -> frozenset[str]:
        """Those who see it with eyes of their own, since something on it is theirs."""
        requests = (*self.board.waiting, *self.board.answered, *self.board.ended)
        return frozenset(who.uid for one in requests for who in (one.claimed_by, one.answered_by) if who is not None)


Look = Callable[[datetime], Scene | None]
Draw = Callable[[Scene, str, datetime], str]
"""A scene as it is at a time, in the eyes of a person."""


class Picture:
    """A scene, drawn once for everybody who is not on it, and once for each person who is and looks."""

    def __init__(self, scene: Scene, draw: Draw, *, at: datetime) -> None:
        self.scene = scene
        self._draw = draw
        self._at = at
        self._people = scene.people
        self._drawing = threading.Lock()
        self._drawn = {ANYBODY: draw(scene, ANYBODY, at)}

    def for_eyes_of(self, uid: str) -> str:
        eyes = uid if uid in self._people else ANYBODY
        drawn = self._drawn.get(eyes)
        if drawn is None:
            with self._drawing:
                drawn = self._drawn.get(eyes) or self._draw(self.scene, eyes, self._at)
                self._drawn[eyes] = drawn
        return drawn


class Screen:
    """Shows what a feed brings for as long as the feed is open."""

    def __init__(self, feed: Feed, look: Look, draw: Draw, *, clock: Callable[[], datetime]) -> None:
        self._feed = feed
        self._look = look
        self._draw = draw
        self._clock = clock
        self._changed = threading.Condition()
        self._picture: Picture | None = None
        self._is_closed = False
        threading.Thread(target=self._show, name="screen", daemon=True).start()

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def wait(self, seen: Picture | None, *, timeout_s: float) -> Picture | None:
        """The picture there is now; sleeps until it is another than `seen`, or the time or the screen is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._picture is not seen, timeout_s)
            return self._picture

    def _show(self) -> None:
        try:
            seen = -1
            while not self._feed.is_closed:
                at = self._clock()
                self._see(self._look(at), at=at)
                seen = self._feed.wait(seen, timeout_s=self._until_next_look(at))
        except Exception:  # whatever it was: the streams end, and their browsers come back to a new screen
            log.exception("a live queue could not be shown")
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _see(self, scene: Scene | None, *, at: datetime) -> None:
        if scene is None or (self._picture is not None and scene == self._picture.scene):
            return
        picture = Picture(scene, self._draw, at=at)
        with self._changed:
            self._picture = picture
            self._changed.notify_all()

    def _until_next_look(self, at: datetime) -> float:
        change = self._picture.scene.board.next_change_at if self._picture is not None else None
        until = LOOK if change is None else min(LOOK, change - at)
        return max(SHORTEST_S, until.total_seconds())
