"""The gcloud commands that put the functions into a project, in their order; nothing is run here.

Settings become environment variables of the functions, and their secrets names in Secret Manager: a command never holds
a secret.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.functions_table import (
    APIS,
    BUILDS_AS,
    CALLS_PRIVATE_ONES,
    ROLES,
    RUNS_AS,
    RUNTIME,
    Public,
    Scheduled,
    Target,
    Written,
)
from deploy.gcloud import Check, Command
from holdline.settings import FunctionsSettings

LOCAL_ONLY = ("firestore_emulator_host", "firebase_auth_emulator_host")
"""Settings that production never has."""


@dataclass(frozen=True)
class Place:
    """Where in Google Cloud."""

    project: str
    region: str
    firestore_location: str
    """A trigger lies where the database does: `nam5` and `eur3` are the multi-regions."""

    def account(self, name: str) -> str:
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def gcloud(self, *words: str) -> tuple[str, ...]:
        return ("gcloud", *words, f"--project={self.project}", "--quiet")

    @property
    def functions_url(self) -> str:
        """Under which Google makes all functions of a region answer, each by its name."""
        return f"https://{self.region}-{self.project}.cloudfunctions.net"

    def url_of(self, target: Target) -> str:
        return f"{self.functions_url}/{target.name}"


def setup(settings: FunctionsSettings, place: Place) -> Iterator[Command]:
    """Once for a project, and again after a secret changed: services, accounts, their roles, and the secrets."""
    yield Command(place.gcloud("services", "enable", *(f"{api}.googleapis.com" for api in APIS)))
    for name, roles in ROLES.items():
        account = place.account(name)
        yield Command(
            place.gcloud("iam", "service-accounts", "create", name),
            unless=Check(place.gcloud("iam", "service-accounts", "describe", account)),
        )
        for role in roles:
            yield Command(
                place.gcloud(
                    *("projects", "add-iam-policy-binding", place.project, f"--role={role}"),
                    *(f"--member=serviceAccount:{account}", "--condition=None", "--format=none"),
                )
            )
    for field, value in secrets_of(settings).items():
        secret = secret_name(field)
        yield Command(
            place.gcloud("secrets", "create", secret, "--replication-policy=automatic"),
            unless=Check(place.gcloud("secrets", "describe", secret)),
        )
        yield Command(
            place.gcloud("secrets", "versions", "add", secret, "--data-file=-"),
            stdin=value,
            unless=Check(place.gcloud("secrets", "versions", "access", "latest", f"--secret={secret}"), prints=value),
        )
        yield Command(
            place.gcloud(
                *("secrets", "add-iam-policy-binding", secret, "--role=roles/secretmanager.secretAccessor"),
                *(f"--member=serviceAccount:{place.account(RUNS_AS)}", "--format=none"),
            )
        )


def deployment(target: Target, settings: FunctionsSettings, place: Place, *, source: Path) -> Iterator[Command]:
    """Upload one function; then let in who may call it, and have it called where it is to be called at times."""
    yield Command(_deploy(target, settings, place, source=source))
    if isinstance(target.trigger, Public):
        return
    caller = place.account(CALLS_PRIVATE_ONES)
    may_call = ("functions", "add-invoker-policy-binding", target.name, f"--region={place.region}")
    yield Command(place.gcloud(*may_call, f"--member=serviceAccount:{caller}"))
    if isinstance(target.trigger, Scheduled):
        yield from _schedule(target, target.trigger, place, caller=caller)


def environment_of(target: Target, settings: FunctionsSettings) -> dict[str, str]:
    """What the function is told in the open. The framework takes its number of threads from there, too."""
    told = {
        name.upper(): str(value)
        for name, value in settings
        if value is not None and not isinstance(value, SecretStr) and name not in LOCAL_ONLY
    }
    return {**told, "THREADS": str(target.concurrency)}


def secrets_of(settings: FunctionsSettings) -> dict[str, SecretStr]:
    return {name: value for name, value in settings if isinstance(value, SecretStr)}


def secret_name(field: str) -> str:
    """What a setting is called in Secret Manager."""
    return f"holdline-{field.replace('_', '-')}"


def _deploy(target: Target, settings: FunctionsSettings, place: Place, *, source: Path) -> tuple[str, ...]:
    told = environment_of(target, settings)
    secrets = {name.upper(): f"{secret_name(name)}:latest" for name in secrets_of(settings)}
    return place.gcloud(
        *("functions", "deploy", target.name, "--gen2"),
        f"--region={place.region}",
        f"--runtime={RUNTIME}",
        f"--source={source}",
        f"--entry-point={target.name}",
        *_trigger(target, place),
        f"--service-account={place.account(RUNS_AS)}",
        f"--build-service-account=projects/{place.project}/serviceAccounts/{place.account(BUILDS_AS)}",
        f"--min-instances={target.min_instances}",
        f"--max-instances={target.max_instances}",
        f"--concurrency={target.concurrency}",
        f"--cpu={target.cpu}",
        f"--memory={target.memory}",
        f"--timeout={target.timeout_s}s",
        # Commas may stand in a value: `gcloud topic escaping`.
        "--set-env-vars=^|^" + "|".join(f"{name}={value}" for name, value in told.items()),
        "--set-secrets=" + ",".join(f"{name}={secret}" for name, secret in secrets.items()),
    )


def _trigger(target: Target, place: Place) -> Iterator[str]:
    if isinstance(target.trigger, Written):
        yield f"--trigger-event-filters=type={target.trigger.event}"
        yield f"--trigger-event-filters=database={target.trigger.database}"
        yield f"--trigger-event-filters-path-pattern=document={target.trigger.document}"
        yield f"--trigger-location={place.firestore_location}"
        yield f"--trigger-service-account={place.account(CALLS_PRIVATE_ONES)}"
        yield "--retry"
    else:
        yield "--trigger-http"
        yield "--allow-unauthenticated" if isinstance(target.trigger, Public) else "--no-allow-unauthenticated"


def _schedule(target: Target, trigger: Scheduled, place: Place, *, caller: str) -> Iterator[Command]:
    job = f"holdline-{target.name}"
    location = f"--location={place.region}"
    details = (
        location,
        f"--schedule={trigger.schedule}",
        f"--uri={place.url_of(target)}",
        "--http-method=POST",
        f"--oidc-service-account-email={caller}",
        f"--oidc-token-audience={place.url_of(target)}",
        f"--attempt-deadline={target.timeout_s}s",
    )
    is_there = Check(place.gcloud("scheduler", "jobs", "describe", job, location))
    yield Command(
        place.gcloud("scheduler", "jobs", "create", "http", job, *details),
        unless=is_there,
        instead=place.gcloud("scheduler", "jobs", "update", "http", job, *details),
    )
