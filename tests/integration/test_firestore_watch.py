"""A watch cannot die in silence, whatever ends its stream; and it leaves nothing behind when it is closed."""

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from holdline.errors import Unavailable
from holdline.firestore import FirestoreDatabase, connect
from holdline.firestore.connection import TIMEOUT_S
from holdline.help_request import HelpRequest
from holdline.people import Person
from holdline.settings import FirestoreSettings
from holdline.store import Create, Found, Put, Query, Store, Watch
from tests.builders import a_person, a_request
from tests.emulator import free_port
from tests.faults.scripted_firestore import (
    ScriptedFirestore,
    Stream,
    count_is,
    ends_with,
    removed_by_server,
    says,
    state_of,
    stays_open,
)

ROOT = "projects/demo-scripted/databases/(default)/documents/orgs/salon/help_requests"
ONE, TWO = f"{ROOT}/one", f"{ROOT}/two"


@contextmanager
def database_at(port: int) -> Iterator[FirestoreDatabase]:
    settings = FirestoreSettings(google_cloud_project="demo-scripted", firestore_emulator_host=f"127.0.0.1:{port}")
    database = connect(settings)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def watching(*script: Stream) -> Iterator[tuple[ScriptedFirestore, "queue.Queue[list[str]]", Watch]]:
    """A watch on a server that follows the script, and the ids of each state it tells."""
    server = ScriptedFirestore(*script)
    told: queue.Queue[list[str]] = queue.Queue()

    def tell(state: Found[HelpRequest]) -> None:
        told.put([error.path.rpartition("/")[2] for error in state.invalid])

    try:
        with database_at(server.port) as database:
            yield server, told, database.for_org("salon").watch(Query(HelpRequest), tell)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "broken",
    [
        ends_with(grpc.StatusCode.UNAVAILABLE, *state_of(ONE)),
        ends_with(grpc.StatusCode.CANCELLED, *state_of(ONE)),
        ends_with(grpc.StatusCode.PERMISSION_DENIED, *state_of(ONE)),
        ends_with(grpc.StatusCode.UNAUTHENTICATED, *state_of(ONE)),
        ends_with(grpc.StatusCode.INTERNAL, *state_of(ONE)),
        says(*state_of(ONE)),
        stays_open(*state_of(ONE), removed_by_server(7)),
        stays_open(*state_of(ONE), count_is(5)),
    ],
    ids=["unavailable", "cancelled", "denied", "signed out", "internal", "ended", "removed", "out of step"],
)
def test_a_stream_that_ends_in_any_way_is_opened_anew_and_tells_what_was_missed(broken: Stream) -> None:
    with watching(broken, stays_open(*state_of(ONE, TWO))) as (server, told, watch):
        assert told.get(timeout=3) == ["one"]
        assert told.get(timeout=3) == ["one", "two"]
        assert watch.is_live
        assert server.opened == 2


def test_a_stream_that_could_not_even_begin_is_opened_anew() -> None:
    with watching(ends_with(grpc.StatusCode.PERMISSION_DENIED), stays_open(*state_of(ONE))) as (_, told, watch):
        assert told.get(timeout=3) == ["one"]
        assert watch.is_live


def test_the_same_state_after_a_break_is_not_told_again() -> None:
    script = (says(*state_of(ONE)), says(*state_of(ONE)), stays_open(*state_of(ONE, TWO)))
    with watching(*script) as (_, told, _watch):
        assert [told.get(timeout=3), told.get(timeout=3)] == [["one"], ["one", "two"]]


def test_half_a_state_is_never_told() -> None:
    whole = state_of(ONE, TWO)
    with watching(says(*whole[:-2]), stays_open(*whole)) as (_, told, _watch):
        assert told.get(timeout=3) == ["one", "two"]


def test_a_server_that_refuses_at_once_is_not_asked_more_than_once_a_second_on_average(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING), watching(ends_with(grpc.StatusCode.UNAVAILABLE)) as (server, _, watch):
        began = time.monotonic()
        until(lambda: server.opened == 5, within_s=8)
        assert time.monotonic() - began >= 3.1  # pauses of 0.2, 1, 1.4 and 1.4 s, a fifth less at most
        assert not watch.is_live
    assert "UNAVAILABLE: as the script says" in caplog.text


