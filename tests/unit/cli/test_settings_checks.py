"""Settings that are missing, malformed or of an example are told of once, by name and never by value."""

import pytest

from cli.checks import settings
from cli.checks.check import Answer, Fault, Fine, NotChecked
from cli.checks.examination import examine
from cli.checks.given import every_kind, this_environment
from local.parts import names_of
from tests.unit.cli.examined import PRODUCTION, a_subject

LOCAL = PRODUCTION | {
    "GOOGLE_CLOUD_PROJECT": "demo-holdline",
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:18002",
    "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:18003",
    "LIVEKIT_URL": "ws://127.0.0.1:18006",
    "SIP_HOST": "sip.example.com",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {name for kind in every_kind() for name in names_of(kind)}:
        monkeypatch.delenv(name, raising=False)


async def found(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> dict[str, Answer]:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    results = await examine(settings.CHECKS, a_subject(settings=this_environment()))
    return {result.check.id.removeprefix("settings."): result.answer for result in results}


def faults(answers: dict[str, Answer]) -> dict[str, str]:
    return {name: answer.said for name, answer in answers.items() if isinstance(answer, Fault)}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in PRODUCTION.items() if name not in names}


async def test_complete_settings_have_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = await found(monkeypatch, PRODUCTION)
    assert faults(answers) == {}
    assert isinstance(answers["number"], NotChecked)


async def test_the_values_of_a_local_stack_have_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(await found(monkeypatch, LOCAL)) == {}


async def test_a_setting_of_all_programs_is_missed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(await found(monkeypatch, without("LIVEKIT_API_KEY"))) == {"shared": "LIVEKIT_API_KEY is missing"}


async def test_all_that_a_program_lacks_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = await found(monkeypatch, without("SIP_HOST", "SIP_PASSWORD"))
    assert faults(answers) == {"functions": "SIP_HOST, SIP_PASSWORD are missing"}


async def test_a_setting_of_functions_and_dashboard_is_missed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(await found(monkeypatch, without("FUNCTIONS_URL"))) == {"functions": "FUNCTIONS_URL is missing"}


async def test_a_program_of_which_nothing_is_given_does_not_run_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = await found(monkeypatch, without("DASHBOARD_URL", "DASHBOARD_SECRET_KEY", "FIREBASE_WEB_API_KEY"))
    assert faults(answers) == {}
    assert isinstance(answers["dashboard"], NotChecked)


async def test_with_nothing_given_only_what_every_program_needs_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(await found(monkeypatch, {})).keys() == {"shared"}


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"WORKER_CAPACITY": "canary"}, "worker"),
        ({"LLM_BASE_URL": "https://models.holdline.app/v1"}, "worker"),
        ({"TRUSTED_PROXIES": "canary"}, "dashboard"),
        ({"TWILIO_ACCOUNT_SID": "canary"}, "functions"),
        ({"LIVEKIT_API_SECRET": "canary"}, "secrets"),
        ({"DASHBOARD_SECRET_KEY": "canary"}, "secrets"),
        ({"LIVEKIT_URL": "canary.livekit.cloud"}, "addresses"),
        ({"FUNCTIONS_URL": "http://canary.holdline.app"}, "addresses"),
        ({"SIP_HOST": "sip:canary.sip.livekit.cloud"}, "addresses"),
        ({"SIP_HOST": "canary.example.com"}, "addresses"),
        ({"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}, "emulators"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
async def test_a_malformed_setting_is_named_without_its_value(
    changed: dict[str, str], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = await found(monkeypatch, PRODUCTION | changed)
    assert faults(answers).keys() == {where}
    fault = answers[where]
    assert isinstance(fault, Fault)
    (name,) = changed
    assert name in fault.said or (name == "LLM_BASE_URL" and "LLM_MODEL" in fault.said)
    assert "canary" not in str(fault)


async def test_an_example_is_no_fault_where_there_is_no_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = (await found(monkeypatch, LOCAL))["addresses"]
    assert isinstance(answer, Fine) and "SIP_HOST" in answer.said
