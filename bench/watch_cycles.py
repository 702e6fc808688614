"""Whether watches that come and go leave anything behind: `python -m bench.watch_cycles [CYCLES] > watch_cycles.csv`.

Each cycle subscribes, hears the first state and unsubscribes, on an emulator, beside one watch that stays. One row for
every twentieth part: cycles so far, threads, open channels, open files, resident memory in MB, microseconds a cycle.
"""

import csv
import gc
import os
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

from holdline.firestore import FirestoreDatabase, connect
from holdline.help_request import HelpRequest
from holdline.settings import FirestoreSettings
from holdline.store import Query, Store
from tests.emulator import running_emulator

CYCLES = 10_000
ROWS = 20
HEADER = ("cycles", "threads", "channels", "files", "rss_mb", "us_per_cycle")


def cycle(store: Store) -> None:
    heard = threading.Event()
    watch = store.watch(Query(HelpRequest), lambda _: heard.set())
    if not heard.wait(10):
        raise TimeoutError("a watch told no state within 10 s")
    watch.close()


def row(database: FirestoreDatabase, cycles: int, us_per_cycle: float) -> tuple[int, int, int, int, float, int]:
    gc.collect()
    time.sleep(1)  # the client's threads end a moment after their stream
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    rss_mb = round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
    files = len(os.listdir("/proc/self/fd"))
    return cycles, threading.active_count(), database.open_channels, files, rss_mb, round(us_per_cycle)


def main(cycles: int) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEADER)
    with running_emulator() as host:
        settings = FirestoreSettings(google_cloud_project=f"demo-{uuid4().hex[:12]}", firestore_emulator_host=host)
        database = connect(settings)
        store = database.for_org("salon")
        stays = store.watch(Query(HelpRequest), lambda _: None)
        cycle(store)
        out.writerow(row(database, 0, 0))
        for part in range(ROWS):
            began = time.monotonic()
            for _ in range(cycles // ROWS):
                cycle(store)
            took_s = time.monotonic() - began
            out.writerow(row(database, (part + 1) * (cycles // ROWS), took_s / (cycles // ROWS) * 1e6))
            sys.stdout.flush()
        stays.close()
        database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CYCLES)
