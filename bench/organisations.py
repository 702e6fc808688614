"""120 organisations, each with somebody who looks at its queue, live in one dashboard process.

`python -m bench.organisations`. Between the dashboard and the emulator stands a front that carries no more than a
hundred streams a connection, as Firestore's does. One question after the other is written by the dashboard's own
process, in each organisation in turn, and waited for at that organisation's page.
"""

import asyncio
import os
import sys
from functools import partial
from uuid import uuid4

import click
import firebase_admin
import httpx
from firebase_admin import auth

from bench import counted_dashboard, plot
from bench.counted_dashboard import CONNECTIONS, WATCHES, asked
from bench.measure import Bar, Report, Series, figure
from bench.pages import BOARD, Pages, sign_in
from bench.stack import some_of
from holdline.people import Role
from local import parts
from local.checkout import ROOT
from local.parts import Plan, environment
from local.processes import Part
from tests.emulator import free_port

PASSWORD = "one-of-the-bench"  # noqa: S105 - of the emulator's accounts
GAP_S = 0.02


def front(plan: Plan, *, port: int) -> Part:
    """A process of its own, so that it takes no time from the one that is measured."""

    async def is_ready() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    command = (sys.executable, "-m", "tests.faults.capped_proxy", str(port), plan.firestore_host)
    return Part("front", command, environment(plan), ROOT, is_ready)


def admit(plan: Plan, orgs: list[str]) -> list[dict[str, str]]:
    """A supervisor in each."""
    os.environ["FIREBASE_AUTH_EMULATOR_HOST"] = plan.auth_host
    app = firebase_admin.initialize_app(options={"projectId": parts.PROJECT}, name="bench")
    people = [{"email": f"{org}@example.com", "password": PASSWORD} for org in orgs]
    for org, person in zip(orgs, people, strict=True):
        auth.create_user(uid=org, display_name="Ana", app=app, **person)
        auth.set_custom_user_claims(org, {"org": org, "role": Role.SUPERVISOR.value}, app=app)
    firebase_admin.delete_app(app)
    return people


async def run(organisations: int, rounds: int) -> None:
    report = Report(
        "organisations", command=f"python -m bench.organisations --organisations {organisations} --rounds {rounds}"
    )
    wrote = Series(f"write, while {organisations} organisations are watched", bar=Bar("p99", 50))
    reached = Series("write to event at the organisation's page")
    orgs = [f"org-{number}" for number in range(organisations)]
    port, lost = free_port(), 0
    dashboard = partial(counted_dashboard.part, FIRESTORE_EMULATOR_HOST=f"127.0.0.1:{port}")
    async with some_of((parts.firestore, parts.auth), (partial(front, port=port),), (dashboard,)) as plan:
        people = await asyncio.to_thread(admit, plan, orgs)
        pages = {}
        for org, person in zip(orgs, people, strict=True):
            cookie = await sign_in(plan.dashboard_url, person)
            pages[org] = await asyncio.to_thread(Pages, plan.dashboard_url, cookie)
            await asyncio.to_thread(pages[org].next, BOARD)
        async with httpx.AsyncClient(base_url=plan.dashboard_url, timeout=20) as http:
            for n in range(-1, rounds):
                for org in orgs:
                    mark = f"bench-{uuid4().hex[:8]}"
                    waiting = asyncio.create_task(asyncio.to_thread(pages[org].next, mark.encode()))
                    sent_at, took_ms = await asked(http, org, mark)
                    try:
                        (came_at,) = await waiting
                    except TimeoutError:
                        lost += 1
                        continue
                    if n >= 0:  # the first round is not counted: the front and the emulator are new to it
                        wrote.add(took_ms)
                        reached.add((came_at - sent_at) * 1000)
                    await asyncio.sleep(GAP_S)
            watches = int((await http.get(WATCHES)).text)
            connections = int((await http.get(CONNECTIONS)).text)
        for page in pages.values():
            page.close()
    series = [
        wrote,
        reached,
        figure("changes that reached no page", lost, unit="", bar=Bar("mean", 0)),
        figure("watches opened", watches, unit=""),
        figure("connections to storage", connections, unit=""),
    ]
    title = f"{organisations} organisations in one dashboard"
    plot.distributions(report.write(series), title=title, series=[wrote, reached])


@click.command()
@click.option("--organisations", default=120, show_default=True, help="Each with one open page.")
@click.option("--rounds", default=5, show_default=True, help="Changes in each of them.")
def main(organisations: int, rounds: int) -> None:
    asyncio.run(run(organisations, rounds))


if __name__ == "__main__":
    main()
