"""`holdline doctor`: is everything as it should be, and if not, what is to be done?"""

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import click
import httpx

from cli.checks.check import WITHIN_S, Result, Subject
from cli.checks.everything import EVERYTHING
from cli.checks.examination import examine
from cli.checks.given import secrets_in, this_environment
from cli.checks.report import as_json, as_text, is_well, without_secrets
from cli.models import trial_of, worker_settings
from cli.quiet import quiet
from holdline.errors import BadSettings
from holdline.firestore import FirestoreDatabase, connect
from holdline.settings import IGNORE_ENV_FILE, FirestoreSettings
from local import ready_file
from local.checkout import CannotStart
from local.ports import DEFAULT_BASE

if TYPE_CHECKING:
    from cli.checks.check import AskProviders


@click.command("doctor")
@click.option("--port-base", type=int, help="Examine the stack that runs on this machine, on this port base.")
@click.option("--worker", help="Where the worker serves its readiness, where that is another machine.")
@click.option("--try", "is_trying", is_flag=True, help="Send one tiny request to each provider of speech and words.")
@click.option("--json", "is_json", is_flag=True, help="Print the results as JSON.")
def command(port_base: int | None, worker: str | None, is_trying: bool, is_json: bool) -> None:
    """Check everything that can be checked from here, and say how to mend what is wrong.

    The settings are those of the environment and .env; without a project in them, those of the stack that `make demo`
    has running here. The status is 1 when something is wrong. Nothing is changed, and no call is placed.
    """
    try:
        examined = take_settings(port_base)
    except CannotStart as error:
        click.echo(f"{error}", err=True)
        sys.exit(1)
    with quiet():
        results = asyncio.run(diagnose(worker_url=worker, try_providers=trial_if_possible() if is_trying else None))
    written = (as_json if is_json else as_text)(results, examined=examined)
    click.echo(without_secrets(written, secrets_in(this_environment())))
    sys.exit(0 if is_well(results) else 1)


def take_settings(port_base: int | None) -> str:
    """Put a local stack's settings into this process's environment, where it is one that is meant.

    Returns what is examined, in words; raises CannotStart when no stack runs on the port base.
    """
    if port_base is None and (
        "GOOGLE_CLOUD_PROJECT" in this_environment() or not ready_file.kept(DEFAULT_BASE).exists()
    ):
        return "the settings of this environment and .env"
    base = DEFAULT_BASE if port_base is None else port_base
    stack = ready_file.read(base)
    if stack["is_keyless"]:
        os.environ[IGNORE_ENV_FILE] = "1"
        for name in this_environment():
            os.environ.pop(name, None)
    os.environ.update(stack["settings"])
    return f"the stack on port base {base}"


def trial_if_possible() -> "AskProviders | None":
    """None where the worker's settings are malformed, which a check of its own tells of."""
    try:
        return trial_of(worker_settings())
    except BadSettings:
        return None


def utc_now() -> datetime:
    return datetime.now(UTC)


async def diagnose(
    *,
    worker_url: str | None = None,
    try_providers: "AskProviders | None" = None,
    now: Callable[[], datetime] = utc_now,
) -> list[Result]:
    """Every check, under the settings of this environment."""
    settings = this_environment()

    @cache
    def database() -> FirestoreDatabase:
        return connect(
            FirestoreSettings(
                google_cloud_project=settings["GOOGLE_CLOUD_PROJECT"],
                firestore_emulator_host=settings.get("FIRESTORE_EMULATOR_HOST"),
            )
        )

    async with httpx.AsyncClient(timeout=WITHIN_S - 1) as http:
        subject = Subject(
            settings=settings,
            http=http,
            database=database,
            now=now,
            worker_url=worker_url,
            try_providers=try_providers,
        )
        try:
            return await examine(EVERYTHING, subject)
        finally:
            if database.cache_info().currsize:
                database().close()
