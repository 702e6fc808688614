"""Texts from end to end: the emulator's own events call our functions, which text by the double, and take replies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from google.events.cloud.firestore import Document, DocumentEventData
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from holdline import desk, line
from holdline.call import Outcome
from holdline.callback import Callback
from holdline.firestore import connect
from holdline.help_request import HelpRequest, Status
from holdline.knowledge import KnowledgeEntry
from holdline.ladder import Ladder, Rung
from holdline.people import PersonRef
from holdline.settings import FirestoreSettings
from holdline.store import Database, Put, Store, must_get
from holdline.text_message import TextStatus
from local.checkout import ROOT
from local.functions_server import register_triggers
from local.text_reply import text_back
from local.twilio_double import ACCOUNT, TwilioDouble, running
from tests.builders import a_call, a_person, a_phone_number, a_request, an_organisation
from tests.emulator import an_emulator, free_port
from tests.unit.functions.test_learn import HEADERS

PROJECT = "demo-texts"
TOKEN = "the token of the tests' account"
LINE, PHONE, CALLER = "+15555550100", "+15555550144", "+15555550142"
ROSA = PersonRef(uid="rosa", name="Rosa")
WITHIN_S = 30
DELIVERIES = 12


@dataclass
class Place:
    database: Database
    twilio: TwilioDouble
    functions: str

    @property
    def stack(self) -> dict[str, Any]:
        return {"functions": {"twilio_message": f"{self.functions}/twilio_message"}, "twilio_auth_token": TOKEN}

    def texts(self, to: str) -> list[dict[str, str]]:
        return [text for text in self.twilio.texts if text["to"] == to]

    def deliver_again(self, org: str, request_id: str, *, times: int) -> None:
        """News of the document, at once and several times, beside what the emulator delivers by itself."""
        path = f"orgs/{org}/help_requests/{request_id}"
        written = Document(name=f"projects/{PROJECT}/databases/(default)/documents/{path}")
        body = DocumentEventData.serialize(DocumentEventData(value=written))
        headers = {**HEADERS, "ce-subject": f"documents/{path}", "ce-document": path}
        headers["Content-Type"] = "application/protobuf"

        def deliver(_: int) -> int:
            return httpx.post(f"{self.functions}/send_texts", content=body, headers=headers, timeout=60).status_code

        with ThreadPoolExecutor(times) as threads:
            assert set(threads.map(deliver, range(times))) == {200}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    functions_port, firestore_port = free_port(), free_port()
    functions = f"http://127.0.0.1:{functions_port}"
    emulator = an_emulator(firestore_port, functions=f"127.0.0.1:{functions_port}")
    log = tmp_path_factory.mktemp("functions") / "functions.log"
    with running(TwilioDouble(token=TOKEN)) as twilio, log.open("w") as out:
        environment = {
            "PATH": os.environ["PATH"],
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{firestore_port}",
            "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",
            "LIVEKIT_URL": "ws://127.0.0.1:1",
            "LIVEKIT_API_KEY": "key-of-the-tests",
            "LIVEKIT_API_SECRET": "a secret of the tests, of 32 bytes or more",
            "FUNCTIONS_URL": functions,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_API_URL": twilio.url,
            "SIP_HOST": "sip.example.com",
            "SIP_USERNAME": "holdline",
            "SIP_PASSWORD": "sip-password",
            "HOLDLINE_IGNORE_ENV_FILE": "1",
        }
        command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "32"]
        command += ["--bind", f"127.0.0.1:{functions_port}", "local.functions_server:create_app()"]
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        settings = FirestoreSettings(
            google_cloud_project=PROJECT, firestore_emulator_host=f"127.0.0.1:{firestore_port}"
        )
        database = connect(settings)
        try:
            until(lambda: is_served(functions), why=log)
            register_triggers(project=PROJECT, firestore_host=f"127.0.0.1:{firestore_port}")
            yield Place(database, twilio, functions)
        finally:
            database.close()
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            emulator.kill()
            emulator.wait()


def is_served(functions: str) -> bool:
    try:
        return httpx.get(functions, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def until(holds: Callable[[], bool], *, why: Path | str = "") -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        said = why.read_text() if isinstance(why, Path) else why
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s\n{said}"
        time.sleep(0.05)


@pytest.fixture
def org(place: Place) -> str:
    """An organisation of its own: a line, a person on duty, and a caller on the line."""
    name = f"salon-{uuid4().hex[:8]}"
    store = place.database.for_org(name)
    store.commit(
        Put(an_organisation(name, on_duty="ana", ladder=Ladder(text_after_s=0))),
        Put(a_person(phone=PHONE)),
        Put(a_call(line=LINE, caller=CALLER, started_at=datetime.now(UTC))),
    )
    place.database.platform.commit(Put(a_phone_number(LINE, org=name)))
    place.twilio.texts = []
    return name


def asked(store: Store, **fields: Any) -> HelpRequest:
    now = datetime.now(UTC)
    given = {"asked_at": now, "expires_at": now + timedelta(minutes=5), "caller_number": CALLER, **fields}
    request = a_request(**given)
    store.commit(Put(request))
    return request


def the_request(store: Store) -> HelpRequest:
    return must_get(store, HelpRequest, "request-1").record


def test_a_question_that_nobody_answers_is_texted_and_the_signed_reply_answers_it(place: Place, org: str) -> None:
    store = place.database.for_org(org)
    asked(store, asked_at=datetime.now(UTC) - timedelta(seconds=31))
    swept = httpx.post(f"{place.functions}/sweep", timeout=60).json()
    assert (swept["climbed"], swept["failures"]) == (1, ["RoomsUnknown"]), "there is no LiveKit here"
    until(lambda: len(place.texts(PHONE)) == 1)
    place.deliver_again(org, "request-1", times=DELIVERIES)
    [text] = place.texts(PHONE)
    assert text["from"] == LINE
    assert text["body"].endswith("Reply with the words the caller should hear.")
    until(lambda: (sent := the_request(store).duty_text) is not None and sent.status is TextStatus.SENT)
    assert text_back(place.stack, "Yes, behind the house.", to={**text, "to": "+15555550199"}) is None, "a stranger"
    assert the_request(store).status is Status.WAITING

    told = [text_back(place.stack, "Yes, behind the house.", to=text, sid="SM0001") for _ in range(2)]
    assert told == ["Passed on to the caller who asked: Do you have parking?"] * 2
    request = the_request(store)
    assert (request.status, request.accepted_answer, request.answer_version) == (
        Status.ANSWERED,
        "Yes, behind the house.",
        1,
    )
    assert request.answered_by is not None
    assert request.answered_by.uid == "ana"
    until(lambda: store.get(KnowledgeEntry, "request-1") is not None)


def test_a_late_answer_reaches_its_caller_exactly_once_although_events_come_twice(place: Place, org: str) -> None:
    store = place.database.for_org(org)
    consent = Callback(consents_to_text=True, asked_at=datetime.now(UTC))
    asked(store, rung=Rung.NOBODY, callback=consent)
    line.close(store, "call-1", outcome=Outcome.CALLER_LEFT, at=datetime.now(UTC))
    desk.answer(store, "request-1", "Yes, behind the house.", by=ROSA, at=datetime.now(UTC))
    place.deliver_again(org, "request-1", times=DELIVERIES)
    until(lambda: the_request(store).status is Status.FOLLOWED_UP)
    place.deliver_again(org, "request-1", times=DELIVERIES)
    [text] = place.texts(CALLER)
    assert text["body"] == 'Luxe Beauty Salon: you asked "Do you have parking?" Our answer: Yes, behind the house.'

    desk.correct(store, "request-1", "No, not any more.", by=ROSA, at=datetime.now(UTC))
    until(lambda: len(place.texts(CALLER)) == 2 and the_request(store).status is Status.FOLLOWED_UP)
    place.deliver_again(org, "request-1", times=DELIVERIES)
    _, correction = place.texts(CALLER)
    assert correction["body"].endswith("A correction of our answer: No, not any more.")

    address, form = correction["status_callback"], {"MessageSid": correction["sid"], "MessageStatus": "undelivered"}
    signature = RequestValidator(TOKEN).compute_signature(address, form)
    told = httpx.post(address, data=form, headers={SIGNATURE_HEADER: signature}, timeout=30)
    assert (told.status_code, the_request(store).status) == (204, Status.FOLLOW_UP), "blocked, and people are told"
    place.deliver_again(org, "request-1", times=DELIVERIES)
    assert len(place.texts(CALLER)) == 2
