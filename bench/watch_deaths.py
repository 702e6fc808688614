"""How soon after a recovery a watch tells what was missed, for each kind of death: `python -m bench.watch_deaths`.

A scripted server plays the outages, some seconds each, all kinds side by side. A half-open connection does not recover:
there the time is from the write that it does not carry, on an emulator behind a wire that goes mute.
"""

import logging
import queue
import threading
import time
from uuid import uuid4

import click

from bench import plot
from bench.measure import Bar, Report, Series
from holdline.firestore import connect
from holdline.help_request import HelpRequest
from holdline.settings import FirestoreSettings
from holdline.store import Create, Query
from tests.builders import a_request
from tests.emulator import running_emulator
from tests.faults.line import Line
from tests.faults.outages import FAILURES, live_through_all

SHORTEST_S, STEP_S = 4.0, 0.7
"""Outages of many lengths, so that they end at every point of a pause."""
MINUTE_S = 60.0


def half_open(host: str, *, mute_after_s: float) -> float:
    name, _, port = host.partition(":")
    line = Line(int(port))
    settings = FirestoreSettings(google_cloud_project=f"demo-{uuid4().hex[:12]}", firestore_emulator_host=host)
    direct = connect(settings)
    watcher = connect(settings.model_copy(update={"firestore_emulator_host": f"{name}:{line.port}"}))
    told: queue.Queue[int] = queue.Queue()
    try:
        watcher.for_org("salon").watch(Query(HelpRequest), lambda found: told.put(len(found.stored)))
        told.get(timeout=10)
        time.sleep(mute_after_s)
        line.go_mute()
        began = time.monotonic()
        direct.for_org("salon").commit(Create(a_request()))
        told.get(timeout=60)
        return time.monotonic() - began
    finally:
        watcher.close()
        direct.close()
        line.close()


def used_in_a_minute() -> float:
    """What this process took of one processor while every kind of outage lasted for a minute, in percent."""
    began = time.process_time()
    live_through_all(MINUTE_S)
    return (time.process_time() - began) / MINUTE_S * 100


def run(rounds: int) -> None:
    report = Report("watch_deaths", command=f"python -m bench.watch_deaths --rounds {rounds}")
    told = {name: Series(f"{name}: told after the recovery", "s", Bar("max", 2)) for name in FAILURES}
    reopened = Series("streams opened in a second of outage", "/s", Bar("mean", 1))
    lost, doubled = (Series(name, "", Bar("max", 0)) for name in ("answers lost", "answers doubled"))
    for number in range(rounds):
        outage_s = SHORTEST_S + STEP_S * number
        for name, one in live_through_all(outage_s).items():
            told[name].add(one.took_s)
            reopened.add(one.reopened / outage_s)
            lost.add(float(["one", "two"] not in one.states))
            doubled.add(float(one.states.count(["one", "two"]) > 1))
    processor = Series("processor in a minute of outage, six watches and their servers", "%", Bar("max", 10))
    processor.add(used_in_a_minute())
    mute = Series("half-open: told after the write", "s")
    with running_emulator() as host:
        threads = [
            threading.Thread(target=lambda after_s=n * 0.45: mute.add(half_open(host, mute_after_s=after_s)))
            for n in range(rounds)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    svg = report.write([*told.values(), mute, reopened, lost, doubled, processor])
    plot.distributions(svg, title="Watch death: until the answer is told", series=[*told.values(), mute], unit="s")


@click.command()
@click.option("--rounds", default=8, show_default=True, help="Outages of each kind.")
def main(rounds: int) -> None:
    logging.disable()  # each death would be told, and there are hundreds
    run(rounds)


if __name__ == "__main__":
    main()
