"""Whether watches that come and go leave anything behind: `python -m bench.watch_cycles`.

Each cycle subscribes, hears the first state and unsubscribes, on an emulator, beside one watch that stays. What is held
is looked at after every twentieth part; what was gained counts from the first of these looks, when everything that is
made once is there.
"""

import gc
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import click

from bench import plot
from bench.measure import Bar, Report, Series, figure
from holdline.firestore import FirestoreDatabase, connect
from holdline.help_request import HelpRequest
from holdline.settings import FirestoreSettings
from holdline.store import Query, Store
from tests.emulator import running_emulator

PARTS = 20
SETTLES_S = 1.0
"""The client's threads end a moment after their stream."""
GAINED_MB = 5.0
"""Of resident memory, which comes and goes by pages; rows that stayed behind would gain many times as much."""


@dataclass(frozen=True)
class Held:
    """What this process holds after so many cycles."""

    cycles: int
    threads: int
    channels: int
    files: int
    resident_mb: float

    @classmethod
    def now(cls, database: FirestoreDatabase, *, cycles: int) -> "Held":
        gc.collect()
        time.sleep(SETTLES_S)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        resident_mb = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        files = len(os.listdir("/proc/self/fd"))
        return cls(cycles, threading.active_count(), database.open_channels, files, resident_mb)


def lived_through(settings: FirestoreSettings, cycles: int, *, took: Series, parts: int = PARTS) -> Iterator[Held]:
    """What is held after each part of the cycles; raises TimeoutError when a watch tells nothing."""
    database = connect(settings)
    store = database.for_org("salon")
    stays = store.watch(Query(HelpRequest), lambda _: None)
    try:
        for part in range(1, parts + 1):
            for _ in range(cycles // parts):
                took.add(_cycle(store))
            yield Held.now(database, cycles=part * (cycles // parts))
    finally:
        stays.close()
        database.close()


def _cycle(store: Store) -> float:
    """The ms that it took."""
    began = time.perf_counter()
    heard = threading.Event()
    watch = store.watch(Query(HelpRequest), lambda _: heard.set())
    if not heard.wait(10):
        raise TimeoutError("a watch told no state within 10 s")
    watch.close()
    return (time.perf_counter() - began) * 1000


def run(cycles: int) -> None:
    report = Report("watch_cycles", command=f"python -m bench.watch_cycles --cycles {cycles}")
    took = Series("subscribe, first state, unsubscribe")
    with running_emulator() as host:
        settings = FirestoreSettings(google_cloud_project=f"demo-{uuid4().hex[:12]}", firestore_emulator_host=host)
        held = list(lived_through(settings, cycles, took=took))
    first, last = held[0], held[-1]
    nothing = Bar("mean", 0)
    series = [
        took,
        Series("threads", "", values=[float(one.threads) for one in held]),
        Series("resident memory", "MB", values=[one.resident_mb for one in held]),
        figure("threads gained", last.threads - first.threads, unit="", bar=nothing),
        figure("channels gained", last.channels - first.channels, unit="", bar=nothing),
        figure("open files gained", last.files - first.files, unit="", bar=nothing),
        figure("resident memory gained", last.resident_mb - first.resident_mb, unit="MB", bar=Bar("mean", GAINED_MB)),
    ]
    lines = {
        "threads": [(float(one.cycles), float(one.threads)) for one in held],
        "resident memory, MB": [(float(one.cycles), one.resident_mb) for one in held],
    }
    svg = report.write(series, notes=[f"gained is from cycle {first.cycles} to cycle {last.cycles}"])
    plot.curves(svg, title="What watches leave behind", along="cycles", lines=lines, unit="threads, MB")


@click.command()
@click.option("--cycles", default=10_000, show_default=True, help="Watches opened and closed.")
def main(cycles: int) -> None:
    run(cycles)


if __name__ == "__main__":
    main()