def test_a_server_that_is_not_there_yet_is_waited_for() -> None:
    port = free_port()
    told: queue.Queue[Found[HelpRequest]] = queue.Queue()
    with database_at(port) as database:
        store = database.for_org("salon")
        watch, given_up = store.watch(Query(HelpRequest), told.put), store.watch(Query(HelpRequest), told.put)
        assert not watch.is_live
        began = time.monotonic()
        given_up.close()
        assert time.monotonic() - began < 1, "closing does not wait for a server"
        server = ScriptedFirestore(stays_open(*state_of(ONE)), port=port)
        assert told.get(timeout=5).invalid
        server.stop()


def test_a_watch_that_is_closed_leaves_no_thread_and_no_channel(firestore_settings: FirestoreSettings) -> None:
    before = threading.active_count()
    database = connect(firestore_settings)
    store = database.for_org("salon")
    store.commit(Create(a_request()))
    for _ in range(5):
        told: queue.Queue[Found[HelpRequest]] = queue.Queue()
        watches = [store.watch(Query(HelpRequest), told.put) for _ in range(4)]
        for _ in watches:
            told.get(timeout=5)
        for watch in watches:
            watch.close()
    assert database.open_channels == 1
    database.close()
    until(lambda: threading.active_count() <= before, within_s=5)


def test_a_watch_that_closes_in_its_own_callback_leaves_no_thread(firestore_settings: FirestoreSettings) -> None:
    database = connect(firestore_settings)
    store = database.for_org("salon")
    before = threading.active_count()
    for _ in range(3):
        closed = threading.Event()
        opened: queue.Queue[Watch] = queue.Queue()

        def close(_: Found[Person], opened: "queue.Queue[Watch]" = opened, closed: threading.Event = closed) -> None:
            opened.get(timeout=5).close()
            closed.set()

        opened.put(store.watch(Query(Person), close))
        assert closed.wait(5)
    until(lambda: threading.active_count() <= before + 2, within_s=5)  # two look after the watches to come
    database.close()
    until(lambda: threading.active_count() <= before, within_s=5)


def test_a_watch_closed_from_another_thread_tells_nothing_afterwards(firestore_settings: FirestoreSettings) -> None:
    database = connect(firestore_settings)
    for _ in range(10):
        _close_amid_changes(database.for_org("salon"))
    database.close()


def _close_amid_changes(store: Store) -> None:
    first, closed = threading.Event(), threading.Event()
    late: list[Any] = []

    def tell(state: Found[Person]) -> None:
        first.set()
        if closed.is_set():
            late.append(state)

    watch = store.watch(Query(Person), tell)
    assert first.wait(5)

    def write() -> None:
        for number in range(10):
            store.commit(Put(a_person(name=f"Ana {number}")))

    writer = threading.Thread(target=write)
    writer.start()
    watch.close()
    closed.set()
    writer.join()
    assert late == []


def test_more_watches_than_one_connection_carries_all_hear(firestore_settings: FirestoreSettings) -> None:
    database = connect(firestore_settings)
    store = database.for_org("salon")
    heard: queue.Queue[int] = queue.Queue()

    def hears(number: int) -> Callable[[Found[HelpRequest]], None]:
        return lambda state: heard.put(number) if state.stored else None

    for number in range(101):
        store.watch(Query(HelpRequest), hears(number))
    store.commit(Create(a_request()))
    assert {heard.get(timeout=20) for _ in range(101)} == set(range(101))
    assert database.open_channels == 3
    database.close()


def test_a_backend_that_is_dead_or_mute_is_unavailable_within_the_bound() -> None:
    """Dead: nothing listens. Mute: the connection is accepted and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        acts: list[Callable[[FirestoreDatabase], Any]] = [
            lambda database: database.for_org("salon").commit(Create(a_request())),
            lambda database: database.for_org("salon").get(HelpRequest, "one"),
            lambda database: database.for_org("salon").find(Query(HelpRequest)),
        ]
        outcomes: list[tuple[bool, float]] = []

        def run(port: int, act: Callable[[FirestoreDatabase], Any]) -> None:
            with database_at(port) as database:
                began = time.monotonic()
                try:
                    act(database)
                except Unavailable:
                    outcomes.append((True, time.monotonic() - began))

        threads = [
            threading.Thread(target=run, args=(port, act))
            for port in (free_port(), mute.getsockname()[1])
            for act in acts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [refused for refused, _ in outcomes] == [True] * 6
    assert max(seconds for _, seconds in outcomes) < TIMEOUT_S + 1


def until(is_so: Callable[[], bool], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)
