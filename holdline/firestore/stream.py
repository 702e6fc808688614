"""One Listen stream for one `on_snapshot`, and word of its end.

After UNAVAILABLE and its like the client opens another stream by itself, at once, hundreds of times a second while a
server refuses. It does so from the thread that serves every other stream of the channel, so to make it wait there would
hold them all up; and it holds a lock meanwhile, so that it could not be closed. Other ends it raises on threads where
nobody catches them. Here every end is the same to it, final and quiet: nothing is paced, because nothing is left to
pace. The watch is told why, and calls `on_snapshot` anew when it is time.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
from google.api_core.exceptions import GoogleAPICallError


class StreamEnded(GoogleAPICallError):
    """None of the errors after which the client opens a stream again."""

    def __init__(self) -> None:
        super().__init__("the stream ended")  # type: ignore[no-untyped-call]


class OneStream(grpc.StreamStreamClientInterceptor):
    """Lets a client open one stream and no second one."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._lock = threading.Lock()
        self._may_open = True
        self._call: Any = None
        self.ended: str | None = None
        """Why, once it did."""
        self.heard_at: float | None = None
        """When anything last came, by the monotonic clock."""

    def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        with self._lock:
            if not self._may_open:
                return _Stream(None, self)
            self._may_open = False
            try:
                call = self._call = continuation(client_call_details, request_iterator)
            except ValueError as error:  # the channel is closed
                self.ended = str(error)
                return _Stream(None, self)
        call.add_done_callback(self._note_end)
        return _Stream(call, self)

    def close(self) -> None:
        """End the stream, or see to it that none begins."""
        with self._lock:
            self._may_open = False
        if self._call is not None:
            self._call.cancel()

    def give_up(self, why: str) -> None:
        """End the stream for a reason of ours."""
        self.ended = self.ended or why
        self.close()
        self._on_end()

    def _note_end(self, call: Any) -> None:
        self.ended = self.ended or f"{call.code().name}: {call.details()}"
        self._on_end()


class _Stream:
    """What the client sees of its call; one that was never opened (None) has ended already."""

    def __init__(self, call: Any, one: OneStream) -> None:
        self._call = call
        self._one = one

    def __next__(self) -> Any:
        if self._call is None:
            raise StreamEnded
        try:
            response = next(self._call)
        except (grpc.RpcError, StopIteration) as end:
            raise StreamEnded from end
        self._one.heard_at = time.monotonic()
        return response

    def is_active(self) -> bool:
        return self._call is not None and bool(self._call.is_active())

    def cancel(self) -> None:
        if self._call is not None:
            self._call.cancel()

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Not passed on: from there the client opens and raises on threads of grpc's. `__next__` tells it enough."""
