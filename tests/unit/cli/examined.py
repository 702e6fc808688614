"""A subject that is all right as far as a test does not say otherwise: nothing of it is on a network."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from cli.checks.check import Subject
from holdline.memory_store import MemoryDatabase
from holdline.store import Database
from tests.builders import NOW

if TYPE_CHECKING:
    from cli.checks.check import AskProviders

PRODUCTION = {
    "GOOGLE_CLOUD_PROJECT": "holdline-live",
    "LIVEKIT_URL": "wss://holdline.livekit.cloud",
    "LIVEKIT_API_KEY": "APIkey",
    "LIVEKIT_API_SECRET": "a secret of LiveKit's, of 32 characters",
    "FUNCTIONS_URL": "https://functions.holdline.app",
    "TWILIO_AUTH_TOKEN": "the auth token of the account",
    "SIP_HOST": "holdline.sip.livekit.cloud",
    "SIP_USERNAME": "holdline",
    "SIP_PASSWORD": "the password of the trunk",
    "DASHBOARD_URL": "https://desk.holdline.app",
    "DASHBOARD_SECRET_KEY": "a secret of the desk's own, of 32 characters",
    "FIREBASE_WEB_API_KEY": "AIza-key-of-the-project",
}
Answers = Callable[[httpx.Request], httpx.Response]


def a_subject(
    *,
    settings: Mapping[str, str] = PRODUCTION,
    answers: Answers = lambda _: httpx.Response(200),
    database: Database | None = None,
    now: datetime = NOW,
    worker_url: str | None = None,
    try_providers: "AskProviders | None" = None,
) -> Subject:
    """`answers` is everybody who is asked over HTTP."""
    return Subject(
        settings=settings,
        http=httpx.AsyncClient(transport=httpx.MockTransport(answers)),
        database=lambda: database or MemoryDatabase(),
        now=lambda: now,
        worker_url=worker_url,
        try_providers=try_providers,
    )


def refusing(error: httpx.HTTPError) -> Answers:
    """Nobody who answers."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer
