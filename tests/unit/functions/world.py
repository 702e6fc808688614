"""The vocabulary of these tests: who is who, the fakes behind the ports, and how the outside world speaks to us."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import functions_framework
import jwt
from flask import Flask
from google.protobuf.json_format import MessageToJson
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.webhook import WebhookEvent
from twilio.request_validator import RequestValidator
from werkzeug.test import Client, TestResponse

import functions
from functions.binding import Lines
from functions.context import Context
from functions.identity import IdentityUnavailable, NotSignedIn, Visitor
from functions.rooms import AgentNotSent
from holdline.call import Call, CallKind, Dispatch
from holdline.errors import Unavailable
from holdline.memory_store import MemoryDatabase
from holdline.people import Organisation, PhoneNumber, Role
from holdline.records import Record
from holdline.settings import FunctionsSettings
from holdline.store import Database, Put, Read, Store, Write
from holdline.voice_agent import VoiceAgent

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LINE = "+12125550100"
PRACTICE_LINE = "+12125550200"
CALLER = "+15555550142"
CALL_SID = "CA" + "0123456789abcdef" * 2
CALL_ID = f"phone-{CALL_SID}"
FUNCTIONS_URL = "https://functions.example.com"
TWILIO_TOKEN = "twilio-token-of-the-tests"
LIVEKIT_KEY = "key-of-the-tests"
SOURCE = str(Path(functions.__file__).parent / "main.py")
LIVEKIT_SECRET = "a secret of the tests, of 32 bytes or more"


class FakeRooms:
    """Remembers what was opened and closed; with a `failure` nothing is. A `lost` room is gone without a word."""

    def __init__(self) -> None:
        self.opened: list[Dispatch] = []
        self.sent: list[tuple[str, Dispatch]] = []
        self.refuses_agents = False
        self.closed: list[str] = []
        self.lost: set[str] = set()
        self.failure: Exception | None = None

    def open(self, dispatch: Dispatch) -> None:
        if self.failure is not None:
            raise self.failure
        self.opened.append(dispatch)

    def send_agent(self, room: str, dispatch: Dispatch) -> None:
        if self.refuses_agents:
            raise AgentNotSent("LiveKit did not take the dispatch.")
        self.sent.append((room, dispatch))

    def close(self, room: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.closed.append(room)

    def names(self) -> frozenset[str]:
        if self.failure is not None:
            raise self.failure
        return frozenset(dispatch.call for dispatch in self.opened) - {*self.closed, *self.lost}


class FakeMessages:
    """Remembers what was sent; with a `failure` nothing is, or nobody knows. `meanwhile` happens while it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.failure: Exception | None = None
        self.meanwhile: Callable[[], object] = lambda: None
        self.news_go_to = ""

    def send(self, words: str, *, to: str, sender: str, tell: str) -> str:
        self.news_go_to = tell
        self.meanwhile()
        if self.failure is not None:
            raise self.failure
        self.sent.append((to, sender, words))
        return f"SM{len(self.sent):032x}"


class FakeIdentity:
    """Knows tokens by heart."""

    def __init__(self) -> None:
        self.is_down = False
        self.holders = {
            "visitor": Visitor(uid="visitor"),
            "other-visitor": Visitor(uid="other-visitor"),
            "ana": Visitor(uid="ana", org="salon", role=Role.SUPERVISOR),
            "lucy": Visitor(uid="lucy", org="salon", role=Role.ADMIN),
            "david": Visitor(uid="david", org="dental", role=Role.SUPERVISOR),
        }

    def verify(self, token: str) -> Visitor:
        if self.is_down:
            raise IdentityUnavailable("Firebase is down.")
        if token not in self.holders:
            raise NotSignedIn("No such token.")
        return self.holders[token]


