"""A live query that cannot die in silence.

One thread reads one stream of the protocol's Listen call. Whatever ends the stream - the connection, the server, a
refusal, an answer we do not understand - is logged, and after a pause a new stream is opened that begins with the
whole current state. Nothing is resumed: what was missed in between is in that state.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

from holdline.firestore.connection import Connection, code_and_details
from holdline.firestore.documents import Rows, structured
from holdline.store import Found, Query

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
HEALTHY_AFTER_S = 10.0
"""A stream that lived so long earns its successor the shortest pause: on average less than one reopening a second."""
CLOSE_WAIT_S = 1.0

_TARGET = 1
_Change = types.TargetChange.TargetChangeType


class _StreamEnded(Exception):
    """The stream cannot go on, and why."""


class FirestoreWatch:
    def __init__(
        self,
        connection: Connection,
        query: Query[Any],
        *,
        parent: str,
        collection: str,
        on_state: Callable[[Found[Any]], None],
        on_closed: Callable[["FirestoreWatch"], None],
    ) -> None:
        self._connection = connection
        self._query = query
        self._name = f"{parent.partition('/documents')[2]}/{collection}".lstrip("/")
        self._request = types.ListenRequest.pb()(database=connection.root)
        self._request.add_target.target_id = _TARGET
        self._request.add_target.query.parent = parent
        self._request.add_target.query.structured_query.CopyFrom(structured(query, collection))
        self._on_state = on_state
        self._on_closed = on_closed
        self._last: Found[Any] | None = None
        self._is_current = False
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._stream: Any = None
        self._thread = threading.Thread(target=self._run, name=f"watch {self._name}", daemon=True)

    @property
    def is_live(self) -> bool:
        """Whether the last state delivered is current; False until the first, and while a stream is rebuilt."""
        return self._is_current and not self._closing.is_set()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
            stream = self._stream
        if stream is not None:
            stream.cancel()
        if threading.current_thread() is not self._thread:
            # Not for ever: the callback that is running may be waiting for whoever closes.
            self._thread.join(CLOSE_WAIT_S)
        self._on_closed(self)

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._closing.is_set():
            opened = time.monotonic()
            try:
                self._follow(self._open())
                why = "the stream ended"
            except _StreamEnded as error:
                why = str(error)
            except grpc.RpcError as error:
                code, details = code_and_details(error)
                why = f"{code.name}: {details}"
            except Exception:  # whatever it was, a dead watch would be worse
                log.exception("watch %s met something unforeseen", self._name)
                why = "see above"
            self._is_current = False
            if self._closing.is_set():
                return
            if time.monotonic() - opened > HEALTHY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            log.warning("watch %s broke (%s); opening it again in %.1f s", self._name, why, pause_s)
            self._closing.wait(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - spreads many watches out
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _open(self) -> Iterator[Any]:
        with self._lock:
            if self._closing.is_set():
                return iter(())
            ended = threading.Event()
            self._stream = self._connection.calls.listen(
                self._requests(ended), metadata=self._connection.metadata, wait_for_ready=True
            )
            self._stream.add_done_callback(lambda _: ended.set())
            stream: Iterator[Any] = self._stream
        return stream

    def _requests(self, ended: threading.Event) -> Iterator[Any]:
        """One request, and then the open half of a stream, which Firestore takes for our wish to go on."""
        yield self._request
        ended.wait()

    def _follow(self, stream: Iterator[Any]) -> None:
        rows: Rows[Any] = Rows(self._query)
        is_complete = False
        has_changed = True
        for response in stream:
            message = types.ListenResponse.pb(response)
            kind = message.WhichOneof("response_type")
            if kind == "document_change":
                change = message.document_change
                if _TARGET in change.target_ids:
                    has_changed |= rows.put(change.document)
                elif _TARGET in change.removed_target_ids:
                    has_changed |= rows.remove(change.document.name)
            elif kind in ("document_delete", "document_remove"):
                has_changed |= rows.remove(getattr(message, kind).document)
            elif kind == "filter":
                if message.filter.count != len(rows):
                    raise _StreamEnded(f"the server has {message.filter.count} documents, we have {len(rows)}")
            elif kind == "target_change":
                target = message.target_change
                if target.target_change_type == _Change.REMOVE:
                    raise _StreamEnded(f"removed by the server: {target.cause.code} {target.cause.message}")
                if target.target_change_type == _Change.RESET:
                    rows.clear()
                    is_complete, has_changed = False, True
                elif target.target_change_type == _Change.CURRENT:
                    is_complete = True
                elif (
                    target.target_change_type == _Change.NO_CHANGE
                    and not target.target_ids
                    and is_complete
                    and has_changed
                ):
                    has_changed = False
                    self._deliver(rows.found())

    def _deliver(self, state: Found[Any]) -> None:
        if self._closing.is_set():
            return
        self._is_current = True
        if _shape(state) == _shape(self._last):
            return
        self._last = state
        try:
            self._on_state(state)
        except Exception:  # the port's promise: logged, and the watch lives on
            log.exception("a callback of watch %s failed", self._name)


def _shape(state: Found[Any] | None) -> Any:
    if state is None:
        return None
    return [(one.record.id, one.revision) for one in state.stored], [str(error) for error in state.invalid]
