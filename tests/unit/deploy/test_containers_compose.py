"""compose.yaml runs the versions that the tests ran, tells each program what it reads, and opens no back door."""

import json
import re
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from holdline.settings import DashboardSettings, FunctionsSettings, WorkerSettings
from local.functions_server import EVENT_FUNCTIONS, HTTP_FUNCTIONS
from local.parts import names_of
from tests.unit.deploy.images import ROOT

FOLDER = ROOT / "deploy" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS: dict[str, type[BaseSettings]] = {
    "dashboard": DashboardSettings,
    "functions": FunctionsSettings,
    "worker": WorkerSettings,
}
FOR_US_ALONE = {"sweep"}
"""Functions that a schedule calls, which Google Cloud guards by who calls and this machine by the proxy."""

ours = pytest.mark.parametrize("service", OURS)


def trial() -> dict[str, str]:
    lines = [line for line in (FOLDER / "emulators.env").read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@ours
def test_a_program_is_told_every_setting_that_it_reads_and_no_other_programs(service: str) -> None:
    told = SERVICES[service]["environment"].keys() - {"GOOGLE_APPLICATION_CREDENTIALS", "GUNICORN_CMD_ARGS"}
    assert names_of(OURS[service]) - told == set(), f"to be named in compose.yaml, under {service}"
    assert told - names_of(OURS[service]) == set()


def test_no_value_of_a_secret_is_in_the_files() -> None:
    text = (ROOT / "compose.yaml").read_text()
    secret = r"\w*(?:SECRET|TOKEN|PASSWORD|API_KEY)\w*"
    given = re.findall(rf"^ +({secret}): *(\S.*)$", text, re.MULTILINE)
    assert given == []
    assert {name for name in trial() if re.fullmatch(secret, name)} == {"FIREBASE_WEB_API_KEY", "LIVEKIT_API_KEY"}


def test_the_trial_decides_only_what_somebody_reads() -> None:
    read = set().union(*(names_of(kind) for kind in OURS.values()))
    variables = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert trial().keys() - read - variables == {"COMPOSE_PROFILES"}


def test_the_trials_addresses_are_those_that_the_services_listen_on() -> None:
    def flag(name: str) -> str:
        found = re.search(rf"--{name} (\S+)", SERVICES["firestore"]["command"][-1])
        assert found
        return found[1]

    given = trial()
    firebase = json.loads((ROOT / "firebase.json").read_text())["emulators"]
    livekit = yaml.safe_load(SERVICES["livekit"]["environment"]["LIVEKIT_CONFIG"])
    assert given["FIRESTORE_EMULATOR_HOST"] == f"{flag('host')}:{flag('port')}"
    assert given["FIREBASE_AUTH_EMULATOR_HOST"] == f"127.0.0.1:{firebase['auth']['port']}"
    assert given["FUNCTIONS_URL"] == f"http://{flag('functions_emulator')}"
    assert given["FUNCTIONS_URL"].endswith(SERVICES["functions"]["environment"]["GUNICORN_CMD_ARGS"].split(":")[-1])
    assert given["DASHBOARD_URL"].endswith(SERVICES["dashboard"]["environment"]["GUNICORN_CMD_ARGS"].split(":")[-1])
    assert given["LIVEKIT_URL"] == f"ws://127.0.0.1:{livekit['port']}"
    assert given["GOOGLE_CLOUD_PROJECT"] == flag("project_id")
    assert f"--project {flag('project_id')}" in SERVICES["auth"]["command"]


def test_what_is_not_for_the_public_listens_on_the_loopback_interface() -> None:
    livekit = yaml.safe_load(SERVICES["livekit"]["environment"]["LIVEKIT_CONFIG"])
    assert livekit["bind_addresses"] == ["127.0.0.1"]
    assert "--bind 127.0.0.1 " in SERVICES["redis"]["command"]
    assert SERVICES["worker"]["environment"]["WORKER_HEALTH_HOST"] == "127.0.0.1"
    for service in ("functions", "dashboard"):
        assert SERVICES[service]["environment"]["GUNICORN_CMD_ARGS"].startswith("--bind 127.0.0.1:")


def test_the_world_reaches_the_functions_that_check_who_calls_and_no_others() -> None:
    [paths] = re.findall(r"@public path (.+)", (FOLDER / "Caddyfile").read_text())
    assert set(paths.split()) == {f"/{name}" for name in set(HTTP_FUNCTIONS) - FOR_US_ALONE}
    assert not set(EVENT_FUNCTIONS) & {path[1:] for path in paths.split()}


def test_every_image_says_its_version() -> None:
    for name, service in SERVICES.items():
        if "build" not in service:
            assert re.search(r":v?\d+[\w.-]*$", service["image"]), f"{name} takes whatever is newest"


def test_livekit_and_firebase_are_the_versions_that_the_tests_run() -> None:
    [pinned] = re.findall(r"livekit-server (v\S+)", (ROOT / "local" / "livekit" / "go.mod").read_text())
    assert SERVICES["livekit"]["image"] == f"livekit/livekit-server:{pinned}"
    tools = json.loads((ROOT / "local" / "firebase" / "package.json").read_text())["dependencies"]["firebase-tools"]
    assert f"firebase-tools@{tools} " in SERVICES["auth"]["command"]


@ours
def test_each_of_ours_is_built_from_its_dockerfile_and_watched(service: str) -> None:
    build = SERVICES[service]["build"]
    assert build["context"] == "."
    assert (ROOT / build["dockerfile"]).is_file()
    assert SERVICES[service]["healthcheck"]["test"][0] == "CMD"


def test_calls_are_finished_before_the_worker_is_killed() -> None:
    [minutes] = re.findall(r"^(\d+)m$", SERVICES["worker"]["stop_grace_period"])
    assert int(minutes) * 60 > WorkerSettings.model_fields["worker_drain_timeout_s"].default


def test_nothing_waits_for_a_service_that_is_not_there() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES
            of_a_profile = SERVICES[needed].get("profiles", []) and not service.get("profiles")
            assert how.get("required", True) is not bool(of_a_profile)
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[needed]


def test_the_rooms_events_reach_the_function_that_takes_them() -> None:
    livekit = yaml.safe_load(SERVICES["livekit"]["environment"]["LIVEKIT_CONFIG"])
    [url] = livekit["webhook"]["urls"]
    assert url == f"{trial()['FUNCTIONS_URL']}/livekit_webhook"
    sip = yaml.safe_load(SERVICES["sip"]["environment"]["SIP_CONFIG_BODY"])
    assert sip["redis"] == livekit["redis"]
    assert sip["ws_url"] == trial()["LIVEKIT_URL"]