class BrokenDatabase:
    """A database that fails whatever is asked of it."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    @property
    def platform(self) -> Store:
        raise self._failure

    def for_org(self, org: str) -> Store:
        raise self._failure

    def get_all(self, *wanted: tuple[str | None, type[Record], str]) -> list[Read]:
        raise self._failure

    def commit(self, *writes: tuple[str | None, Write]) -> None:
        raise self._failure

    def close(self) -> None: ...


class World:
    def __init__(self) -> None:
        self.memory = MemoryDatabase()
        self.database: Database = self.memory
        self.rooms = FakeRooms()
        self.identity = FakeIdentity()
        self.texts = FakeMessages()
        self.now = NOW
        self.settings = FunctionsSettings.model_validate(
            {
                "google_cloud_project": "demo-holdline",
                "livekit_url": "wss://livekit.example.com",
                "livekit_api_key": LIVEKIT_KEY,
                "livekit_api_secret": LIVEKIT_SECRET,
                "functions_url": FUNCTIONS_URL,
                "twilio_auth_token": TWILIO_TOKEN,
                "sip_host": "sip.example.com",
                "sip_username": "holdline",
                "sip_password": "sip-password",
            }
        )
        self.memory.platform.commit(
            Put(PhoneNumber(id=LINE, org="salon", voice_agent="front_desk", web_calls=True)),
            Put(PhoneNumber(id=PRACTICE_LINE, org="dental", voice_agent="reception")),
        )
        for org, name in (("salon", "front_desk"), ("dental", "reception")):
            self.memory.for_org(org).commit(
                Put(Organisation(id=org, name=org, time_zone="America/New_York")),
                Put(VoiceAgent(id=name, name="Lux", greeting="Hello, how can I help?")),
            )

    def context(self) -> Context:
        ids = count(1)
        world = self

        class Switched:
            """The database of the moment, so that a test can take it away."""

            @property
            def platform(self) -> Store:
                return world.database.platform

            def for_org(self, org: str) -> Store:
                return world.database.for_org(org)

            def get_all(self, *wanted: tuple[str | None, type[Record], str]) -> list[Read]:
                return world.database.get_all(*wanted)

            def commit(self, *writes: tuple[str | None, Write]) -> None:
                world.database.commit(*writes)

            def close(self) -> None: ...

        database = Switched()
        return Context(
            settings=self.settings,
            database=database,
            lines=Lines(database),
            rooms=self.rooms,
            identity=self.identity,
            messages=self.texts,
            now=lambda: self.now,
            new_id=lambda: f"{next(ids):08x}".ljust(32, "0"),
        )

    def without_storage(self) -> None:
        self.breaks_with(Unavailable("no answer"))

    def breaks_with(self, failure: Exception) -> None:
        self.database = BrokenDatabase(failure)

    def documents(self) -> dict[str, Any]:
        """Everything that is stored, to compare before and after."""
        return {path: dict(fields) for path, (fields, _) in self.memory._documents.items()}

    def call(self, call_id: str = CALL_ID, *, org: str = "salon") -> Call:
        stored = self.memory.for_org(org).get(Call, call_id)
        assert stored is not None, f"there is no call {call_id}"
        return stored.record

    def server(self, target: str) -> Client:
        """The function as the framework serves it."""
        return served(target).test_client()

    def twilio(self, target: str, form: Mapping[str, str], *, query: str = "") -> TestResponse:
        """A form, signed as Twilio signs it: over the address that it was given."""
        url = f"{FUNCTIONS_URL}/{target}" + (f"?{query}" if query else "")
        signature = RequestValidator(TWILIO_TOKEN).compute_signature(url, dict(form))
        return self.server(target).post(
            f"/?{query}" if query else "/",
            data=urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature},
        )

    def ring(self, **changes: str) -> TestResponse:
        """Somebody rings the salon."""
        return self.twilio("twilio_voice", ringing() | changes)

    def livekit(self, event: WebhookEvent, *, secret: str = LIVEKIT_SECRET) -> TestResponse:
        body = MessageToJson(event)
        return self.server("livekit_webhook").post(
            "/",
            data=body,
            content_type="application/webhook+json",
            headers={"Authorization": livekit_signature(body.encode(), secret=secret)},
        )

    def ask(self, target: str, body: Any, *, token: str | None) -> TestResponse:
        """A JSON request of somebody who holds this token."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.server(target).post("/", data=json.dumps(body), content_type="application/json", headers=headers)


@cache
def served(target: str) -> Flask:
    """Loaded once: which world it works with is decided at each request."""
    app: Flask = functions_framework.create_app(target=target, source=SOURCE)  # type: ignore[no-untyped-call]
    return app


def ringing() -> dict[str, str]:
    return {"CallSid": CALL_SID, "From": CALLER, "To": LINE, "CallStatus": "ringing", "Direction": "inbound"}


def livekit_signature(body: bytes, *, secret: str = LIVEKIT_SECRET) -> str:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    expires_at = datetime.now(UTC) + timedelta(minutes=5)
    return jwt.encode({"iss": LIVEKIT_KEY, "exp": expires_at, "sha256": digest}, secret, algorithm="HS256")


def room_event(
    name: str, *, identity: str = "", call: str = CALL_ID, metadata: str | None = None, **participant: Any
) -> WebhookEvent:
    """What LiveKit tells about the room of a salon's call."""
    return WebhookEvent(
        event=name,
        room=Room(name=call, metadata=a_dispatch(call).model_dump_json() if metadata is None else metadata),
        participant=ParticipantInfo(identity=identity, **participant) if identity else None,
    )


def a_dispatch(call: str = CALL_ID, *, org: str = "salon") -> Dispatch:
    return Dispatch(
        org=org,
        call=call,
        voice_agent="front_desk",
        version="v1",
        kind=CallKind.PHONE,
        caller_identity=f"sip_{CALLER}",
    )


def claims_of(token: str) -> dict[str, Any]:
    """What LiveKit would read in a token, once it has checked the signature."""
    claims: dict[str, Any] = jwt.decode(token, LIVEKIT_SECRET, algorithms=["HS256"], issuer=LIVEKIT_KEY)
    return claims
