"""`holdline up`: the local stack, in the foreground until Ctrl-C."""

import sys
from pathlib import Path

import click

from local.demo_facts import DemoFacts
from local.parts import Plan
from local.ports import DEFAULT_BASE, Ports
from local.stack import CannotStart, PartFailed, run


@click.command("up")
@click.option("--port-base", default=DEFAULT_BASE, show_default=True, help="The first of the stack's ports.")
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write addresses, keys and process ids, as JSON, once all is ready.",
)
@click.option("--keyless", is_flag=True, help="Leave .env and every provider's key in the environment alone.")
@click.option("--verbose", is_flag=True, help="Show what the emulators and LiveKit write as well.")
def command(port_base: int, ready_file: Path | None, keyless: bool, verbose: bool) -> None:
    """Start the whole product on this machine: emulators, LiveKit, functions, dashboard and worker."""
    if ready_file is not None and not ready_file.resolve().parent.is_dir():
        raise click.BadParameter(f"there is no folder {ready_file.resolve().parent}", param_hint="--ready-file")
    try:
        run(
            Ports(port_base),
            file=ready_file.resolve() if ready_file else None,
            is_keyless=keyless,
            verbose=verbose,
            welcome=welcome,
        )
    except (CannotStart, PartFailed) as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(1)


def welcome(plan: Plan, facts: DemoFacts) -> list[str]:
    """What a person sees when everything is ready."""
    line = facts.phone_numbers[0]
    option = "" if plan.ports.base == DEFAULT_BASE else f" --port-base {plan.ports.base}"
    base = "" if plan.ports.base == DEFAULT_BASE else f" PORT_BASE={plan.ports.base}"
    return [
        "",
        "Holdline is ready.",
        "",
        f"  Dashboard   {plan.dashboard_url}",
        *(f"  Sign in     {person.email}  {person.password}  ({person.role})" for person in facts.people),
        "",
        f"  Call        {plan.dashboard_url}/call with a microphone, or `make call{base}` for a recorded caller",
        f"              (the line is {line.number})",
        "  Texts       are printed here and sent to nobody. To answer the last one as the person on duty:",
        f'              `uv run holdline text-reply "Yes, we do."{option}`',
        "  Stop        Ctrl-C",
        "",
    ]
