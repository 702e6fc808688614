"""Each function is deployed as the table says, the table is what there is, and no command holds a secret."""

import ast
import json
import os
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from cli.main import main
from deploy.functions_commands import LOCAL_ONLY, Place, deployment, environment_of, secret_name, secrets_of, setup
from deploy.functions_table import ROLES, TARGETS, Public, Scheduled, Target, Written, target
from deploy.gcloud import Check, Command, NotDeployed, run
from holdline.settings import FirestoreSettings, FunctionsSettings, load
from local.checkout import ROOT
from local.functions_server import EVENT_FUNCTIONS, HTTP_FUNCTIONS

SECRETS = {
    "livekit_api_secret": "the-livekit-secret",
    "twilio_auth_token": "the-twilio-token",
    "sip_password": "the-sip-password",
}
OPEN = {
    "google_cloud_project": "acme-line",
    "livekit_url": "wss://acme.livekit.example.com",
    "livekit_api_key": "APIkey",
    "functions_url": "https://us-central1-acme-line.cloudfunctions.net",
    "sip_host": "acme.sip.example.com",
    "sip_username": "holdline",
}
SETTINGS = FunctionsSettings.model_validate(OPEN | SECRETS)
PLACE = Place("acme-line", "us-central1", "nam5")
EVERY_COMMAND = [
    *setup(SETTINGS, PLACE),
    *(one for each in TARGETS for one in deployment(each, SETTINGS, PLACE, source=Path("out"))),
]
NAMES = [one.name for one in TARGETS]


def flags(name: str) -> dict[str, str]:
    """The flags with which this function is uploaded; of one that is given twice, both values."""
    command, *_ = deployment(target(name), SETTINGS, PLACE, source=Path("out"))
    found: dict[str, str] = {}
    for word in command.argv:
        if word.startswith("--"):
            flag, _, value = word.partition("=")
            found[flag] = f"{found[flag]} {value}" if flag in found else value
    return found


# The table


def entry_points() -> dict[str, str]:
    """The functions of functions/main.py, each with the decorator that makes it one."""
    tree = ast.parse((ROOT / "functions" / "main.py").read_text())
    return {
        node.name: decorator.attr
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Attribute)
    }


def test_every_entry_point_is_deployed_and_nothing_else() -> None:
    assert entry_points().keys() == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_the_local_stack_serves_what_is_deployed_on_the_same_events() -> None:
    assert {one.name for one in TARGETS if not isinstance(one.trigger, Written)} == set(HTTP_FUNCTIONS)
    assert {one.name: one.trigger.document for one in TARGETS if isinstance(one.trigger, Written)} == EVENT_FUNCTIONS


@pytest.mark.parametrize("one", TARGETS, ids=NAMES)
def test_a_trigger_fits_the_kind_of_its_entry_point(one: Target) -> None:
    assert entry_points()[one.name] == ("cloud_event" if isinstance(one.trigger, Written) else "http")


def test_the_phone_alone_is_always_warm() -> None:
    assert [one.name for one in TARGETS if one.min_instances] == ["twilio_voice"]


@pytest.mark.parametrize("one", [one for one in TARGETS if one.name.startswith("twilio")], ids=lambda one: one.name)
def test_what_twilio_calls_is_not_given_longer_than_twilio_waits(one: Target) -> None:
    assert one.timeout_s <= 15


def test_one_sweep_is_enough_at_a_time() -> None:
    sweep = target("sweep")
    assert (sweep.max_instances, sweep.concurrency, sweep.trigger) == (1, 1, Scheduled("* * * * *"))


def test_a_function_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(KeyError, match="no function nothing; there are twilio_voice, "):
        target("nothing")


# What a function is told


def test_every_setting_is_told_and_the_secret_ones_by_secret_manager_alone() -> None:
    told = environment_of(target("twilio_voice"), SETTINGS)
    required = {name for name, field in FunctionsSettings.model_fields.items() if field.is_required()}
    assert {name.upper() for name in required - SECRETS.keys()} <= told.keys()
    assert secrets_of(SETTINGS).keys() == SECRETS.keys()
    assert required <= OPEN.keys() | SECRETS.keys()
    given = flags("twilio_voice")
    assert given["--set-env-vars"] == "^|^" + "|".join(f"{name}={value}" for name, value in told.items())
    assert dict(pair.split("=") for pair in given["--set-secrets"].split(",")) == {
        name.upper(): f"{secret_name(name)}:latest" for name in SECRETS
    }


