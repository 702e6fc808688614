"""What Fly.io is told fits what the programs do: calls are finished, readiness is asked, and no name is misspelt."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from holdline.settings import DashboardSettings, WorkerSettings
from local.parts import names_of
from tests.unit.deploy.images import ROOT

FLY_ALLOWS_S = 300
APPS: dict[str, tuple[Path, type[BaseSettings]]] = {
    "worker": (ROOT / "fly.toml", WorkerSettings),
    "dashboard": (ROOT / "dashboard" / "fly.toml", DashboardSettings),
}
OF_GOOGLES_LIBRARIES = "GOOGLE_APPLICATION_CREDENTIALS"

apps = pytest.mark.parametrize("app", APPS)


def config_of(app: str) -> dict[str, Any]:
    return tomllib.loads(APPS[app][0].read_text())


def secrets_of(app: str) -> set[str]:
    """The names that the comment on top says are to be set as secrets."""
    head = APPS[app][0].read_text().partition("\napp =")[0]
    return set(re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", head))


def seconds(duration: str) -> int:
    return sum(
        int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", duration)
    )


def test_calls_are_finished_before_the_worker_is_killed() -> None:
    worker = config_of("worker")
    drain_s = int(worker["env"]["WORKER_DRAIN_TIMEOUT_S"])
    assert drain_s == WorkerSettings.model_fields["worker_drain_timeout_s"].default
    # What is left is for the calls that are then cut off to close their documents.
    assert drain_s + 30 <= seconds(worker["kill_timeout"]) <= FLY_ALLOWS_S


def test_a_deployment_waits_longer_than_a_machine_takes_to_drain() -> None:
    worker = config_of("worker")
    assert seconds(worker["deploy"]["wait_timeout"]) > seconds(worker["kill_timeout"])
    assert (worker["deploy"]["strategy"], worker["deploy"]["max_unavailable"]) == ("rolling", 1)


@apps
def test_the_programs_are_stopped_by_the_signal_that_they_finish_their_work_on(app: str) -> None:
    assert config_of(app)["kill_signal"] == "SIGTERM"
    assert config_of(app)["restart"] == [{"policy": "always"}]


def test_nobody_can_dial_the_worker() -> None:
    assert {"http_service", "services"} & config_of("worker").keys() == set()


def test_the_workers_readiness_is_asked_where_the_worker_serves_it() -> None:
    worker = config_of("worker")
    check, [metrics] = worker["checks"]["ready"], worker["metrics"]
    served = {
        node.value
        for node in ast.walk(ast.parse((ROOT / "agent" / "health.py").read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {check["path"], metrics["path"]} <= served
    assert {check["port"], metrics["port"]} == {int(worker["env"]["WORKER_READY_PORT"])}
    # Fly asks from outside the machine, and the default is every interface.
    assert "WORKER_HEALTH_HOST" not in worker["env"]


@apps
def test_every_name_in_the_file_is_one_that_the_program_reads(app: str) -> None:
    named = config_of(app)["env"].keys() | secrets_of(app)
    files = {file["secret_name"] for file in config_of(app)["files"]}
    assert named - names_of(APPS[app][1]) - files == {OF_GOOGLES_LIBRARIES}


@apps
def test_every_setting_that_the_program_must_have_is_named(app: str) -> None:
    kind = APPS[app][1]
    needed = {name.upper() for name, field in kind.model_fields.items() if field.is_required()}
    assert needed - config_of(app)["env"].keys() - secrets_of(app) == set()


@apps
def test_the_key_file_lies_where_googles_libraries_are_told_to_look(app: str) -> None:
    [file] = config_of(app)["files"]
    assert file["guest_path"] == config_of(app)["env"][OF_GOOGLES_LIBRARIES]
    assert file["secret_name"] in secrets_of(app)


@apps
def test_no_secret_is_given_in_the_open(app: str) -> None:
    kind = APPS[app][1]
    secret = {
        name.upper() for name, field in kind.model_fields.items() if SecretStr in (field.annotation, *_parts(field))
    }
    assert {"LIVEKIT_API_SECRET", "OPENAI_API_KEY"} <= secret
    assert secret & config_of(app)["env"].keys() == set()


def _parts(field: Any) -> tuple[Any, ...]:
    return tuple(getattr(field.annotation, "__args__", ()))


@apps
def test_the_dockerfile_is_found_from_where_its_file_lies(app: str) -> None:
    file = APPS[app][0]
    assert (file.parent / config_of(app)["build"]["dockerfile"]).is_file()


def test_the_console_is_given_no_more_connections_than_it_has_threads() -> None:
    dashboard = config_of("dashboard")
    namespace: dict[str, Any] = {}
    exec((ROOT / "dashboard" / "gunicorn_conf.py").read_text(), namespace)  # noqa: S102 - as gunicorn does
    assert dashboard["http_service"]["concurrency"]["hard_limit"] < namespace["threads"]
    assert (namespace["worker_class"], namespace["workers"]) == ("gthread", 1)
    assert namespace["graceful_timeout"] < seconds(dashboard["kill_timeout"])
    assert dashboard["http_service"]["auto_stop_machines"] == "off"
