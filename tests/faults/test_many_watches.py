"""Many watches in one process, as a busy dashboard has them, while their storage misbehaves."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from holdline.errors import HoldlineError
from holdline.firestore import FirestoreDatabase, connect
from holdline.help_request import HelpRequest
from holdline.settings import FirestoreSettings
from holdline.store import Create, Found, Put, Query, Store
from tests.builders import ANA, a_request, an_answered_request
from tests.emulator import an_emulator, free_port

HOLDS = 25
RECOVERED_WITHIN_S = 2.0
FREEZE_S = 8.0
"""Long enough for the connections to be given up."""
ORGANISATIONS = 120
WRITES = 600
GAP_S = 0.02

pytestmark = [pytest.mark.proof, pytest.mark.timeout(180)]


class Holds:
    """Calls on hold: a watch on each one's requests, and when each told which answer."""

    def __init__(self, database: FirestoreDatabase) -> None:
        self.store = database.for_org("salon")
        self.told: Counter[str] = Counter()
        self._all = threading.Semaphore(0)
        self.last_told_at = 0.0
        for number in range(HOLDS):
            self.store.watch(Query(HelpRequest, {"call": f"call-{number}"}), self._tell)

    def _tell(self, found: Found[HelpRequest]) -> None:
        for request in found.records:
            self._all.release()
            if request.answer:
                self.told[f"{request.call}: {request.answer}"] += 1
                self.last_told_at = time.monotonic()

    def until_told(self, states: int) -> None:
        for _ in range(states):
            assert self._all.acquire(timeout=15)


def put(store: Store, answer: str | None) -> None:
    """All at once, and again until storage has it; not twice, where only the word that it has was lost."""
    for _ in range(20):
        try:
            last = store.get(HelpRequest, f"request-{HOLDS - 1}")
            if last is None or last.record.answer != answer:
                store.commit(*(Put(_on(number, answer)) for number in range(HOLDS)))
        except HoldlineError:
            continue
        return
    raise TimeoutError("storage takes no answers")


def _on(number: int, answer: str | None) -> HelpRequest:
    name, call = f"request-{number}", f"call-{number}"
    request = a_request(name) if answer is None else an_answered_request(name, by=ANA, answer=answer)
    return request.model_copy(update={"call": call})


@contextmanager
def database_of(project: str, port: int) -> Iterator[FirestoreDatabase]:
    database = connect(FirestoreSettings(google_cloud_project=project, firestore_emulator_host=f"127.0.0.1:{port}"))
    try:
        yield database
    finally:
        database.close()


def all_hear(holds: Holds, store: Store, answer: str) -> float:
    """Answer every hold now; how long until the last one was told."""
    began = time.monotonic()
    put(store, answer)
    holds.until_told(HOLDS)
    return holds.last_told_at - began


def test_holds_survive_storage_that_freezes_and_storage_that_is_killed() -> None:
    port, project = free_port(), f"demo-{uuid4().hex[:12]}"
    emulator = an_emulator(port)
    try:
        with database_of(project, port) as watcher, database_of(project, port) as desk:
            store, holds = desk.for_org("salon"), Holds(watcher)
            put(store, None)
            holds.until_told(HOLDS)

            emulator.send_signal(signal.SIGSTOP)
            time.sleep(FREEZE_S)
            emulator.send_signal(signal.SIGCONT)
            after_freeze_s = all_hear(holds, store, "Yes, after the freeze.")

            emulator.kill()
            emulator.wait()
            emulator = an_emulator(port)
            after_kill_s = all_hear(holds, store, "Yes, after the kill.")
        assert len(holds.told) == 2 * HOLDS, "none lost"
        assert set(holds.told.values()) == {1}, "none twice"
        print(f"last of {HOLDS} told {after_freeze_s:.2f} s after a freeze, {after_kill_s:.2f} s after a kill")
        assert max(after_freeze_s, after_kill_s) < RECOVERED_WITHIN_S
    finally:
        emulator.send_signal(signal.SIGCONT)
        emulator.kill()
        emulator.wait()


@contextmanager
def capped(emulator_host: str) -> Iterator[int]:
    """The port of a front that carries no more than a hundred streams a connection."""
    port = free_port()
    proxy = subprocess.Popen([sys.executable, "-m", "tests.faults.capped_proxy", str(port), emulator_host])
    try:
        yield port
    finally:
        proxy.terminate()
        proxy.wait()


def test_a_hundred_and_twenty_organisations_are_watched_over_connections_that_carry_a_hundred(
    emulator_host: str,
) -> None:
    project = f"demo-{uuid4().hex[:12]}"
    with capped(emulator_host) as port, database_of(project, port) as dashboard:
        opened, told = threading.Semaphore(0), threading.Semaphore(0)
        seen: list[set[str]] = [set() for _ in range(ORGANISATIONS)]

        def tells(number: int) -> Callable[[Found[HelpRequest]], None]:
            def tell(found: Found[HelpRequest]) -> None:
                opened.release()
                for name in {request.id for request in found.records} - seen[number]:
                    seen[number].add(name)
                    told.release()

            return tell

        for number in range(ORGANISATIONS):
            dashboard.for_org(f"org-{number}").watch(Query(HelpRequest), tells(number))
        for _ in range(ORGANISATIONS):
            assert opened.acquire(timeout=30)
        assert dashboard.open_channels == 3

        took_ms: list[float] = []
        for number in range(WRITES):
            began = time.perf_counter()
            dashboard.for_org(f"org-{number % ORGANISATIONS}").commit(Create(a_request(f"request-{number}")))
            took_ms.append((time.perf_counter() - began) * 1000)
            time.sleep(GAP_S)
        for _ in range(WRITES):
            assert told.acquire(timeout=10)
        assert sum(map(len, seen)) == WRITES
        assert dashboard.watches.live == ORGANISATIONS
    took_ms.sort()
    p50, p99 = took_ms[WRITES // 2], took_ms[WRITES * 99 // 100]
    print(f"{ORGANISATIONS} organisations, {WRITES} writes: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    assert p99 <= 50
