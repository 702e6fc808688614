"""What the pages work with, put together once by `create_app` and found again by `services()`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from dashboard.attendance import Attendance
from dashboard.identity import Identity
from dashboard.ledger import Ledger
from dashboard.live import Hub
from dashboard.preview import Synthesise
from dashboard.switchboard import Switchboard
from dashboard.throttle import Throttle
from holdline.settings import DashboardSettings
from holdline.store import Database

KEY = "holdline"


@dataclass(frozen=True)
class Services:
    settings: DashboardSettings
    database: Database
    identity: Identity
    switchboard: Switchboard
    synthesise: Synthesise
    hub: Hub
    attendance: Attendance
    ledger: Ledger
    sign_ins: Throttle
    web_calls: Throttle
    clock: Callable[[], datetime]


def services() -> Services:
    return cast(Services, current_app.extensions[KEY])
