"""`holdline doctor` on a healthy stack finds nothing; of each deliberate fault it names that one and nothing else."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.checks.check import Answer, Fault, Fine, NotChecked, Result
from cli.checks.given import every_kind, secrets_in
from cli.doctor import diagnose
from deploy.phone_sip import SipState
from deploy.phone_sip_steps import bind_steps
from holdline.settings import FunctionsSettings, load
from local.checkout import ROOT
from local.parts import names_of
from tests.builders import a_person, a_phone_number, a_voice_agent, an_organisation
from tests.e2e.faults import answering, in_front_of, project
from tests.livekit_server import running_livekit
from tests.redis_server import running_redis
from tests.twilio_api import ACCOUNT, running_twilio_api

LINE = a_phone_number("+15555550199")
NOBODY = "127.0.0.1:1"
RULES = (ROOT / "firestore.rules").read_text()
OPEN_RULES = RULES.replace("if false", "if true")


@pytest.fixture
def given(stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This environment as the stack's programs have it; a test may change it."""
    for name in {name for kind in every_kind() for name in names_of(kind)}:
        monkeypatch.delenv(name, raising=False)
    for name, value in stack["settings"].items():
        monkeypatch.setenv(name, value)
    settings: dict[str, str] = stack["settings"]
    return settings


def faults(results: list[Result]) -> list[str]:
    return [result.check.id for result in results if isinstance(result.answer, Fault)]


def answer(results: list[Result], check: str) -> Answer:
    return next(result.answer for result in results if result.check.id == check)


