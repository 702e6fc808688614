"""The parts of the stack: what each runs, what it is told, and how one sees that it is ready."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from holdline.settings import IGNORE_ENV_FILE, DashboardSettings, FirestoreSettings, FunctionsSettings, WorkerSettings
from local.binaries import firestore_command
from local.checkout import ROOT
from local.demo_facts import FRONT_DESK
from local.keys import Keys
from local.leftovers import MARK
from local.ports import Ports
from local.processes import Part
from local.program_log import readable
from local.readiness import answers
from local.twilio_double import ACCOUNT

PROJECT = "demo-holdline"
LIVEKIT_API_KEY = "holdline-local"

# What any program may need of the environment it was started in. Everything else is given by name.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Programs:
    """Executables that are not ours."""

    node: Path
    java: Path
    firebase: Path
    firestore_jar: Path
    livekit: Path


@dataclass(frozen=True)
class Plan:
    """Everything that the parts of one stack are made from."""

    ports: Ports
    keys: Keys
    programs: Programs
    folder: Path
    mark: str
    is_keyless: bool = False
    """Take nothing from our environment or `.env`, whatever keys a person keeps there."""

    @property
    def firestore_host(self) -> str:
        return f"127.0.0.1:{self.ports.firestore}"

    @property
    def auth_host(self) -> str:
        return f"127.0.0.1:{self.ports.auth}"

    @property
    def livekit_url(self) -> str:
        return f"ws://127.0.0.1:{self.ports.livekit}"

    @property
    def functions_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.functions}"

    @property
    def texts_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.texts}"

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.dashboard}"

    def settings(self, *, call_page_number: str | None = None) -> dict[str, str]:
        """The value of every setting that the stack decides, for whichever program asks for it."""
        return {
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "FIRESTORE_EMULATOR_HOST": self.firestore_host,
            "FIREBASE_AUTH_EMULATOR_HOST": self.auth_host,
            # The emulator takes any key.
            "FIREBASE_WEB_API_KEY": "emulator",
            "LIVEKIT_URL": self.livekit_url,
            "LIVEKIT_API_KEY": LIVEKIT_API_KEY,
            "LIVEKIT_API_SECRET": self.keys.livekit_api_secret,
            "AGENT_NAME": "holdline",
            "DEFAULT_VOICE_AGENT": FRONT_DESK,
            "WORKER_HEALTH_HOST": "127.0.0.1",
            "WORKER_HEALTH_PORT": str(self.ports.worker_health),
            "WORKER_READY_PORT": str(self.ports.worker_ready),
            "FUNCTIONS_URL": self.functions_url,
            "TWILIO_AUTH_TOKEN": self.keys.twilio_auth_token,
            # A person's own account, in `.env` for production, must never text anybody from here.
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_API_URL": self.texts_url,
            "SIP_HOST": "sip.example.com",
            "SIP_USERNAME": "holdline",
            "SIP_PASSWORD": self.keys.sip_password,
            "DASHBOARD_URL": self.dashboard_url,
            "DASHBOARD_SECRET_KEY": self.keys.dashboard_secret_key,
            **({"CALL_PAGE_NUMBER": call_page_number} if call_page_number else {}),
        }


def names_of(settings: type[BaseSettings]) -> set[str]:
    """The environment names that a program's settings read."""
    names: set[str] = set()
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        names |= {str(choice) for choice in alias.choices} if isinstance(alias, AliasChoices) else {name}
    return {name.upper() for name in names}


def environment(plan: Plan, settings: type[BaseSettings] | None = None, **also: str) -> dict[str, str]:
    """What one part is told: its own settings and no other's, those that the stack does not decide from ours."""
    names = names_of(settings) if settings else set()
    decided = plan.settings() | also
    return (
        {name: os.environ[name] for name in _INHERITED if name in os.environ}
        | ({IGNORE_ENV_FILE: "1"} if plan.is_keyless else {})
        | {name: os.environ[name] for name in names if name in os.environ and not plan.is_keyless}
        | {name: value for name, value in decided.items() if name in names or name in also}
        | {MARK: plan.mark, "PYTHONUNBUFFERED": "1"}
    )


def firestore(plan: Plan) -> Part:
    """Google's emulator itself, because only it can be told where document events go."""
    command = firestore_command(plan.programs.java, plan.programs.firestore_jar)
    command += ["--host", "127.0.0.1", "--port", str(plan.ports.firestore), "--project_id", PROJECT]
    command += ["--rules", str(ROOT / _firebase_json()["firestore"]["rules"])]
    command += ["--functions_emulator", f"127.0.0.1:{plan.ports.functions}"]
    return Part("firestore", tuple(command), environment(plan), ROOT, answers(plan.ports.firestore))


