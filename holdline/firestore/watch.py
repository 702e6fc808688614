"""A live query that cannot die in silence.

The client's `on_snapshot` listens. Whatever ends it - the connection, the server, a refusal, an answer that it does not
understand, a silence that is none of the documents' - is noticed and logged; after a pause `on_snapshot` is called anew
and begins with the whole current state. Nothing is resumed: what was missed in between is in that state.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
from google.api_core.retry import Retry

from holdline.firestore.connection import Connection
from holdline.firestore.connections import Connections
from holdline.firestore.documents import Row, asked, found, row_of
from holdline.firestore.pace import Pace
from holdline.firestore.stream import OneStream
from holdline.store import Found, Query, in_order

log = logging.getLogger(__name__)

CLOSE_WAIT_S = 1.0
COMPARED_UP_TO = 500
"""Reading more than that again and again, to compare, would cost more than it tells: only the connection is asked."""
_ONCE = Retry(predicate=lambda _: False)


class FirestoreWatch:
    def __init__(
        self,
        connections: Connections,
        query: Query[Any],
        *,
        collection: str,
        pace: Pace,
        on_state: Callable[[Found[Any]], None],
        on_end: Callable[[], None],
        on_closed: Callable[["FirestoreWatch"], None],
    ) -> None:
        self._connections = connections
        self._query = query
        self._collection = collection
        self._pace = pace
        self._on_state = on_state
        self._on_end = on_end
        self._on_closed = on_closed
        self._rows: dict[str, Row[Any]] | None = None
        self._is_current = False
        self.connection: Connection | None = None
        """The one that carries its stream."""
        self._stream: OneStream | None = None
        self._listening: Any = None
        self._opened_at = 0.0
        self._opens_at: float | None = 0.0
        self._pause_s = pace.first_pause_s
        self._patience_s = pace.first_state_s
        self._checked_at = 0.0
        self._opening = threading.Lock()
        self._closed = threading.Event()
        self._telling = threading.RLock()
        self._telling_on: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether the last state delivered is current; False until the first, and while it is opened anew."""
        return self._is_current and not self._closed.is_set() and self._ended() is None

    def silent_s(self, now: float) -> float:
        """How long nothing was heard from the server, unasked or asked."""
        heard_at = self._stream.heard_at if self._stream is not None else None
        return now - max(heard_at or self._opened_at, self._checked_at)

    def is_new(self, now: float) -> bool:
        """Whether its stream was never checked, and had the time to catch up: a write can get lost in the opening."""
        return self._checked_at < self._opened_at < now - self._pace.catch_up_s

    def look(self) -> float:
        """Open what is not open, or no longer; the seconds after which it wants to be looked at again."""
        if self._closed.is_set():
            return self._pace.look_every_s
        now = time.monotonic()
        if self._opens_at is None:
            if (why := self._ended() or self._too_long_without_a_state(now)) is None:
                return self._pace.look_every_s
            if now - self._opened_at > self._pace.lasted_s:
                self._pause_s = self._pace.first_pause_s
            log.warning("watch %s broke (%s); opening it again in %.1f s", self._collection, why, self._pause_s)
            self._opens_at = now + self._pause_s * random.uniform(0.8, 1.2)  # noqa: S311 - spreads many watches out
            self._pause_s = min(self._pause_s * 5, self._pace.longest_pause_s)
        if now < self._opens_at:
            return self._opens_at - now
        self._opened_at, self._opens_at = now, None
        self._listen()
        return self._pace.look_every_s

    def check(self) -> bool:
        """Read what the watch should have told, on its own connection; False where that is not answered.

        Nothing is told from here, lest states come out of order: a stream that is behind is given up, and the next one
        begins with what it missed.
        """
        with self._opening:
            stream, connection = self._stream, self.connection
        if stream is None or connection is None:
            return True
        self._checked_at, heard_at = time.monotonic(), stream.heard_at
        query = self._asked(connection.client())
        is_large = self._rows is not None and len(self._rows) > COMPARED_UP_TO
        try:
            there = (query.limit(1) if is_large else query).get(timeout=self._pace.answer_s, retry=_ONCE)
        except DeadlineExceeded:
            return False
        except GoogleAPICallError:  # an answer, too: if it concerns the stream, that ends
            return True
        except ValueError:  # the channel was closed meanwhile
            return True
        revisions = {one.id: one.update_time for one in there}
        if not is_large and revisions != _revisions(self._rows):
            self._closed.wait(self._pace.catch_up_s)
            if stream.heard_at == heard_at and revisions != _revisions(self._rows):
                stream.give_up("it says nothing of what a reading finds")
        return True

    def give_up(self, connection: Connection, *, why: str) -> None:
        """End the stream, if it still is on this connection."""
        with self._opening:
            stream = self._stream if self.connection is connection else None
        if stream is not None:
            stream.give_up(why)

    def close(self) -> None:
        self._closed.set()
        with self._opening:
            connection, self.connection = self.connection, None
        self._stop(self._stream, self._listening)
        # Not for ever: the callback that is running may be waiting for whoever closes.
        if self._telling.acquire(timeout=CLOSE_WAIT_S):
            self._telling.release()
        if connection is not None:
            self._connections.give_back(connection)
        self._on_closed(self)

    def _listen(self) -> None:
        stream = OneStream(self._on_end)
        with self._opening:
            if self._closed.is_set():
                return
            before = self._stream, self._listening, self.connection
            self.connection = self._connections.take()
            self._stream, self._listening, self._is_current = stream, None, False
            query = self._asked(self.connection.client(stream))
            self._listening = query.on_snapshot(partial(self._on_snapshot, stream))
        self._leave(*before)

    def _asked(self, client: Any) -> Any:
        query = asked(self._query, client.collection(self._collection))
        return query if self._query.limit is None else query.limit(self._query.limit)

    def _leave(self, stream: OneStream | None, listening: Any, connection: Connection | None) -> None:
        self._stop(stream, listening)
        if connection is not None:
            self._connections.give_back(connection)

    def _stop(self, stream: OneStream | None, listening: Any) -> None:
        if stream is not None:
            stream.close()
        # On the thread that it calls back the client would wait for itself; there the end of its stream is enough.
        if listening is not None and self._telling_on != threading.get_ident():
            listening.unsubscribe()

    def _ended(self) -> str | None:
        if self._stream is not None and self._stream.ended is not None:
            return self._stream.ended
        if self._listening is not None and not self._listening.is_active:
            return "the client stopped listening"
        return None

    def _heard_at(self) -> float:
        """When the stream last brought anything: thousands of documents take their time until they are a state."""
        heard_at = self._stream.heard_at if self._stream is not None else None
        return max(heard_at or self._opened_at, self._opened_at)

    def _too_long_without_a_state(self, now: float) -> str | None:
        if self._is_current or self._stream is None or now - self._heard_at() < self._patience_s:
            return None
        why = f"it said nothing in {self._patience_s:g} s"
        self._patience_s = min(self._patience_s * 2, self._pace.first_state_at_most_s)
        if self.connection is not None:  # perhaps it is the one stream too many
            self._connections.give_up(self.connection)
        self._stream.give_up(why)
        return why

    def _on_snapshot(self, stream: OneStream, snapshots: list[Any], _changes: Any, _read_time: Any) -> None:
        with self._telling:
            if self._closed.is_set() or stream is not self._stream:
                return
            self._telling_on = threading.get_ident()
            try:
                self._tell(snapshots)
            except Exception:  # the port's promise: logged, and the watch lives on; in the client it would end it
                log.exception("a callback of watch %s failed", self._collection)
            finally:
                self._telling_on = None

    def _tell(self, snapshots: list[Any]) -> None:
        before = self._rows or {}
        rows: dict[str, Row[Any]] = {}
        for one in snapshots:
            known = before.get(one.id)
            # Each document is read once: a change costs only what changed. And none goes back in time: the emulator
            # tells a write that meets the opening of a stream before the state it was made on.
            rows[one.id] = known if known and known.revision >= one.update_time else row_of(self._query.kind, one)
        # The client puts them in ascending order whatever the query says.
        ordered = in_order(self._query, {name: row.fields for name, row in rows.items()})
        rows = {name: rows[name] for name in ordered}
        self._is_current = True
        self._patience_s = self._pace.first_state_s
        if self._rows is None or list(rows) != list(self._rows) or _revisions(rows) != _revisions(self._rows):
            self._rows = rows
            self._on_state(found(rows.values()))


def _revisions(rows: dict[str, Row[Any]] | None) -> dict[str, Any]:
    return {name: row.revision for name, row in (rows or {}).items()}
