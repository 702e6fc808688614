"""What every entry point works with: settings and lazy clients, made once a process and shared by its requests.

Nothing here connects before the first request, because a gRPC client does not survive a server's fork.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from functions.binding import Lines
from functions.identity import FirebaseIdentity, Identity
from functions.messages import Messages, messages_of
from functions.rooms import LiveKitRooms, Rooms
from functions.tracing import trace_this_request
from holdline import logs, telemetry
from holdline.firestore import connect
from holdline.settings import FunctionsSettings, load
from holdline.store import Database


@dataclass(frozen=True)
class Context:
    settings: FunctionsSettings
    database: Database
    lines: Lines
    rooms: Rooms
    identity: Identity
    messages: Messages | None
    """None where there is nobody who would carry a text."""
    now: Callable[[], datetime]
    new_id: Callable[[], str]


_instead: Context | None = None
_one_at_a_time = threading.Lock()


def settings() -> FunctionsSettings:
    """The settings of this process; raises BadSettings, which keeps a process without them from starting."""
    return _instead.settings if _instead else _settings()


def context() -> Context:
    """What one request works with; asked for once a request, whose log lines are about nothing of an earlier one."""
    logs.about()
    if _instead is not None:
        return _instead
    with _one_at_a_time:  # the first requests of a process come in several threads, and clients are made once
        traces, made = _telemetry(), _context()
    trace_this_request(traces)
    return made


@contextmanager
def replaced(by: Context) -> Iterator[None]:
    """The seam for tests: inside the block every entry point works with `by`."""
    global _instead
    before, _instead = _instead, by
    try:
        yield
    finally:
        _instead = before


@cache
def _settings() -> FunctionsSettings:
    found = load(FunctionsSettings)
    logs.set_up("functions", found)
    return found


@cache
def _telemetry() -> telemetry.Telemetry | None:
    return telemetry.start("functions", _settings())


@cache
def _context() -> Context:
    database = connect(_settings())
    return Context(
        settings=_settings(),
        database=database,
        lines=Lines(database),
        rooms=LiveKitRooms(_settings()),
        identity=FirebaseIdentity(_settings()),
        messages=messages_of(_settings()),
        now=lambda: datetime.now(UTC),
        new_id=lambda: uuid.uuid4().hex,
    )
