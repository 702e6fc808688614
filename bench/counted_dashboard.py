"""The dashboard as its image starts it, with a few more pages: how many watches there are, and a write of its own."""

import sys
import time
from typing import TYPE_CHECKING, Any

import httpx

from holdline.settings import DashboardSettings
from local import demo
from local.checkout import ROOT
from local.parts import Plan, environment
from local.processes import Part
from local.program_log import readable
from local.readiness import answers

if TYPE_CHECKING:
    from flask import Flask

WATCHES = "/bench/watches"
CONNECTIONS = "/bench/connections"
ASK = "/bench/ask"


def part(plan: Plan, **also: str) -> Part:
    """`also` is told to it beside what the stack decides."""
    command = [sys.executable, "-m", "gunicorn", "--config", "dashboard/gunicorn_conf.py", "--log-level", "warning"]
    command += ["--bind", f"127.0.0.1:{plan.ports.dashboard}", f"{__name__}:create_app()"]
    given = environment(plan, DashboardSettings, CALL_PAGE_NUMBER=demo.SALON.number.id, **also)
    ready = answers(plan.ports.dashboard, "/health")
    return Part("dashboard", tuple(command), given, ROOT, ready, readable=readable, stops_within_s=3)


async def asked(http: httpx.AsyncClient, org: str, request_id: str) -> tuple[float, float]:
    """Have it write a question: when the commit was sent, in wall clock seconds, and how many ms it took."""
    sent_at, took_ms = (await http.get(f"{ASK}/{org}/{request_id}")).raise_for_status().text.split()
    return float(sent_at), float(took_ms)


def create_app() -> "Flask":
    """What gunicorn serves here."""
    from dashboard import create_app_from_environment
    from dashboard.services import KEY
    from holdline.firestore.watches import Watches
    from holdline.store import Create
    from tests.builders import a_request

    opened: list[str] = []
    start = Watches.start

    def counted(self: Watches, query: Any, **given: Any) -> Any:
        opened.append(query.kind.collection)
        return start(self, query, **given)

    def ask(org: str, request_id: str) -> str:
        sent_at, began = time.time(), time.perf_counter()
        database.for_org(org).commit(Create(a_request(request_id)))
        return f"{sent_at} {(time.perf_counter() - began) * 1000}"

    Watches.start = counted  # type: ignore[method-assign]
    app = create_app_from_environment()
    database = app.extensions[KEY].database
    app.add_url_rule(WATCHES, "bench_watches", lambda: str(len(opened)))
    app.add_url_rule(CONNECTIONS, "bench_connections", lambda: str(database.open_channels))
    app.add_url_rule(f"{ASK}/<org>/<request_id>", "bench_ask", ask)
    return app
