"""From the model's call of `ask_supervisor` to the event at a supervisor's EventSource.

`python -m bench.tool_to_page`. The call is held in this process; the dashboard is a program of its own.
"""

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import click

from bench import held, plot
from bench.calls import database_of
from bench.measure import Bar, Report, Series
from bench.pages import BOARD, Pages, sign_in
from bench.stack import whole
from bench.warmth import warm_up
from holdline.garbage import spare_what_is_loaded
from holdline.help_request import Status
from holdline.presence import Presence
from holdline.store import Put
from local.demo import SALON

SOMEBODY = Presence(id="desk", name="The desk", until=datetime.now(UTC) + timedelta(hours=1))
"""Whom the caller's questions are put to: the page is a stream alone, which answers no beat."""


async def run(rounds: int) -> None:
    report = Report("tool_to_page", command=f"python -m bench.tool_to_page --rounds {rounds}")
    took = Series("ask_supervisor called to event received", bar=Bar("p95", 60))
    with whole() as stack:
        db = database_of(stack)
        await warm_up(db)
        store = await asyncio.to_thread(held.furnish, db, SALON.organisation.id)
        call = await held.Held.open(store, f"call-{uuid4().hex[:8]}", org=SALON.organisation.id)
        await asyncio.to_thread(store.commit, Put(SOMEBODY))
        cookie = await sign_in(stack["dashboard_url"], stack["people"][0])
        page = await asyncio.to_thread(Pages, stack["dashboard_url"], cookie)
        await asyncio.to_thread(page.next, BOARD)
        spare_what_is_loaded()  # as the process of a call does once it is ready
        for n in range(-2, rounds):
            request_id = f"{call.call}_{uuid4().hex[:8]}"
            wanted = asyncio.create_task(asyncio.to_thread(page.next, request_id.encode()))
            await asyncio.sleep(random.uniform(0.1, 0.3))
            asked_at = time.time()
            call.parts.questions.ask(
                request_id, f"Do you have {uuid4().hex}?", reason="", skill=None, confidence=None, nearest=()
            )
            (came_at,) = await wanted
            if n >= 0:
                took.add((came_at - asked_at) * 1000)
            call.parts.questions.withdraw()
            await held.forget(store, request_id, once=Status.WITHDRAWN)
        page.close()
        await call.close()
        await asyncio.to_thread(db.close)
    plot.distributions(report.write([took]), title="ask_supervisor -> event in the browser's stream", series=[took])


@click.command()
@click.option("--rounds", default=200, show_default=True, help="Questions.")
def main(rounds: int) -> None:
    asyncio.run(run(rounds))


if __name__ == "__main__":
    main()