def doctor(*arguments: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli.main", "doctor", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


def test_a_healthy_stack_has_no_fault_and_what_is_not_checked_has_a_reason(given: dict[str, str]) -> None:
    done = doctor("--json", environment=given)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"]
    states = {check["id"]: check["state"] for check in report["checks"]}
    not_checked = {name for name, state in states.items() if state != "fine"}
    assert not_checked == {"firestore.indexes", "phone.trunk", "phone.rule", "phone.twilio"}
    assert all(check["why"] for check in report["checks"] if check["id"] in not_checked)
    assert not [name for name, secret in secrets_in(given).items() if len(secret) > 8 and secret in done.stdout]


def test_the_stack_on_a_port_base_is_examined_without_any_setting(stack: dict[str, Any]) -> None:
    base = stack["dashboard_url"].rpartition(":")[2]
    bare = dict.fromkeys(stack["settings"], "")
    done = doctor("--port-base", base, environment=bare)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"port base {base}" in done.stdout
    assert "Nothing is wrong" in done.stdout


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"SIP_PASSWORD": None}, "settings.functions"),
        ({"WORKER_CAPACITY": "many"}, "settings.worker"),
        ({"LIVEKIT_URL": f"ws://{NOBODY}"}, "livekit.answers"),
        ({"LIVEKIT_API_SECRET": "the secret of quite another LiveKit"}, "livekit.key"),
        ({"FIRESTORE_EMULATOR_HOST": NOBODY}, "firestore.reads"),
        ({"WORKER_READY_PORT": "1"}, "worker.ready"),
        ({"FUNCTIONS_URL": f"http://{NOBODY}"}, "functions.answer"),
        ({"TWILIO_AUTH_TOKEN": "the token of quite another account"}, "functions.twilio_voice"),
        ({"TWILIO_ACCOUNT_SID": None}, "texts.sent"),
        ({"DASHBOARD_URL": f"http://{NOBODY}"}, "dashboard.answers"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
@pytest.mark.usefixtures("given")
async def test_a_fault_of_one_setting_is_named_and_nothing_else(
    changed: dict[str, str | None], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changed.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    results = await diagnose()
    assert faults(results) == [found]
    fault = answer(results, found)
    assert isinstance(fault, Fault) and fault.remedy
    assert any(name in f"{fault.said} {fault.remedy}" for name in changed) or found == "worker.ready"


@pytest.mark.usefixtures("given")
async def test_a_wrong_clock_is_named_and_what_its_tokens_would_break_is_not() -> None:
    results = await diagnose(now=lambda: datetime.now(UTC) + timedelta(minutes=2))
    assert faults(results) == ["clock.skew"]
    assert isinstance(answer(results, "livekit.key"), NotChecked)


async def test_functions_at_another_address_are_missed(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNCTIONS_URL", f"{given['DASHBOARD_URL']}/static")
    results = await diagnose()
    assert faults(results) == ["functions.deployed"]
    assert "none of the functions" in str(answer(results, "functions.deployed"))


async def test_one_function_that_is_not_deployed_is_named(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_front_of(given["FUNCTIONS_URL"], without="/livekit_webhook") as address:
        monkeypatch.setenv("FUNCTIONS_URL", address)
        results = await diagnose()
    assert faults(results) == ["functions.deployed"]
    fault = answer(results, "functions.deployed")
    assert isinstance(fault, Fault) and fault.said == "livekit_webhook is not deployed"


async def test_a_worker_that_is_not_registered_is_named_with_its_reason(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = {"ready": False, "reasons": ["not registered with LiveKit"]}
    with answering(503, json.dumps(standing)) as address:
        results = await diagnose(worker_url=address)
    assert faults(results) == ["worker.ready"]
    assert "not registered with LiveKit" in str(answer(results, "worker.ready"))


async def test_open_rules_are_named(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "GOOGLE_CLOUD_PROJECT",
        project(given["FIRESTORE_EMULATOR_HOST"], an_organisation(), a_voice_agent(), LINE, rules=OPEN_RULES),
    )
    results = await diagnose()
    assert faults(results) == ["firestore.rules"]
    assert "read, list, write" in str(answer(results, "firestore.rules"))


async def test_a_number_that_leads_to_no_voice_agent_is_named_and_masked(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "GOOGLE_CLOUD_PROJECT", project(given["FIRESTORE_EMULATOR_HOST"], an_organisation(), LINE, rules=RULES)
    )
    results = await diagnose()
    assert faults(results) == ["lines.bindings"]
    said = str(answer(results, "lines.bindings"))
    assert LINE.voice_agent in said
    assert LINE.id not in said


async def test_a_person_on_duty_who_cannot_be_texted_is_named(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_duty = an_organisation(on_duty="ana")
    host = given["FIRESTORE_EMULATOR_HOST"]
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project(host, on_duty, a_person(), a_voice_agent(), LINE, rules=RULES))
    results = await diagnose()
    assert faults(results) == ["texts.sent"]
    assert "Ana is on duty and has no phone" in str(answer(results, "texts.sent"))


async def test_a_twilio_number_that_calls_somebody_else_is_named(
    given: dict[str, str], stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_twilio_api() as twilio:
        twilio.token = given["TWILIO_AUTH_TOKEN"]
        twilio.owns(stack["phone_numbers"][0]["number"], voice_url="https://elsewhere.example.com/voice")
        monkeypatch.setenv("TWILIO_API_URL", twilio.url)
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
        results = await diagnose()
    assert faults(results) == ["phone.twilio"]
    assert "voice_url" in str(answer(results, "phone.twilio"))


@pytest.fixture
def livekit_with_sip(given: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """A LiveKit beside the stack's, which takes the same key and keeps trunks; its address."""
    key, secret = given["LIVEKIT_API_KEY"], given["LIVEKIT_API_SECRET"]
    with running_redis(tmp_path) as redis, running_livekit(tmp_path, redis=redis, key=key, secret=secret) as livekit:
        yield livekit.livekit_url


async def test_a_missing_trunk_and_then_a_missing_rule_are_named(
    livekit_with_sip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_URL", livekit_with_sip)
    make_trunk, make_rule = bind_steps(load(FunctionsSettings), SipState((), ()), LINE.id)

    assert faults(await diagnose()) == ["phone.trunk"]
    await asyncio.to_thread(make_trunk.do)
    assert faults(await diagnose()) == ["phone.rule"]
    await asyncio.to_thread(make_rule.do)
    results = await diagnose()
    assert faults(results) == []
    assert isinstance(answer(results, "phone.rule"), Fine)
