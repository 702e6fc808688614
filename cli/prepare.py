"""`holdline prepare`: everything that is downloaded or built once, before it is wanted."""

import sys

import click

from local.checkout import CannotStart
from local.stack import prepare


@click.command("prepare")
def command() -> None:
    """Download and build now what `up` would on its first start."""
    try:
        prepare(click.echo)
    except CannotStart as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(1)
