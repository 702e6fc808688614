"""`holdline console`: talk to a voice agent by keyboard, and be the supervisor behind it; no server is needed."""

import asyncio
import logging
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from uuid import uuid4

import click

from cli.giving_up import give_up
from cli.models import worker_settings
from holdline.errors import BadSettings, HoldlineError
from holdline.firestore import connect
from holdline.front_end import Line
from holdline.memory_store import MemoryDatabase
from holdline.people import PersonRef
from holdline.settings import FirestoreSettings, load
from holdline.store import Database
from local import ready_file
from local.checkout import CannotStart
from local.console.ring import ring
from local.console.terminal import Keyboard, Pipe, settings_restored
from local.demo import write_documents
from local.demo_facts import FRONT_DESK
from local.ports import DEFAULT_BASE


@click.command("console")
@click.option("--agent", default=FRONT_DESK, show_default=True, help="Whom to talk to: organisation/voice-agent.")
@click.option("--org", help="The organisation, where --agent names the voice agent alone.")
@click.option("--mic", is_flag=True, help="Speak and hear as well; wear headphones. Linux needs libportaudio2.")
@click.option("--firestore", is_flag=True, help="Use the documents of the settings' project, or of the running stack.")
@click.option("--port-base", default=DEFAULT_BASE, show_default=True, help="The stack's port base, for --firestore.")
@click.option("--as", "name", default="Ana", show_default=True, help="In whose name questions are answered.")
@click.option("--wait", default=10.0, show_default=True, help="How long the end of piped input waits, in seconds.")
def command(agent: str, org: str | None, mic: bool, firestore: bool, port_base: int, name: str, wait: float) -> None:
    """Talk to a voice agent in the terminal: by default to the demo's, with nothing running and nothing kept.

    A line that you type is the caller speaking. /answer, /claim and /requests are the supervisor; /help lists them.
    Piped input works too: each line waits until the one before it has had its effect.
    """
    try:
        line = Line.of(f"{org}/{agent}" if org else agent)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--agent") from None
    logging.disable(logging.CRITICAL)  # what is to be known is on the screen
    is_typed = sys.stdin.isatty() and sys.stdout.isatty()
    try:
        database = _documents(port_base) if firestore else _demo()
        with settings_restored() if is_typed else nullcontext():
            asyncio.run(
                ring(
                    database,
                    line,
                    Keyboard() if is_typed else Pipe(in_colour=sys.stdout.isatty()),
                    settings=worker_settings(),
                    is_spoken=mic,
                    by=PersonRef(uid=f"console-{name.lower()}", name=name),
                    call_id=f"console-{uuid4().hex[:12]}",
                    learns=not firestore,
                    wait_s=wait,
                    clock=lambda: datetime.now(UTC),
                )
            )
        database.close()
    except (HoldlineError, CannotStart) as error:
        give_up(error)
    except KeyboardInterrupt:
        click.echo("\nYou hung up.")


def _demo() -> Database:
    database = MemoryDatabase()
    write_documents(database, at=datetime.now(UTC))
    return database


def _documents(port_base: int) -> Database:
    """Those of the settings, or of the stack that runs here; raises CannotStart."""
    try:
        return connect(load(FirestoreSettings))
    except BadSettings as missing:
        try:
            stack = ready_file.read(port_base)
        except CannotStart as error:
            raise CannotStart(f"{missing}\n{error}") from None
    return connect(
        FirestoreSettings(
            google_cloud_project=stack["project_id"], firestore_emulator_host=stack["firestore_emulator_host"]
        )
    )
