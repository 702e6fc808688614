"""How many calls one machine can hold at once: callers are added until figures break, and then no more.

`python -m bench.capacity`. Real calls with music, each with its own job; at every size each call is answered, one after
the other. Callers, emulator, LiveKit and worker share the machine, so a worker of its own holds more.
"""

import asyncio
import os
import time
from contextlib import AsyncExitStack, suppress
from itertools import takewhile
from typing import Any

import click
import psutil

from bench import plot
from bench.calls import LINE, SALON, LiveCall, Requests, answered, database_of, requests_of
from bench.held import ANSWERS
from bench.measure import Bar, Report, Series, figure
from bench.stack import whole
from bench.supervisor import Supervisor
from bench.warmth import warm_up
from functions.browser_call import LIVE_CALLS_OF_A_LINE
from holdline.store import Put, Store
from local.demo import SALON as SALON_OF_THE_DEMO

SYNTHESISER_MS = Bar("p95", 60)
LOUD_MS = Bar("p95", 400)
SETTLED_S = 3.0
QUIET_S = 1.0
PROMISED = 6
"""Calls for which a figure is promised: so many are measured whatever breaks before."""
PIECE_S = 0.05
"""How much sound a caller hears at once: with smaller pieces the callers take as much of the machine as the jobs."""
SECOND_LINE = SALON_OF_THE_DEMO.number.model_copy(update={"id": "+12125550101"})
PROGRAMS = {"java": "storage", "livekit-server": "LiveKit", "agent/main.py": "jobs", "forkserver": "jobs"}
"""By what stands in a command; this process is the callers'."""


class Size:
    """What was measured with so many calls on hold."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.synthesiser = Series(f"{calls} calls: commit to synthesiser", bar=SYNTHESISER_MS)
        self.loud = Series(f"{calls} calls: commit to first loud frame", bar=LOUD_MS)
        self.processor = Series(f"{calls} calls: processor in use", unit="%")
        self.shares: list[Series] = []

    @property
    def series(self) -> list[Series]:
        return [self.synthesiser, self.loud, self.processor, *self.shares]

    @property
    def breaks(self) -> bool:
        return any(one.verdict == "missed" for one in self.series)


async def measured(calls: list[LiveCall], ana: Supervisor, *, answers: int) -> Size:
    size = Size(len(calls))
    requests = [await call.ask() for call in calls]
    await asyncio.sleep(SETTLED_S)
    shares = await used_by(SETTLED_S)
    size.processor.add(sum(shares.values()))
    size.shares = [figure(f"{len(calls)} calls: of it {name}", share, unit="%") for name, share in shares.items()]
    for n in range(answers):
        at = n % len(calls)
        call, request = calls[at], requests[at]
        await call.quiet(for_s=QUIET_S)  # in a word of comfort, the wait for its end would be measured
        await ana.answer(request, ANSWERS[n % 3])
        delivered = await call.delivered(request)
        assert delivered.answered_at is not None
        size.synthesiser.add(delivered.latencies_ms["to_synthesiser"])
        size.loud.add((call.heard_from(delivered) - delivered.answered_at.timestamp()) * 1000)
        await call.forget(request)
        requests[at] = await call.ask()
    for at, call in enumerate(calls):
        await ana.answer(requests[at], ANSWERS[0])
        await call.delivered(requests[at])
        await call.forget(requests[at])
    return size


async def used_by(seconds: float) -> dict[str, float]:
    """What each kind of program takes of all processors, in percent, with its share of the kernel's work."""
    before = {process: process.cpu_times() for process in psutil.process_iter()}
    began = time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    used = dict.fromkeys(("callers", *dict.fromkeys(PROGRAMS.values()), "the rest"), 0.0)
    for process, earlier in before.items():
        with suppress(psutil.NoSuchProcess):
            now, name = process.cpu_times(), _program(process)
            used[name] += (
                100 * (now.user + now.system - earlier.user - earlier.system) / took / (psutil.cpu_count() or 1)
            )
    return used


def _program(process: psutil.Process) -> str:
    if process.pid == os.getpid():
        return "callers"
    command = " ".join(process.cmdline())
    return next((name for part, name in PROGRAMS.items() if part in command), "the rest")


async def run(sizes: list[int], answers: int, within_s: float) -> None:
    given = ",".join(map(str, sizes))
    report = Report("capacity", command=f"python -m bench.capacity --sizes {given} --answers {answers}")
    done: list[Size] = []
    stopped_by = "the largest size"
    with whole() as stack:
        db = database_of(stack)
        await warm_up(db)
        store = db.for_org(SALON)
        ana = await asyncio.to_thread(Supervisor, stack["firestore_emulator_host"], stack["project_id"], SALON)
        await asyncio.to_thread(db.platform.commit, Put(SECOND_LINE))
        deadline = time.monotonic() + within_s
        async with AsyncExitStack() as on_hold:
            on_hold.push_async_callback(asyncio.to_thread, ana.close)
            requests = await on_hold.enter_async_context(requests_of(store))
            calls: list[LiveCall] = []
            for count in sizes:
                if time.monotonic() > deadline:
                    stopped_by = "the time given"
                    break
                try:
                    await _grow(calls, count, stack, store, requests, on_hold)
                    done.append(await measured(calls, ana, answers=max(answers, count)))
                except TimeoutError:
                    stopped_by = f"a call that did not go on, at {count} calls"
                    break
                if len(done) > 1 and done[-1].breaks and done[-2].breaks and count >= PROMISED:
                    stopped_by = "figures that broke at two sizes"
                    break
        await asyncio.to_thread(db.close)
    kept = takewhile(lambda size: not size.breaks, done)
    held = max((size.calls for size in kept), default=0)
    series = [figure("calls on hold with every figure kept", held, unit="calls"), *(s for d in done for s in d.series)]
    svg = report.write(series, notes=[f"ended by {stopped_by}", "all callers run on the machine that is measured"])
    lines = {
        "p95 to synthesiser, ms": [(float(d.calls), d.synthesiser.statistics["p95"]) for d in done],
        "p95 to first loud frame, ms": [(float(d.calls), d.loud.statistics["p95"]) for d in done],
        "processor in use, %": [(float(d.calls), d.processor.statistics["mean"]) for d in done],
    }
    plot.curves(svg, title="Calls on hold at once", along="calls", lines=lines, unit="ms or %")


async def _grow(
    calls: list[LiveCall],
    count: int,
    stack: dict[str, Any],
    store: Store,
    requests: Requests,
    on_hold: AsyncExitStack,
) -> None:
    while len(calls) < count:
        line = LINE if len(calls) < LIVE_CALLS_OF_A_LINE else SECOND_LINE.id
        ringing = answered(stack, store, requests=requests, line=line, piece_s=PIECE_S, minds_music=False)
        calls.append(await on_hold.enter_async_context(ringing))


@click.command()
@click.option("--sizes", default="1,2,4,6,8", show_default=True, help="Calls on hold; a worker takes at most eight.")
@click.option("--answers", default=20, show_default=True, help="At each size.")
@click.option("--within-s", default=900.0, show_default=True, help="No further size is begun after it.")
def main(sizes: str, answers: int, within_s: float) -> None:
    asyncio.run(run([int(size) for size in sizes.split(",")], answers, within_s))


if __name__ == "__main__":
    main()
