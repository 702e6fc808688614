"""300 open pages on one dashboard: is it still quick, does one change reach them all, and how many watches are there?

`python -m bench.live_queue`. The dashboard is served with its production settings, against the emulator.
"""

import asyncio
import os
import re
import sys
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import click
import httpx

from bench import plot
from bench.held import a_question
from bench.measure import Bar, Report, Series, figure
from bench.stack import database, some_of
from holdline.help_request import HelpRequest
from holdline.settings import DashboardSettings
from holdline.store import Delete, must_get
from local import demo, parts
from local.checkout import ROOT
from local.parts import Plan, environment
from local.processes import Part
from local.program_log import readable
from local.readiness import answers

NUMBER = demo.SALON.number.id
BOARD = b"event: board"
WATCHES = "/bench/watches"
WITHIN_S = 20


def dashboard(plan: Plan) -> Part:
    """As the image starts it, with one more page that tells how many watches were opened."""
    command = [sys.executable, "-m", "gunicorn", "--config", "dashboard/gunicorn_conf.py", "--log-level", "warning"]
    command += ["--bind", f"127.0.0.1:{plan.ports.dashboard}", "bench.live_queue:with_watches_counted()"]
    given = environment(plan, DashboardSettings, CALL_PAGE_NUMBER=NUMBER)
    ready = answers(plan.ports.dashboard, "/health")
    return Part("dashboard", tuple(command), given, ROOT, ready, readable=readable, stops_within_s=3)


def with_watches_counted() -> Any:
    """What gunicorn serves here."""
    from dashboard import create_app_from_environment
    from holdline.firestore.watches import Watches

    opened: list[str] = []
    start = Watches.start

    def counted(self: Watches, query: Any, **given: Any) -> Any:
        opened.append(query.kind.collection)
        return start(self, query, **given)

    Watches.start = counted  # type: ignore[method-assign]
    app = create_app_from_environment()
    app.add_url_rule(WATCHES, "bench_watches", lambda: str(len(opened)))
    return app


async def sign_in(dashboard_url: str, people: Sequence[dict[str, Any]]) -> str:
    """The cookies of a supervisor's session, as a header."""
    person = people[0]
    async with httpx.AsyncClient(base_url=dashboard_url, timeout=20) as browser:
        found = re.search(r'name="csrf_token" value="([^"]+)"', (await browser.get("/sign-in")).text)
        assert found is not None
        form = {"csrf_token": found[1], "email": person["email"], "password": person["password"]}
        reply = await browser.post("/sign-in", data=form)
        assert reply.status_code == 303, reply.text[:300]
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


class EventSource:
    """One open page, as far as its stream goes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""

    async def next(self, words: bytes) -> float:
        """When the next event with these words in it was there whole; raises TimeoutError."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                *events, self._rest = self._rest.split(b"\n\n")
                if any(words in event for event in events):
                    return time.time()
                chunk = await self._reader.read(65536)
                if not chunk:
                    raise ConnectionError("the stream ended")
                self._rest += chunk

    def close(self) -> None:
        self._writer.close()


async def connected(dashboard_url: str, cookie: str) -> EventSource:
    to = urlsplit(dashboard_url)
    reader, writer = await asyncio.open_connection(to.hostname, to.port)
    writer.write(f"GET /live HTTP/1.1\r\nHost: {to.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
    await writer.drain()
    return EventSource(reader, writer)


async def run(clients: int, rounds: int) -> None:
    report = Report("live_queue", command=f"python -m bench.live_queue --clients {clients} --rounds {rounds}")
    health = Series(f"/health with {clients} streams", bar=Bar("p99", 20))
    reached = Series("commit to event, each stream")
    last = Series(f"commit to the last of {clients} streams", bar=Bar("p95", 100))
    async with some_of((parts.firestore, parts.auth), (dashboard,)) as plan:
        await _write_demo_data(plan)
        db = database(plan.firestore_host, parts.PROJECT)
        store = db.for_org(demo.SALON.organisation.id)
        people = [person.model_dump() for person in demo.facts().people]
        cookie = await sign_in(plan.dashboard_url, people)
        pages = [await connected(plan.dashboard_url, cookie) for _ in range(clients)]
        await asyncio.gather(*(page.next(BOARD) for page in pages))
        async with httpx.AsyncClient(base_url=plan.dashboard_url, timeout=20) as http:
            watches = int((await http.get(WATCHES)).text)
            for _ in range(rounds * 10):
                asked_at = time.perf_counter()
                (await http.get("/health")).raise_for_status()
                health.add((time.perf_counter() - asked_at) * 1000)
                await asyncio.sleep(0.01)
        for _ in range(rounds):
            mark = f"bench-{uuid4().hex[:8]}"
            waiting = [asyncio.create_task(page.next(mark.encode())) for page in pages]
            await asyncio.sleep(0.3)
            sent_at = time.time()
            await a_question(store, "bench", mark)
            came = [at - sent_at for at in await asyncio.gather(*waiting)]
            for took_s in came:
                reached.add(took_s * 1000)
            last.add(max(came) * 1000)
            stored = await asyncio.to_thread(must_get, store, HelpRequest, mark)
            await asyncio.to_thread(store.commit, Delete(stored))
            await asyncio.sleep(0.5)
        for page in pages:
            page.close()
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
