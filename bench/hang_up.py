"""From the caller's hang-up to the end of all that the call held, and how much memory a job takes meanwhile.

`python -m bench.hang_up`. Real calls, each on hold when its caller leaves. Freed is: the question says that the caller
left, and the call's document that it is over; the job's process may take longer to go.
"""

import asyncio
import time
from datetime import datetime
from typing import Any

import click
import psutil

from bench import plot
from bench.calls import SALON, answered, database_of, requests_of
from bench.measure import Bar, Report, Series
from bench.stack import whole
from bench.warmth import warm_up
from holdline.call import Call
from holdline.help_request import Status
from holdline.store import Store, must_get

MEGABYTE = 2**20
ON_HOLD_S = 4.0


def memory(stack: dict[str, Any]) -> dict[int, float]:
    """What each process below the worker has to itself, in MB."""
    held: dict[int, float] = {}
    for process in psutil.Process(stack["pids"]["worker"]).children(recursive=True):
        try:
            held[process.pid] = process.memory_full_info().uss / MEGABYTE
        except psutil.NoSuchProcess:
            continue
    return held


async def one_call(
    stack: dict[str, Any], store: Store, *, freed: Series, closed: Series, idle: Series, busy: Series
) -> None:
    before = memory(stack)
    async with requests_of(store) as requests, answered(stack, store, requests=requests) as call:
        request = await call.ask()
        await call.caller.music.wait_for_speech(after=time.time(), within_s=20)
        await asyncio.sleep(ON_HOLD_S)
        now = memory(stack)
        # Of the processes that were there, the job's is the one that grew; another that waits for a call is new.
        job = max(before.keys() & now.keys(), key=lambda pid: now[pid] - before[pid])
        idle.add(before[job])
        busy.add(now[job])
        left_at = time.time()
        leaving = asyncio.create_task(call.caller.room.disconnect())
        left = await call.becomes(request, lambda one: one.status is Status.CALLER_LEFT)
        closed.add((time.time() - left_at) * 1000)
        await leaving
    ended = (await asyncio.to_thread(must_get, store, Call, call.call)).record.ended_at
    assert isinstance(ended, datetime)
    assert left.closed_at is not None
    freed.add((max(ended, left.closed_at).timestamp() - left_at) * 1000)


async def run(rounds: int) -> None:
    report = Report("hang_up", command=f"python -m bench.hang_up --rounds {rounds}")
    noticed = Series("hang-up to the end's beginning in the job")
    closed = Series("hang-up to request closed and call ended, seen by another program", bar=Bar("max", 200))
    idle = Series("memory of a job that waits for a call", unit="MB")
    busy = Series("memory of the same on hold", unit="MB")
    with whole() as stack:
        db = database_of(stack)
        await warm_up(db)
        for _ in range(rounds):
            await one_call(stack, db.for_org(SALON), freed=noticed, closed=closed, idle=idle, busy=busy)
        await asyncio.to_thread(db.close)
    svg = report.write([noticed, closed, idle, busy])
    plot.distributions(svg, title="Hang-up -> freed", series=[noticed, closed])


@click.command()
@click.option("--rounds", default=10, show_default=True, help="Calls.")
def main(rounds: int) -> None:
    asyncio.run(run(rounds))


if __name__ == "__main__":
    main()
