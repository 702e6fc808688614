"""`holdline stage`: make what is uploaded, to look at it, to test it or to upload it by other means."""

import sys
from pathlib import Path

import click

from deploy.functions_stage import NotStaged, stage
from local.checkout import ROOT, CannotStart
from local.runtimes import uv


@click.group("stage")
def command() -> None:
    """Make what is uploaded, without uploading it."""


@command.command("functions")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
def functions(out: Path) -> None:
    """Make the folder of the Cloud Functions at OUT."""
    try:
        stage(ROOT, out.resolve(), uv=uv())
    except (CannotStart, NotStaged) as error:
        click.echo(f"{error}", err=True)
        sys.exit(1)
    click.echo(f"{out} holds the functions; `holdline deploy functions --source {out}` uploads it.")
