"""`holdline number`: put a phone number into service, take it out, and see how all of them stand."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from cli.giving_up import give_up
from deploy import phone_number
from deploy.phone_step import CannotGoOn, Step
from holdline.errors import HoldlineError, StoreError
from holdline.firestore import connect
from holdline.settings import DeploySettings, load
from holdline.store import Database


class _Number(click.ParamType[str]):
    name = "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\+[1-9]\d{6,14}", value):
            self.fail(f"{value!r} is not in E.164: a plus, the country's code and the rest, such as +15555550100.")
        return value


_dry_run = click.option("--dry-run", is_flag=True, help="Print the calls that would be made, and make none.")


@click.group("number")
def command() -> None:
    """Put a phone number into service, or take it out."""


@command.command()
@click.argument("number", type=_Number())
@click.option("--org", required=True, help="The organisation whose line it is.")
@click.option("--agent", required=True, help="The voice agent that answers.")
@click.option("--move", is_flag=True, help="Take it away from the organisation that has it now.")
@_dry_run
def bind(number: str, org: str, agent: str, move: bool, dry_run: bool) -> None:
    """Let NUMBER ring a voice agent: binding, LiveKit's trunk and rule, Twilio's addresses. Safe to repeat."""
    _carry_out(
        lambda settings, database: phone_number.bind(
            settings, database, number, org=org, voice_agent=agent, may_move=move
        ),
        is_dry=dry_run,
    )


@command.command()
@click.argument("number", type=_Number())
@_dry_run
def unbind(number: str, dry_run: bool) -> None:
    """Undo what `bind` made of NUMBER, and nothing else. Safe to repeat."""
    _carry_out(lambda settings, database: phone_number.unbind(settings, database, number), is_dry=dry_run)


@command.command("list")
def list_() -> None:
    """Every number, what it rings, and whether LiveKit and Twilio agree."""
    with _at_work() as (settings, database):
        click.echo(f"{'number':17} {'rings':40} {'LiveKit':8} {'Twilio':10} texts")
        for one in phone_number.standings(settings, database):
            rings = f"{one.binding.voice_agent} of {one.binding.org}" if one.binding else "-"
            click.echo(
                f"{one.number:17} {rings:40} {'yes' if one.is_with_livekit else 'no':8} {one.twilio:10} {one.texts}"
            )


def _carry_out(plan: Callable[[DeploySettings, Database], list[Step]], *, is_dry: bool) -> None:
    with _at_work() as (settings, database):
        for step in plan(settings, database):
            if step.is_done:
                click.echo(f"{step.where:10} already so: {step.what}")
            elif is_dry:
                click.echo(f"{step.where:10} {step.call}")
            else:
                _do(step)
                click.echo(f"{step.where:10} {step.what}")


def _do(step: Step) -> None:
    try:
        step.do()
    except (CannotGoOn, StoreError) as error:
        raise CannotGoOn(
            f"Stopped at this step ({step.where}): {step.what}.\n{error}\n"
            f"What came before it is done and stays. Mend this, and run the same command again."
        ) from error


@contextmanager
def _at_work() -> Iterator[tuple[DeploySettings, Database]]:
    try:
        settings = load(DeploySettings)
        database = connect(settings)
        try:
            yield settings, database
        finally:
            database.close()
    except HoldlineError as error:
        click.echo(err=True)
        give_up(error)
