"""`holdline organisation`: begin an organisation with what stands in one file."""

from datetime import UTC, datetime
from pathlib import Path

import click

from cli.giving_up import give_up
from deploy.firebase_accounts import FirebaseAccounts
from deploy.organisation import read, write
from holdline.errors import HoldlineError
from holdline.firestore import connect
from holdline.settings import SignInSettings, load


@click.command("organisation")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(file: Path) -> None:
    """Write the organisation that FILE describes, where it is missing, and admit its people. Safe to repeat."""
    try:
        described = read(file, at=datetime.now(UTC))
        settings = load(SignInSettings)
        accounts, database = FirebaseAccounts(settings), connect(settings)
        try:
            for line in write(described, database.for_org(described.organisation.id), accounts):
                click.echo(line)
        finally:
            database.close()
            accounts.close()
    except HoldlineError as error:
        give_up(error)
