"""Outages of Firestore, lived through by a watch: what it was told afterwards, how soon, and how often it knocked."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc

from holdline.firestore import FirestoreDatabase, connect
from holdline.firestore.pace import Pace
from holdline.help_request import HelpRequest
from holdline.settings import FirestoreSettings
from holdline.store import Found, Query, Watch
from tests.faults.scripted_firestore import (
    ScriptedFirestore,
    Stream,
    ends_with,
    removed_by_server,
    says,
    state_of,
    stays_open,
)

ROOT = "projects/demo-scripted/databases/(default)/documents/orgs/salon/help_requests"
ONE, TWO = f"{ROOT}/one", f"{ROOT}/two"
Told = queue.Queue[list[str]]


@contextmanager
def database_at(port: int, *, pace: Pace | None = None) -> Iterator[FirestoreDatabase]:
    settings = FirestoreSettings(google_cloud_project="demo-scripted", firestore_emulator_host=f"127.0.0.1:{port}")
    database = connect(settings, pace=pace)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def watching(server: ScriptedFirestore, *, pace: Pace | None = None) -> Iterator[tuple[Told, Watch]]:
    told: Told = queue.Queue()

    def tell(state: Found[HelpRequest]) -> None:
        told.put([error.path.rpartition("/")[2] for error in state.invalid])

    try:
        with database_at(server.port, pace=pace) as database:
            yield told, database.for_org("salon").watch(Query(HelpRequest), tell)
    finally:
        server.stop()


FAILURES: dict[str, Stream] = {
    "unavailable": ends_with(grpc.StatusCode.UNAVAILABLE),
    "cancelled": ends_with(grpc.StatusCode.CANCELLED),
    "denied": ends_with(grpc.StatusCode.PERMISSION_DENIED),
    "exhausted": ends_with(grpc.StatusCode.RESOURCE_EXHAUSTED),
    "removed": says(*state_of()[:1], removed_by_server(7)),
    "ended": says(),
}


class Outage:
    """Streams die of `failure` until it is over; then they tell of the answer."""

    def __init__(self, failure: Stream) -> None:
        self._failure = failure
        self._is_over = threading.Event()

    def end(self) -> None:
        self._is_over.set()

    def __call__(self, context: grpc.ServicerContext) -> Iterator[Any]:
        return (stays_open(*state_of(ONE, TWO)) if self._is_over.is_set() else self._failure)(context)


@dataclass(frozen=True)
class Lived:
    states: list[list[str]]
    """What was told after the recovery."""
    took_s: float
    """From the recovery to the first of them."""
    reopened: int
    """Streams opened during the outage."""


def live_through(failure: Stream, *, outage_s: float) -> Lived:
    outage = Outage(failure)
    server = ScriptedFirestore(says(*state_of(ONE)), outage)
    with watching(server) as (told, _):
        assert told.get(timeout=3) == ["one"]
        time.sleep(outage_s)
        reopened = server.opened - 1
        outage.end()
        recovered_at = time.monotonic()
        states = [told.get(timeout=5)]
        took_s = time.monotonic() - recovered_at
        time.sleep(0.2)
        with suppress(queue.Empty):
            states.append(told.get_nowait())
        return Lived(states, took_s, reopened)


def live_through_all(outage_s: float) -> dict[str, Lived]:
    """Side by side, for time is what it costs."""
    lived: dict[str, Lived] = {}

    def live(name: str) -> None:
        lived[name] = live_through(FAILURES[name], outage_s=outage_s)

    threads = [threading.Thread(target=live, args=(name,)) for name in FAILURES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return lived
