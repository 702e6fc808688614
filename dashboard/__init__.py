"""The operator console: sign-in, the live queue, what was said, what is known, and the page that calls the line.

`create_app` puts it together; gunicorn runs `dashboard:create_app_from_environment()`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from flask import Flask, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard import (
    access,
    failures,
    follow_ups,
    health,
    history,
    library,
    line,
    presence,
    queue,
    security,
    stream,
    words,
)
from dashboard.attendance import Attendance
from dashboard.identity import Identity
from dashboard.ledger import Ledger
from dashboard.live import Hub
from dashboard.organisation import Organisations
from dashboard.preview import Synthesise
from dashboard.services import KEY, Services
from dashboard.switchboard import Switchboard
from dashboard.throttle import Throttle
from holdline import logs, telemetry
from holdline.garbage import spare_what_is_loaded
from holdline.settings import DashboardSettings, load
from holdline.store import Database

FORM_LIMIT_BYTES = 64 * 1024


def create_app(
    settings: DashboardSettings,
    database: Database,
    *,
    identity: Identity,
    switchboard: Switchboard,
    synthesise: Synthesise,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.dashboard_secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=FORM_LIMIT_BYTES,
        SESSION_COOKIE_NAME="holdline_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.dashboard_url.startswith("https:"),
        WTF_CSRF_TIME_LIMIT=None,  # a queue stays open for a whole shift; the token dies with the session
    )
    organisations = Organisations(database)
    attendance, ledger = Attendance(database.for_org), Ledger(database.for_org)
    app.extensions[KEY] = Services(
        settings=settings,
        database=database,
        identity=identity,
        switchboard=switchboard,
        synthesise=synthesise,
        hub=Hub(
            database,
            organisations=organisations,
            attendance=attendance,
            ledger=ledger,
            draw=partial(stream.draw, app),
            clock=clock,
        ),
        attendance=attendance,
        ledger=ledger,
        sign_ins=Throttle(8, within=timedelta(minutes=1)),
        web_calls=Throttle(6, within=timedelta(minutes=1)),
        clock=clock,
    )
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0
        )
    app.before_request(lambda: logs.about(call=(request.view_args or {}).get("call_id")))
    CSRFProtect(app)
    words.register(app)
    security.protect(app, livekit_url=settings.livekit_url)
    failures.explain(app)

    app.register_blueprint(access.blueprint)
    app.register_blueprint(queue.blueprint)
    app.register_blueprint(presence.blueprint)
    app.register_blueprint(stream.blueprint)
    app.register_blueprint(follow_ups.blueprint)
    app.register_blueprint(history.blueprint)
    app.register_blueprint(library.blueprint)
    app.register_blueprint(line.blueprint)
    app.register_blueprint(health.blueprint)
    return app


def create_app_from_environment() -> Flask:
    """On Firebase and Firestore. Called in the serving process, so that no channel is opened before a fork."""
    from dashboard.firebase_identity import FirebaseIdentity
    from dashboard.shutdown import stop_streams_on_sigterm
    from dashboard.switchboard import HttpSwitchboard
    from dashboard.tracing import trace_requests
    from dashboard.voice import voice_of
    from holdline.firestore import connect

    settings = load(DashboardSettings)
    logs.set_up("dashboard", settings)
    app = create_app(
        settings,
        connect(settings),
        identity=FirebaseIdentity(settings),
        switchboard=HttpSwitchboard(settings.functions_url),
        synthesise=voice_of(settings),
    )
    trace_requests(app, telemetry.start("dashboard", settings))
    stop_streams_on_sigterm(app)
    spare_what_is_loaded()
    return app
