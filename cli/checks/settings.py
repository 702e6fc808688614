"""Are the settings complete and well-formed? Asked of the programs whose settings are given here."""

from urllib.parse import urlsplit

from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject, is_address
from holdline.errors import BadSettings
from holdline.settings import (
    DashboardSettings,
    DeploySettings,
    FirestoreSettings,
    FunctionsSettings,
    LiveKitSettings,
    WorkerSettings,
    load,
)
from local.parts import names_of

SHORTEST_KEY = 32
EXAMPLES = ("example.com", "example.org", "example.net", "changeme", "your-")
ADDRESSES = ("LIVEKIT_URL", "FUNCTIONS_URL", "DASHBOARD_URL")
WHERE = "in the environment or in .env; .env.example says what each one is"

PROGRAMS: dict[str, type[FirestoreSettings]] = {
    "shared": LiveKitSettings,
    "worker": WorkerSettings,
    "functions": FunctionsSettings,
    "dashboard": DashboardSettings,
    "number": DeploySettings,
}


async def shared(subject: Subject) -> Answer:
    return _complete("shared", subject)


async def worker(subject: Subject) -> Answer:
    return _complete("worker", subject)


async def functions(subject: Subject) -> Answer:
    return _complete("functions", subject)


async def dashboard(subject: Subject) -> Answer:
    return _complete("dashboard", subject)


async def number(subject: Subject) -> Answer:
    return _complete("number", subject)


async def secrets(subject: Subject) -> Answer:
    keys = [name for name in ("LIVEKIT_API_SECRET", "DASHBOARD_SECRET_KEY") if name in subject.settings]
    short = [name for name in keys if len(subject[name]) < SHORTEST_KEY]
    if short:
        return Fault(
            f"{_listed(short)} {_has(short)} fewer than {SHORTEST_KEY} characters: what it signs could be forged",
            f"Make a long one (`openssl rand -hex 32`; LiveKit's is made with its key) and set {_listed(short)} to it.",
        )
    return (
        Fine(f"{_listed(keys)} {_has(keys)} {SHORTEST_KEY} characters or more") if keys else NotChecked("none is given")
    )


async def addresses(subject: Subject) -> Answer:
    given = [name for name in ADDRESSES if name in subject.settings]
    for name in given:
        if not is_address(name, subject[name]):
            scheme = "wss://" if name == "LIVEKIT_URL" else "https://"
            return Fault(f"{name} is no address", f"Give {name} whole, beginning with {scheme}.")
        if urlsplit(subject[name]).scheme in ("http", "ws") and not subject.is_local:
            return Fault(f"{name} is not encrypted", f"Give {name} with an s: https:// or wss://.")
    if ":" in subject.settings.get("SIP_HOST", "") or "/" in subject.settings.get("SIP_HOST", ""):
        return Fault(
            "SIP_HOST is more than a host", "Give the name of the host alone, without sip: and without a port."
        )
    examples = [name for name, value in subject.settings.items() if any(one in value.lower() for one in EXAMPLES)]
    if examples and not subject.is_local:
        return Fault(f"{_listed(examples)} still {_has(examples)} the value of an example", f"Set {_listed(examples)}.")
    return Fine("well-formed" + (f" ({_listed(examples)} of an example: no phone here)" if examples else ""))


async def emulators(subject: Subject) -> Answer:
    names = ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST")
    there = [name for name in names if name in subject.settings]
    if not there:
        return Fine("none: documents and accounts are Google's")
    if not subject["GOOGLE_CLOUD_PROJECT"].startswith("demo-"):
        return Fault(
            f"{_listed(there)} {'is' if len(there) == 1 else 'are'} given with a project that is not a demo",
            f"Take {_listed(there)} out of the environment and .env, or name a project demo-....",
        )
    return Fine("documents or accounts are kept in an emulator on this machine")


def _complete(program: str, subject: Subject) -> Answer:
    own = _own_names(program)
    if own and not own & subject.settings.keys():
        return NotChecked(f"none of its own settings is given here ({', '.join(sorted(own))})")
    try:
        load(PROGRAMS[program])
    except BadSettings as bad:
        told = _told_before(program, subject)
        missing = [name for name in bad.missing if name not in told]
        malformed = {name: problem for name, problem in bad.malformed.items() if name not in told}
        if malformed:
            said = "; ".join(f"{name}: {problem}" for name, problem in malformed.items())
            return Fault(said, f"Correct {_listed([*malformed, *missing])} {WHERE}.")
        if missing:
            return Fault(
                f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing", f"Set {_listed(missing)} {WHERE}."
            )
    return Fine("complete and well-formed")


def _own_names(program: str) -> set[str]:
    """The settings that only this program cannot do without: with none of them it does not run from here."""
    others = {name for kind in PROGRAMS.values() if not issubclass(kind, PROGRAMS[program]) for name in _required(kind)}
    return _required(PROGRAMS[program]) - others if program != "shared" else set()


def _required(kind: type[FirestoreSettings]) -> set[str]:
    return {name.upper() for name, field in kind.model_fields.items() if field.is_required()}


def _told_before(program: str, subject: Subject) -> set[str]:
    """What an earlier check already tells of: a setting of several programs is one fault, not three."""
    told: set[str] = set()
    for one, kind in PROGRAMS.items():
        if one == program:
            break
        own = _own_names(one)
        if not own or own & subject.settings.keys():
            told |= names_of(kind)
    return told


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _has(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


CHECKS = (
    Check("settings.shared", "project and LiveKit", shared),
    Check("settings.worker", "the worker's", worker),
    Check("settings.functions", "the functions'", functions),
    Check("settings.dashboard", "the dashboard's", dashboard),
    Check("settings.number", "of `holdline number`", number),
    Check("settings.secrets", "keys that sign", secrets),
    Check("settings.addresses", "addresses", addresses),
    Check("settings.emulators", "emulators", emulators, settings=("GOOGLE_CLOUD_PROJECT",)),
)
