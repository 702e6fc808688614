"""A live query that cannot die in silence.

The client's `on_snapshot` listens. Whatever ends it - the connection, the server, a refusal, an answer that it does not
understand - is noticed by the one supervisor of the database and logged; after a pause `on_snapshot` is called anew and
begins with the whole current state. Nothing is resumed: what was missed in between is in that state.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from holdline.firestore.connection import Connection
from holdline.firestore.documents import Row, asked, found, row_of
from holdline.firestore.stream import OneStream
from holdline.store import Found, Query, in_order

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
HEALTHY_AFTER_S = 10.0
"""A stream that lived so long earns its successor the shortest pause: on average less than one reopening a second."""
LOOK_EVERY_S = 0.5
"""The end of a stream is told at once; that the client's thread stopped reading it is seen by looking."""
CLOSE_WAIT_S = 1.0


class FirestoreWatch:
    def __init__(
        self,
        connection: Connection,
        query: Query[Any],
        *,
        collection: str,
        on_state: Callable[[Found[Any]], None],
        on_end: Callable[[], None],
        on_closed: Callable[["FirestoreWatch"], None],
    ) -> None:
        self._connection = connection
        self._query = query
        self._collection = collection
        self._on_state = on_state
        self._on_end = on_end
        self._on_closed = on_closed
        self._rows: dict[str, Row[Any]] | None = None
        self._is_current = False
        self._stream: OneStream | None = None
        self._listening: Any = None
        self._opened_at = 0.0
        self._opens_at: float | None = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._closed = threading.Event()
        self._telling = threading.RLock()
        self._telling_on: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether the last state delivered is current; False until the first, and while it is opened anew."""
        return self._is_current and not self._closed.is_set() and self._ended() is None

    def look(self) -> float:
        """Open what is not open, or no longer; the seconds after which it wants to be looked at again."""
        if self._closed.is_set():
            return LOOK_EVERY_S
        now = time.monotonic()
        if self._opens_at is None:
            if (why := self._ended()) is None:
                return LOOK_EVERY_S
            if now - self._opened_at > HEALTHY_AFTER_S:
                self._pause_s = FIRST_PAUSE_S
            log.warning("watch %s broke (%s); opening it again in %.1f s", self._collection, why, self._pause_s)
            self._opens_at = now + self._pause_s * random.uniform(0.8, 1.2)  # noqa: S311 - spreads many watches out
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        if now < self._opens_at:
            return self._opens_at - now
        self._opened_at, self._opens_at = now, None
        self._listen()
        return LOOK_EVERY_S

    def close(self) -> None:
        self._closed.set()
        self._stop(self._stream, self._listening)
        # Not for ever: the callback that is running may be waiting for whoever closes.
        if self._telling.acquire(timeout=CLOSE_WAIT_S):
            self._telling.release()
        self._on_closed(self)

    def _listen(self) -> None:
        before = self._stream, self._listening
        stream = OneStream(self._on_end)
        query = asked(self._query, self._connection.client(stream).collection(self._collection))
        if self._query.limit is not None:
            query = query.limit(self._query.limit)
        self._is_current = False
        self._stream = stream
        self._listening = query.on_snapshot(partial(self._on_snapshot, stream))
        self._stop(*before)
        if self._closed.is_set():
            self._stop(stream, self._listening)

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
            # Each document is read once: a change costs only what changed.
            rows[one.id] = known if known and known.revision == one.update_time else row_of(self._query.kind, one)
        # The client puts them in ascending order whatever the query says.
        ordered = in_order(self._query, {name: row.fields for name, row in rows.items()})
        rows = {name: rows[name] for name in ordered}
        self._is_current = True
        if self._rows is None or _revisions(rows) != _revisions(self._rows):
            self._rows = rows
            self._on_state(found(rows.values()))


def _revisions(rows: dict[str, Row[Any]]) -> list[Any]:
    return [(name, row.revision) for name, row in rows.items()]
