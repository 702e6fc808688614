from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from holdline.settings import IGNORE_ENV_FILE, DashboardSettings, FunctionsSettings, LiveKitSettings, WorkerSettings
from local import ready_file
from local.checkout import CannotStart
from local.demo import facts
from local.functions_server import EVENT_FUNCTIONS, HTTP_FUNCTIONS
from local.keys import Keys, keys_in
from local.parts import Plan, Programs, dashboard, demo_environment, environment, functions, names_of, worker
from local.ports import Ports
from local.twilio_double import ACCOUNT

NOWHERE = Path("/nowhere")


def plan(folder: Path = NOWHERE, *, is_keyless: bool = False) -> Plan:
    programs = Programs(node=NOWHERE, java=NOWHERE, firebase=NOWHERE, firestore_jar=NOWHERE, livekit=NOWHERE)
    return Plan(Ports(25000), Keys(), programs, folder, "mark", is_keyless)


@pytest.mark.parametrize("settings", [LiveKitSettings, WorkerSettings, FunctionsSettings, DashboardSettings])
def test_the_stack_decides_every_setting_that_a_program_cannot_do_without(settings: type[BaseSettings]) -> None:
    required = {name.upper() for name, field in settings.model_fields.items() if field.is_required()}

    assert required <= environment(plan(), settings).keys()


def test_a_part_is_told_its_own_settings_only() -> None:
    told = {
        "worker": worker(plan()).environment,
        "functions": functions(plan()).environment,
        "dashboard": dashboard(plan(), call_page_number="+12125550100").environment,
    }

    assert [name for name, given in told.items() if "TWILIO_AUTH_TOKEN" in given] == ["functions"]
    assert [name for name, given in told.items() if "DASHBOARD_SECRET_KEY" in given] == ["dashboard"]
    assert told["dashboard"]["CALL_PAGE_NUMBER"] == "+12125550100"


def test_an_account_of_ones_own_texts_nobody_from_a_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "f" * 32)
    monkeypatch.setenv("TWILIO_API_URL", "https://api.twilio.com")
    given = functions(plan()).environment

    assert (given["TWILIO_ACCOUNT_SID"], given["TWILIO_API_URL"]) == (ACCOUNT, "http://127.0.0.1:25011")


def test_provider_keys_reach_the_worker_and_nothing_else_of_our_environment_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "from-outside")
    monkeypatch.setenv("LIVEKIT_URL", "wss://production.example.com")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/somebody/key.json")
    given = worker(plan()).environment

    assert given["GEMINI_API_KEY"] == "from-outside"
    assert given["LIVEKIT_URL"] == "ws://127.0.0.1:25006"
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in given
    assert "GEMINI_API_KEY" not in functions(plan()).environment


def test_a_keyless_stack_takes_nothing_from_our_environment_nor_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(IGNORE_ENV_FILE)
    assert IGNORE_ENV_FILE not in worker(plan()).environment
    for name in names_of(WorkerSettings):
        monkeypatch.setenv(name, "from-outside")
    keyless = plan(is_keyless=True)
    told = [worker(keyless), functions(keyless), dashboard(keyless, call_page_number="+12125550100")]
    environments = [*(part.environment for part in told), demo_environment(keyless)]

    assert all("from-outside" not in given.values() for given in environments)
    assert all(given[IGNORE_ENV_FILE] for given in environments)


def test_names_of_settings_include_their_other_spellings() -> None:
    assert {"GOOGLE_API_KEY", "GEMINI_API_KEY", "LIVEKIT_URL"} <= names_of(WorkerSettings)


def test_the_ready_file_says_how_to_reach_everything(tmp_path: Path) -> None:
    stack = plan()
    path = tmp_path / "ready.json"
    ready_file.write(path, ready_file.contents(stack, facts(), {"worker": 1}))
    ready = ready_file.contents(stack, facts(), {"worker": 1})

    assert ready["livekit"] == {
        "url": "ws://127.0.0.1:25006",
        "api_key": "holdline-local",
        "api_secret": stack.keys.livekit_api_secret,
    }
    assert ready["firestore_emulator_host"] == "127.0.0.1:25002"
    assert ready["auth_emulator_host"] == "127.0.0.1:25003"
    assert ready["project_id"] == "demo-holdline"
    assert ready["functions"].keys() == {*HTTP_FUNCTIONS, *EVENT_FUNCTIONS}
    assert ready["functions"]["twilio_voice"] == "http://127.0.0.1:25001/twilio_voice"
    assert ready["dashboard_url"] == "http://127.0.0.1:25000"
    assert ready["texts_url"] == "http://127.0.0.1:25011/texts"
    assert ready["settings"]["TWILIO_API_URL"] == "http://127.0.0.1:25011"
    assert ready["duty_phones"] == ["+12125550144"]
    assert ready["twilio_auth_token"] == stack.keys.twilio_auth_token
    assert all(person.keys() == {"email", "password", "org", "role"} for person in ready["people"])
    assert all(number.keys() == {"number", "org", "voice_agent"} for number in ready["phone_numbers"])
    assert ready["pids"] == {"worker": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["ready.json"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_stack_that_does_not_run_is_said_to_be_missing() -> None:
    with pytest.raises(CannotStart, match="No stack is ready on port base 1"):
        ready_file.read(1)


def test_keys_are_made_once_and_long_enough_for_livekit(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    assert keys_in(tmp_path) == keys
    assert len(keys.livekit_api_secret) >= 32
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


def test_keys_that_a_crash_left_broken_are_made_again(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"livekit_api')

    assert keys_in(tmp_path) == keys_in(tmp_path)
