"""How a command ends that cannot go on: in words, with how to mend it, and with the status 1."""

import sys
from typing import NoReturn

import click

from holdline.errors import Unavailable


def give_up(why: object) -> NoReturn:
    click.echo(f"{why}", err=True)
    if isinstance(why, Unavailable):
        click.echo("`holdline doctor` says what keeps it from answering.", err=True)
    sys.exit(1)
