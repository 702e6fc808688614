"""`holdline text-reply`: answer the last question that the person on duty was texted, as they would by text."""

import sys

import click

from local import ready_file
from local.checkout import CannotStart
from local.ports import DEFAULT_BASE
from local.text_reply import CannotReply, last_text, text_back


@click.command("text-reply")
@click.argument("words")
@click.option("--port-base", default=DEFAULT_BASE, show_default=True, help="The stack's port base.")
def command(words: str, port_base: int) -> None:
    """Text WORDS back as the person on duty, into the running stack, and print what they are told."""
    try:
        stack = ready_file.read(port_base)
        told = text_back(stack, words, to=last_text(stack))
    except (CannotStart, CannotReply) as error:
        click.echo(f"{error}", err=True)
        sys.exit(1)
    click.echo(told if told is not None else "(nothing is texted in return)")
