"""The dashboard as its image starts it, with one more page that tells how many watches were opened."""

import sys
from typing import TYPE_CHECKING, Any

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


def part(plan: Plan) -> Part:
    command = [sys.executable, "-m", "gunicorn", "--config", "dashboard/gunicorn_conf.py", "--log-level", "warning"]
    command += ["--bind", f"127.0.0.1:{plan.ports.dashboard}", f"{__name__}:with_watches_counted()"]
    given = environment(plan, DashboardSettings, CALL_PAGE_NUMBER=demo.SALON.number.id)
    ready = answers(plan.ports.dashboard, "/health")
    return Part("dashboard", tuple(command), given, ROOT, ready, readable=readable, stops_within_s=3)


def with_watches_counted() -> "Flask":
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
