"""What stands around a dashboard in tests: the time, the identity provider, the switchboard, a person's browser."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.access import COOKIE
from dashboard.identity import IdentityUnavailable, NoAccess, NotSignedIn, SignedIn, VisitorToken, WrongCredentials
from dashboard.preview import wav_of
from dashboard.switchboard import CallPass, CallRefused
from holdline.call import KnowledgeUse, Speaker
from holdline.help_request import ContextTurn, Event, HelpRequest
from holdline.people import PersonRef, Role
from holdline.settings import DashboardSettings
from holdline.store import Store, change
from tests.builders import NOW, a_request

PASSWORD = "a password for tests"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeIdentity:
    """Accounts in memory; a cookie is `{uid}.{n}` and dies with the revocation of its account's sessions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.accounts = {
            "ana@salon.example.com": ("ana", "Ana", "salon", Role.SUPERVISOR),
            "rosa@salon.example.com": ("rosa", "Rosa", "salon", Role.SUPERVISOR),
            "david@dental.example.com": ("david", "David", "dental", Role.SUPERVISOR),
            "nobody@example.com": None,
        }
        self._sessions: dict[str, SignedIn] = {}
        self.revoked: set[str] = set()
        self.visitors = 0
        self.is_away = False

    def sign_in(self, email: str, password: str) -> str:
        if email not in self.accounts or password != PASSWORD:
            raise WrongCredentials
        account = self.accounts[email]
        if account is None:
            raise NoAccess
        uid, name, org, role = account
        cookie = f"{uid}.{len(self._sessions)}"
        self._sessions[cookie] = SignedIn(uid, name, org, role, self._clock.now + timedelta(hours=12))
        return cookie

    def signed_in(self, cookie: str, *, current: bool) -> SignedIn:
        person = self._sessions.get(cookie)
        if current and self.is_away:
            raise IdentityUnavailable
        if person is None or person.expires_at <= self._clock.now or (current and cookie in self.revoked):
            raise NotSignedIn
        return person

    def sign_out(self, cookie: str) -> None:
        if cookie in self._sessions:
            self.revoke(self._sessions[cookie].uid)

    def revoke(self, uid: str) -> None:
        self.revoked |= {cookie for cookie, person in self._sessions.items() if person.uid == uid}

    def visitor(self) -> VisitorToken:
        if self.is_away:
            raise IdentityUnavailable
        self.visitors += 1
        return VisitorToken(f"visitor-{self.visitors}", self._clock.now + timedelta(hours=1))


@dataclass
class FakeSwitchboard:
    refusal: CallRefused | None = None
    rung: list[tuple[str, str]] = field(default_factory=list)

    def ring(self, number: str, *, token: str) -> CallPass:
        self.rung.append((number, token))
        if self.refusal is not None:
            raise self.refusal
        return CallPass(call="web-1", url="ws://127.0.0.1:7880", token="a pass", identity="caller-1")


def synthesise(text: str) -> bytes:
    """One sample a letter: a test can tell what was said by its length."""
    return wav_of(b"\x01\x00" * len(text), sample_rate=22050)


class Browser:
    """One person at one browser, who sends forms as their page had them; `address` is what a proxy says of them."""

    def __init__(self, client: FlaskClient, *, address: str | None = None) -> None:
        self.client = client
        self._forwarded = {} if address is None else {"X-Forwarded-For": address}

    def get(self, path: str, **options: object) -> TestResponse:
        return self.client.get(path, **options)  # type: ignore[arg-type]

    def post(self, path: str, *, htmx: bool = False, **fields: str) -> TestResponse:
        headers = self._forwarded | ({"HX-Request": "true"} if htmx else {})
        return self.client.post(path, data={"csrf_token": self.token(), **fields}, headers=headers)

    def token(self) -> str:
        """The CSRF token of a page of ours, as a form carries it."""
        page = self.client.get("/call").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        return found[1]

    def sign_in(self, email: str = "ana@salon.example.com", password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", email=email, password=password)

    def sign_out(self) -> TestResponse:
        return self.post("/sign-out")

    @property
    def session(self) -> str | None:
        cookie = self.client.get_cookie(COOKIE)
        return cookie.value if cookie else None


def settings_of(**changed: object) -> DashboardSettings:
    given: dict[str, object] = {
        "google_cloud_project": "demo-holdline",
        "livekit_url": "ws://127.0.0.1:7880",
        "livekit_api_key": "key",
        "livekit_api_secret": "s" * 32,
        "dashboard_secret_key": "k" * 32,
        "dashboard_url": "http://127.0.0.1:8000",
        "functions_url": "http://127.0.0.1:8001",
        "firebase_web_api_key": "web",
        "call_page_number": "+12125550100",
    }
    return DashboardSettings(_env_file=None, **{**given, **changed})  # type: ignore[arg-type]


ROSA = PersonRef(uid="rosa", name="Rosa")


def a_question(request_id: str = "r1", **fields: object) -> HelpRequest:
    """A request with everything that a card can show."""
    given: dict[str, object] = {
        "reason": "Nothing is known about parking.",
        "caller": "+1212***0142",
        "context": (ContextTurn(who=Speaker.CALLER, text="I come by car tomorrow."),),
        "nearest": (KnowledgeUse(entry="e1", question="Where are you?", answer="At 12 Rose Street.", score=0.41),),
    }
    return a_request(request_id, **{**given, **fields})


def happens(store: Store, event: Event, request_id: str = "r1", /, *, at: datetime, **fields: object) -> HelpRequest:
    """What the worker would write of an answer on its way."""
    return change(store, HelpRequest, request_id, lambda request: request.after(event, at=at, **fields))