def test_it_could_start_with_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FunctionsSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment_of(target("learn"), SETTINGS).items():
        monkeypatch.setenv(name, value)
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name.upper(), secret)
    assert load(FunctionsSettings) == SETTINGS


def test_there_are_as_many_threads_as_requests_at_once() -> None:
    for one in TARGETS:
        assert environment_of(one, SETTINGS)["THREADS"] == str(one.concurrency) == flags(one.name)["--concurrency"]


def test_no_command_holds_a_secret() -> None:
    for command in EVERY_COMMAND:
        for value in SECRETS.values():
            assert value not in str(command)
            assert not any(value in word for word in command.argv)


# The commands


def test_one_command_uploads_one_function() -> None:
    uploads = [command.argv[3] for command in EVERY_COMMAND if command.argv[1:3] == ("functions", "deploy")]
    assert uploads == NAMES


@pytest.mark.parametrize("one", TARGETS, ids=NAMES)
def test_who_may_call_is_said_for_every_function(one: Target) -> None:
    given = flags(one.name)
    lets_in = [
        command.argv[4:6]
        for command in deployment(one, SETTINGS, PLACE, source=Path("out"))
        if "add-invoker-policy-binding" in command.argv
    ]
    if isinstance(one.trigger, Public):
        assert "--allow-unauthenticated" in given
        assert lets_in == []
        return
    assert "--allow-unauthenticated" not in given
    assert ("--no-allow-unauthenticated" in given) == isinstance(one.trigger, Scheduled)
    assert lets_in == [
        ("--region=us-central1", "--member=serviceAccount:holdline-trigger@acme-line.iam.gserviceaccount.com")
    ]


@pytest.mark.parametrize("name", ["learn", "send_texts"])
def test_a_written_help_request_calls_it_until_it_succeeds(name: str) -> None:
    given = flags(name)
    assert given["--trigger-event-filters"] == "type=google.cloud.firestore.document.v1.written database=(default)"
    assert given["--trigger-event-filters-path-pattern"] == "document=orgs/{org}/help_requests/{id}"
    assert given["--trigger-location"] == "nam5"
    assert "--retry" in given
    assert "--trigger-http" not in given


def test_the_scheduler_calls_the_sweep_in_a_name_of_its_own() -> None:
    *_, job = deployment(target("sweep"), SETTINGS, PLACE, source=Path("out"))
    url = "https://us-central1-acme-line.cloudfunctions.net/sweep"
    assert {f"--uri={url}", f"--oidc-token-audience={url}", "--schedule=* * * * *", "--http-method=POST"} < {*job.argv}
    assert job.instead == tuple("update" if word == "create" else word for word in job.argv)


def test_accounts_have_the_roles_that_they_need_and_no_broad_one() -> None:
    granted = {role for roles in ROLES.values() for role in roles}
    assert granted.isdisjoint({"roles/owner", "roles/editor", "roles/viewer", "roles/run.invoker"})
    opened = [command for command in EVERY_COMMAND if "--role=roles/secretmanager.secretAccessor" in command.argv]
    assert [command.argv[3] for command in opened] == [secret_name(name) for name in SECRETS], "secrets one by one"


def test_what_is_printed_can_be_typed() -> None:
    for command in EVERY_COMMAND:
        assert shlex.split(str(command).removeprefix("(the secret) | ")) == list(command.argv)


# Running them


@pytest.fixture
def gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name that writes down what it is asked, and knows nothing of what it is asked to describe.

    `answers.json` says otherwise: words that a call contains, with its exit code and what it prints.
    """
    log, answers, program = tmp_path / "log", tmp_path / "answers.json", tmp_path / "bin" / "gcloud"
    program.parent.mkdir()
    answers.write_text('[[["describe"], 1, ""], [["access"], 1, ""]]')
    program.write_text(f"""#!/usr/bin/env python3
import json, sys
asked = sys.argv[1:]
with open({str(log)!r}, "a") as log:
    log.write(json.dumps([asked, sys.stdin.read()]) + "\\n")
for words, code, said in json.load(open({str(answers)!r})):
    if set(words) <= set(asked):
        print(said, end="")
        sys.exit(code)