def auth(plan: Plan) -> Part:
    """The Auth emulator, from firebase.json with this stack's ports."""
    config = _firebase_json()
    ports = {"auth": plan.ports.auth, "hub": plan.ports.emulator_hub, "logging": plan.ports.emulator_logging}
    for name, port in ports.items():
        config["emulators"][name]["port"] = port
    written = _write(plan.folder / "emulators" / "firebase.json", {"emulators": config["emulators"]})
    command = [str(plan.programs.node), str(plan.programs.firebase), "emulators:start", "--only", "auth"]
    command += ["--project", PROJECT, "--config", str(written)]
    return Part("auth", tuple(command), environment(plan, CI="1"), written.parent, answers(plan.ports.auth))


def livekit(plan: Plan) -> Part:
    """LiveKit on the loopback interface alone; its events go to our function as they would in production."""
    config = {
        "port": plan.ports.livekit,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {
            "udp_port": plan.ports.livekit_udp,
            "tcp_port": plan.ports.livekit_tcp,
            "use_external_ip": False,
            "node_ip": "127.0.0.1",
            "enable_loopback_candidate": True,
            "interfaces": {"includes": [loopback()]},
        },
        "keys": {LIVEKIT_API_KEY: plan.keys.livekit_api_secret},
        "webhook": {"api_key": LIVEKIT_API_KEY, "urls": [f"{plan.functions_url}/livekit_webhook"]},
        "logging": {"level": "info"},
    }
    # JSON is YAML.
    written = _write(plan.folder / "livekit.yaml", config)
    command = (str(plan.programs.livekit), "--config", str(written))
    # Asked to end, it waits for everybody to leave; nobody is left by then who could.
    return Part("livekit", command, environment(plan), ROOT, answers(plan.ports.livekit), stops_within_s=1)


def texts(plan: Plan) -> Part:
    """The double that takes texts in Twilio's place, and prints them."""
    port, token = plan.ports.texts, plan.keys.twilio_auth_token
    given = environment(plan, PORT=str(port), TWILIO_AUTH_TOKEN=token)
    ready = answers(port, with_status=range(200, 201))
    return Part("texts", (sys.executable, "-m", "local.twilio_double"), given, ROOT, ready, stops_within_s=1)


def functions(plan: Plan) -> Part:
    given = environment(plan, FunctionsSettings)
    command = _gunicorn("local.functions_server:create_app()", plan.ports.functions, threads=32)
    ready = answers(plan.ports.functions, with_status=range(200, 201))
    return Part("functions", command, given, ROOT, ready, readable=readable)


def worker(plan: Plan) -> Part:
    """Ready when it is registered with LiveKit and reaches the documents."""
    given = environment(plan, WorkerSettings, ORT_DISABLE_TELEMETRY="1")
    command = (sys.executable, "-m", "livekit.agents", "start", "agent/main.py")
    ready = answers(plan.ports.worker_ready, "/ready", with_status=range(200, 201))
    return Part(
        "worker",
        command,
        given,
        ROOT,
        ready,
        readable=readable,
        ready_within_s=120,
        stops_within_s=3,
    )


def dashboard(plan: Plan, *, call_page_number: str) -> Part:
    """One process with many threads: every open page holds one."""
    given = environment(plan, DashboardSettings, CALL_PAGE_NUMBER=call_page_number)
    command = _gunicorn("dashboard:create_app_from_environment()", plan.ports.dashboard, threads=256)
    return Part("dashboard", command, given, ROOT, answers(plan.ports.dashboard), readable=readable, stops_within_s=3)


def demo_environment(plan: Plan) -> Mapping[str, str]:
    """What the program that writes the demo data is told."""
    return environment(plan, FirestoreSettings, FIREBASE_AUTH_EMULATOR_HOST=plan.auth_host)


def loopback() -> str:
    return "lo" if sys.platform == "linux" else "lo0"


def _gunicorn(application: str, port: int, *, threads: int) -> tuple[str, ...]:
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1"]
    command += ["--threads", str(threads), "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "2"]
    command += ["--log-level", "warning", application]
    return tuple(command)


def _firebase_json() -> dict[str, Any]:
    config: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text())
    return config


def _write(path: Path, config: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=2))
    path.chmod(0o600)
    return path
