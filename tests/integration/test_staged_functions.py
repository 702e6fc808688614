"""The staged folder serves every function with nothing of the checkout and nothing that is not in its requirements."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlencode

import httpx
import psutil
import pytest
from google.protobuf.json_format import MessageToJson
from twilio.request_validator import RequestValidator

from deploy.functions_stage import stage
from deploy.functions_table import TARGETS, Target
from holdline import desk
from holdline.call import Call
from holdline.errors import Unavailable
from holdline.firestore import connect
from holdline.help_request import HelpRequest, Status
from holdline.knowledge import KnowledgeEntry
from holdline.ladder import Rung
from holdline.people import PhoneNumber
from holdline.records import Record
from holdline.settings import FirestoreSettings, LiveKitSettings
from holdline.store import Create, Database, Put, Store, must_get
from holdline.voice_agent import VoiceAgent
from local.checkout import ROOT
from local.runtimes import uv
from local.twilio_double import TwilioDouble, running
from tests.builders import ANA, NOW, a_call, a_person, a_request, a_voice_agent, an_organisation
from tests.emulator import free_port
from tests.livekit_server import running_livekit
from tests.unit.functions.test_learn import HEADERS, REQUEST, WRITTEN
from tests.unit.functions.test_sweep import done as swept
from tests.unit.functions.world import (
    CALL_ID,
    FUNCTIONS_URL,
    LINE,
    TWILIO_TOKEN,
    livekit_signature,
    ringing,
    room_event,
)

READY_WITHIN_S = 40
FIRST_WORDS_CPU_S = 2.5
"""Of a fresh process, its imports included, on one processor."""

SERVE = """
import sys
sys.path.append({site!r})
from functions_framework._cli import _cli
sys.argv[1:] = ["--target", {target!r}, "--port", "{port}", "--host", "127.0.0.1"]
_cli()
"""


@dataclass
class Served:
    """One function, as the framework serves it in a process of its own."""

    process: "subprocess.Popen[bytes]"
    address: str

    def post(self, body: bytes | str = b"", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(self.address, content=body, headers=named, timeout=30)

    def twilio(self, name: str, form: dict[str, str]) -> httpx.Response:
        signature = RequestValidator(TWILIO_TOKEN).compute_signature(f"{FUNCTIONS_URL}/{name}", form)
        kind = "application/x-www-form-urlencoded"
        return self.post(urlencode(form), content_type=kind, x_twilio_signature=signature)

    def cpu_s(self) -> float:
        """Spent so far, by the process that serves and those that it started."""
        root = psutil.Process(self.process.pid)
        spent = [one.cpu_times() for one in (root, *root.children(recursive=True))]
        return sum(times.user + times.system for times in spent)


@dataclass
class Stage:
    """A folder, and a Python that finds nothing beside it but the packages of `site`."""

    folder: Path
    python: str
    site: Path
    environment: dict[str, str]

    def start(self, target: str) -> Served:
        port = free_port()
        program = SERVE.format(site=str(self.site), target=target, port=port)
        command = [self.python, "-I", "-S", "-c", program]
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment, start_new_session=True)
        return Served(process, f"http://127.0.0.1:{port}")

    def can_import(self, module: str) -> bool:
        program = f"import sys; sys.path += [{str(self.folder)!r}, {str(self.site)!r}]; import {module}"
        done = subprocess.run([self.python, "-I", "-S", "-c", program], env=self.environment, capture_output=True)
        return done.returncode == 0


@pytest.fixture(scope="module")
def livekit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitSettings]:
    with running_livekit(tmp_path_factory.mktemp("livekit")) as settings:
        yield settings


@pytest.fixture(
    scope="module", params=["packages of this environment", pytest.param("installed anew", marks=pytest.mark.proof)]
)
def packages(request: pytest.FixtureRequest) -> str:
    """Whose packages the functions find."""
    return str(request.param)


@pytest.fixture(scope="module")
def project(packages: str) -> str:
    return f"demo-{packages.replace(' ', '-')}"


@pytest.fixture(scope="module")
def database(emulator_host: str, project: str) -> Iterator[Database]:
    settings = FirestoreSettings(google_cloud_project=project, firestore_emulator_host=emulator_host)
    database = connect(settings)
    until_written(database.platform, PhoneNumber(id=LINE, org="salon", voice_agent="front_desk"))
    until_written(database.for_org("salon"), a_voice_agent("front_desk"))
    yield database
    database.close()


def until_written(store: Store, record: Record) -> None:
    """An emulator that has just started takes its time over the first write, and a busy machine takes more."""
    for _ in range(5):
        with suppress(Unavailable):
            store.commit(Put(record))
            return
    raise AssertionError(f"{record.collection}/{record.id} could not be written")


@pytest.fixture(scope="module")
def twilio() -> Iterator[TwilioDouble]:
    with running(TwilioDouble(token=TWILIO_TOKEN)) as double:
        yield double


@pytest.fixture(scope="module")
def staged(
    packages: str,
    project: str,
    tmp_path_factory: pytest.TempPathFactory,
    livekit: LiveKitSettings,
    database: Database,
    emulator_host: str,
    twilio: TwilioDouble,
) -> Stage:
    folder = tmp_path_factory.mktemp("staged") / "functions"
    stage(ROOT, folder, uv=uv())
    if packages == "installed anew":
        python, site = installed(folder / "requirements.txt", tmp_path_factory.mktemp("environment"))
    else:
        python, site = sys.executable, linked(folder / "requirements.txt", tmp_path_factory.mktemp("site"))
    environment = {
        "PATH": os.environ["PATH"],
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": emulator_host,
        "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",
        "LIVEKIT_URL": livekit.livekit_url,
        "LIVEKIT_API_KEY": livekit.livekit_api_key,
        "LIVEKIT_API_SECRET": livekit.livekit_api_secret.get_secret_value(),
        "FUNCTIONS_URL": FUNCTIONS_URL,
        "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
        "TWILIO_ACCOUNT_SID": twilio.account,
        "TWILIO_API_URL": twilio.url,
        "SIP_HOST": "sip.example.com",
        "SIP_USERNAME": "holdline",
        "SIP_PASSWORD": "sip-password",
        "THREADS": "2",
    }
    return Stage(folder, python, site, environment)


def linked(requirements: Path, site: Path) -> Path:
    """A folder of packages with those that are required, each file a link to the one that is installed here."""
    for name in set(re.findall(r"^([a-z0-9._-]+)==", requirements.read_text(), re.MULTILINE)):
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:  # for another platform
            continue
        for file in files:
            if ".." in file.parts or "__pycache__" in file.parts:
                continue
            link = site / file
            source = Path(str(file.locate()))
            if not link.parent.exists():
                link.parent.mkdir(parents=True)
                # Compiled once for all: without it each process would compile everything anew.
                compiled = source.parent / "__pycache__"
                compiled.mkdir(exist_ok=True)
                (link.parent / "__pycache__").symlink_to(compiled)
            link.symlink_to(source)
    return site


def installed(requirements: Path, folder: Path) -> tuple[str, Path]:
    """A Python of its own with the requirements, hashes checked."""
    python = folder / "bin" / "python"
    subprocess.run([uv(), "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    install = [uv(), "pip", "install", "--quiet", "--require-hashes", "--python", str(python), "-r", str(requirements)]
    subprocess.run(install, check=True)
    return str(python), next(folder.glob("lib/python*/site-packages"))


@pytest.fixture(scope="module")
def functions(staged: Stage) -> Iterator[dict[str, Served]]:
    """Every target in a process of its own, as production has them."""
    served = {one.name: staged.start(one.name) for one in TARGETS}
    try:
        for function in served.values():
            wait_until_served(function)
        yield served
    finally:
        end(*served.values())


def wait_until_served(function: Served) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            httpx.get(function.address, timeout=30)
        except httpx.TransportError:
            assert function.process.poll() is None, "the function did not start: its error is above"
            assert time.monotonic() < deadline, f"{function.address} does not answer"
            time.sleep(0.05)
        else:
            return


def end(*functions: Served) -> None:
    """Without ceremony: nobody is on the line."""
    for function in functions:
        os.killpg(function.process.pid, signal.SIGKILL)
        function.process.wait()


def test_nothing_else_of_ours_and_nothing_that_is_not_required_can_be_imported(staged: Stage) -> None:
    assert staged.can_import("holdline.line")
    left_behind = ("agent", "cli", "dashboard", "deploy", "local", "tests", "livekit.agents", "pocketsphinx", "pytest")
    assert [module for module in left_behind if staged.can_import(module)] == []


@pytest.mark.parametrize("one", TARGETS, ids=lambda one: one.name)
def test_every_target_is_served_and_grants_a_stranger_nothing(functions: dict[str, Served], one: Target) -> None:
    name = one.name
    answer = functions[name].post(b"{}", content_type="application/json")
    expected = {
        "twilio_voice": 403,
        "twilio_status": 403,
        "twilio_message": 403,
        "learn": 400,
        "send_texts": 400,
        "sweep": 200,
    }
    assert answer.status_code == expected.get(name, 401)
    if name == "sweep":  # its door is Google's: nobody without the right comes this far
        assert answer.json() == swept()


def test_a_call_is_opened_told_of_and_ended(functions: dict[str, Served], database: Database) -> None:
    answer = functions["twilio_voice"].twilio("twilio_voice", ringing())
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert f"sip:{CALL_ID}@sip.example.com" in answer.text
    salon = database.for_org("salon")
    assert must_get(salon, Call, CALL_ID).record.is_live
    event = MessageToJson(room_event("room_finished")).encode()
    told = functions["livekit_webhook"].post(event, authorization=livekit_signature(event))
    assert told.status_code == 204
    assert not must_get(salon, Call, CALL_ID).record.is_live
    ended = functions["twilio_status"].twilio("twilio_status", ringing() | {"CallStatus": "completed"})
    assert ended.status_code == 204


def test_a_written_help_request_is_learned(functions: dict[str, Served], database: Database) -> None:
    salon = database.for_org("salon")
    salon.commit(Create(a_request(REQUEST, expires_at=NOW + timedelta(minutes=2))))
    desk.answer(salon, REQUEST, "Yes, there is free parking behind the building.", by=ANA, at=NOW)
    told = httpx.post(
        functions["learn"].address,
        content=WRITTEN,
        headers={**HEADERS, "Content-Type": "application/protobuf"},
        timeout=30,
    )
    assert told.status_code == 200
    assert must_get(salon, KnowledgeEntry, REQUEST).record.question == "Do you have parking?"


def test_the_person_on_duty_is_texted_and_their_reply_is_the_answer(
    functions: dict[str, Served], database: Database, twilio: TwilioDouble
) -> None:
    salon = database.for_org("salon")
    salon.commit(Put(an_organisation(on_duty="ana")), Put(a_person(phone="+15555550144")))
    salon.commit(Put(a_request(REQUEST, rung=Rung.ON_DUTY, expires_at=NOW + timedelta(minutes=2))))
    told = httpx.post(
        functions["send_texts"].address,
        content=WRITTEN,
        headers={**HEADERS, "Content-Type": "application/protobuf"},
        timeout=30,
    )
    assert told.status_code == 200
    [text] = twilio.texts
    form = {"MessageSid": "SM01", "From": text["to"], "To": text["from"], "Body": "Yes, behind the building."}
    assert "Passed on to the caller" in functions["twilio_message"].twilio("twilio_message", form).text
    assert must_get(salon, HelpRequest, REQUEST).record.accepted_answer == "Yes, behind the building."


def test_what_nobody_ended_is_swept_up(functions: dict[str, Served], database: Database) -> None:
    salon = database.for_org("salon")
    functions["sweep"].post()  # what the tests before have left
    salon.commit(Create(a_call("lost")), Create(a_request("overdue", call="of-long-ago")))
    salon.commit(Create(a_request("outlived", call="of-long-ago", expires_at=NOW + timedelta(days=36500))))
    assert functions["sweep"].post().json() == swept(closed=1, expired=1, ended=1)
    assert must_get(salon, Call, "lost").record.outcome_detail == "the room is gone"
    assert must_get(salon, HelpRequest, "overdue").record.status is Status.EXPIRED
    assert must_get(salon, HelpRequest, "outlived").record.status is Status.CALLER_LEFT


@pytest.mark.parametrize("name", ["create_room", "join_token"])
def test_a_token_is_looked_at(functions: dict[str, Served], name: str) -> None:
    body = json.dumps({"number": LINE})
    answer = functions[name].post(body, content_type="application/json", authorization="Bearer nonsense")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


def test_a_fresh_process_has_its_first_words_before_the_caller_wonders(staged: Stage, database: Database) -> None:
    """Processor time, because the clock of a busy machine tells about its neighbours."""
    assert database.for_org("salon").get(VoiceAgent, "front_desk")
    fresh = staged.start("twilio_voice")
    try:
        wait_until_served(fresh)
        answer = fresh.twilio("twilio_voice", ringing() | {"CallSid": "CA" + "fe" * 16})
        spent = fresh.cpu_s()
    finally:
        end(fresh)
    assert "<Dial" in answer.text
    assert spent < FIRST_WORDS_CPU_S