""")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return tmp_path


def asked(gcloud: Path) -> list[tuple[list[str], str]]:
    log = gcloud / "log"
    return [tuple(json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


def test_commands_are_told_and_run_in_their_order_and_a_secret_goes_in_by_the_back_door(gcloud: Path) -> None:
    told: list[str] = []
    run([Command(("gcloud", "one")), Command(("gcloud", "two"), stdin=SecretStr("hush"))], told.append)
    assert told == ["gcloud one", "gcloud two"]
    assert asked(gcloud) == [(["one"], ""), (["two"], "hush")]


def test_what_is_so_already_is_not_done_again(gcloud: Path) -> None:
    (gcloud / "answers.json").write_text('[[["access"], 0, "hush"]]')
    told: list[str] = []
    run(
        [
            Command(("gcloud", "create"), unless=Check(("gcloud", "describe"))),
            Command(("gcloud", "add"), unless=Check(("gcloud", "access"), prints=SecretStr("hush"))),
            Command(("gcloud", "add"), unless=Check(("gcloud", "access"), prints=SecretStr("another"))),
            Command(("gcloud", "make"), unless=Check(("gcloud", "describe")), instead=("gcloud", "change")),
        ],
        told.append,
    )
    assert told == ["gcloud add", "gcloud change"]


def test_the_first_failure_is_the_last_command(gcloud: Path) -> None:
    (gcloud / "answers.json").write_text('[[["two"], 3, ""]]')
    with pytest.raises(NotDeployed, match=r"(?s)exit code 3.*run the same command again"):
        run([Command(("gcloud", name)) for name in ("one", "two", "three")], print)
    assert [words for words, _ in asked(gcloud)] == [["one"], ["two"]]


def test_a_machine_without_gcloud_is_told_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotDeployed, match=r"gcloud is not on PATH.*gcloud auth login.*--dry-run"):
        run([Command(("gcloud", "one"))], print)


# The command line


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FunctionsSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in (OPEN | SECRETS).items():
        monkeypatch.setenv(name.upper(), value)


def holdline(*words: str) -> Result:
    return CliRunner().invoke(main, ["deploy", *words])


@pytest.mark.usefixtures("given")
def test_a_dry_run_prints_the_commands_and_runs_none(gcloud: Path) -> None:
    done = holdline("functions", "learn", "sweep", "--dry-run", "--source", "out")
    expected = [deployment(target(name), SETTINGS, PLACE, source=Path("out")) for name in ("learn", "sweep")]
    assert done.stdout.splitlines() == [str(one) for commands in expected for one in commands]
    assert done.stderr == ""
    assert asked(gcloud) == []
    assert holdline("functions", "--dry-run").stdout.count("gcloud functions deploy ") == len(TARGETS)
    assert holdline("setup", "--dry-run").stdout.splitlines() == [str(one) for one in setup(SETTINGS, PLACE)]
    assert asked(gcloud) == []


@pytest.mark.usefixtures("given")
def test_without_dry_run_they_are_run(gcloud: Path) -> None:
    assert holdline("functions", "twilio_voice", "--source", "out").exit_code == 0
    (words, _), *more = asked(gcloud)
    assert (words[:3], more) == (["functions", "deploy", "twilio_voice"], [])


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("environment", "words", "said"),
    [
        ({"SIP_PASSWORD": "", "FUNCTIONS_URL": ""}, ["functions", "--dry-run"], "FUNCTIONS_URL, SIP_PASSWORD"),
        ({"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}, ["setup", "--dry-run"], "FIRESTORE_EMULATOR_HOST names an emul"),
        ({}, ["functions", "nothing"], "there is no function nothing; there are twilio_voice"),
        ({"FUNCTIONS_URL": "https://x.example.com"}, ["functions", "--dry-run"], "signatures will not fit"),
    ],
    ids=["missing", "emulator", "unknown", "another address"],
)
def test_what_is_wrong_is_said_before_anything_is_run(
    gcloud: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: list[str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert said in holdline(*words).stderr
    assert asked(gcloud) == []


def test_only_an_emulators_settings_are_left_at_home() -> None:
    kinds: dict[str, Any] = {**FirestoreSettings.model_fields, **FunctionsSettings.model_fields}
    assert {name for name in kinds if name.endswith("emulator_host")} == set(LOCAL_ONLY)
