"""300 open pages on one dashboard: is it still quick, does one change reach them all, and how many watches are there?

`python -m bench.live_queue`. The dashboard is served with its production settings, against the emulator.
"""

import asyncio
import os
import sys
import time
from uuid import uuid4

import click
import httpx

from bench import counted_dashboard, plot
from bench.held import a_question
from bench.measure import Bar, Report, Series, figure
from bench.pages import BOARD, Pages, sign_in
from bench.stack import database, some_of
from holdline.help_request import HelpRequest
from holdline.store import Delete, must_get
from local import demo, parts
from local.checkout import ROOT
from local.parts import Plan


async def run(clients: int, rounds: int) -> None:
    report = Report("live_queue", command=f"python -m bench.live_queue --clients {clients} --rounds {rounds}")
    health = Series(f"/health with {clients} streams", bar=Bar("p99", 20))
    reached = Series("commit to event, each stream")
    last = Series(f"commit to the last of {clients} streams", bar=Bar("p95", 100))
    async with some_of((parts.firestore, parts.auth), (counted_dashboard.part,)) as plan:
        await _write_demo_data(plan)
        db = database(plan.firestore_host, parts.PROJECT)
        store = db.for_org(demo.SALON.organisation.id)
        cookie = await sign_in(plan.dashboard_url, demo.facts().people[0].model_dump())
        pages = await asyncio.to_thread(Pages, plan.dashboard_url, cookie, count=clients)
        await asyncio.to_thread(pages.next, BOARD)
        async with httpx.AsyncClient(base_url=plan.dashboard_url, timeout=20) as http:
            watches = int((await http.get(counted_dashboard.WATCHES)).text)
            for _ in range(rounds * 10):
                asked_at = time.perf_counter()
                (await http.get("/health")).raise_for_status()
                health.add((time.perf_counter() - asked_at) * 1000)
                await asyncio.sleep(0.01)
        for _ in range(rounds):
            mark = f"bench-{uuid4().hex[:8]}"
            waiting = asyncio.create_task(asyncio.to_thread(pages.next, mark.encode()))
            await asyncio.sleep(0.3)
            sent_at = time.time()
            await a_question(store, "bench", mark)
            came = [at - sent_at for at in await waiting]
            for took_s in came:
                reached.add(took_s * 1000)
            last.add(max(came) * 1000)
            stored = await asyncio.to_thread(must_get, store, HelpRequest, mark)
            await asyncio.to_thread(store.commit, Delete(stored))
            await asyncio.sleep(0.5)
        pages.close()
        await asyncio.to_thread(db.close)
    opened = figure("watches opened", watches, unit="", bar=Bar("mean", 1))
    series = [health, reached, last, opened]
    plot.distributions(report.write(series), title=f"{clients} open pages", series=[health, reached, last])


async def _write_demo_data(plan: Plan) -> None:
    """In a process of its own, as the stack does it."""
    given = {**os.environ, **parts.demo_environment(plan)}
    writing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local.demo", cwd=ROOT, env=given, stdout=asyncio.subprocess.DEVNULL
    )
    assert await writing.wait() == 0


@click.command()
@click.option("--clients", default=300, show_default=True, help="Open pages.")
@click.option("--rounds", default=30, show_default=True, help="Changes.")
def main(clients: int, rounds: int) -> None:
    asyncio.run(run(clients, rounds))


if __name__ == "__main__":
    main()
