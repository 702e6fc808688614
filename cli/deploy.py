"""`holdline deploy`: what is ours in Google Cloud, put there by gcloud, one printed command after the other."""

from collections.abc import Iterable
from pathlib import Path

import click

from cli.giving_up import give_up
from deploy.functions_commands import LOCAL_ONLY, Place, deployment, setup
from deploy.functions_stage import NotStaged, stage
from deploy.functions_table import TARGETS, target
from deploy.gcloud import Command, NotDeployed, run
from holdline.errors import BadSettings
from holdline.settings import FunctionsSettings, load
from local.checkout import CACHE, ROOT, CannotStart
from local.runtimes import uv

STAGED = CACHE / "functions"

region_option = click.option("--region", default="us-central1", show_default=True, help="Where the functions run.")
location_option = click.option(
    "--firestore-location", default="nam5", show_default=True, help="Where the database lies; events come from there."
)
dry_option = click.option("--dry-run", is_flag=True, help="Print the commands, and run none of them.")


@click.group("deploy")
def command() -> None:
    """Put the functions and what they need into Google Cloud."""


@command.command("setup")
@region_option
@location_option
@dry_option
def setup_project(region: str, firestore_location: str, dry_run: bool) -> None:
    """Switch on services, make service accounts with the least roles, and put the secrets of .env into their place."""
    settings = _settings()
    _carry_out(setup(settings, Place(settings.google_cloud_project, region, firestore_location)), dry_run=dry_run)


@command.command("functions")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--source", type=click.Path(file_okay=False, path_type=Path), help="A folder staged before; else anew.")
@region_option
@location_option
@dry_option
def functions(names: tuple[str, ...], source: Path | None, region: str, firestore_location: str, dry_run: bool) -> None:
    """Upload all functions, or those that are named."""
    try:
        wanted = [target(name) for name in names] or list(TARGETS)
    except KeyError as unknown:
        raise click.BadParameter(str(unknown.args[0]), param_hint="NAME") from None
    settings = _settings()
    place = Place(settings.google_cloud_project, region, firestore_location)
    if source is None and not dry_run:
        try:
            stage(ROOT, STAGED, uv=uv())
        except (CannotStart, NotStaged) as error:
            give_up(error)
    if settings.functions_url.rstrip("/") != place.functions_url:
        click.echo(
            f"FUNCTIONS_URL is {settings.functions_url}, and Google makes these functions answer at "
            f"{place.functions_url}. Unless a domain of yours leads there, Twilio's signatures will not fit.",
            err=True,
        )
    folder = source or STAGED
    _carry_out((one for each in wanted for one in deployment(each, settings, place, source=folder)), dry_run=dry_run)


def _settings() -> FunctionsSettings:
    try:
        settings = load(FunctionsSettings)
    except BadSettings as error:
        give_up(error)
    for name in LOCAL_ONLY:
        if getattr(settings, name) is not None:
            give_up(f"{name.upper()} names an emulator: take it out of .env and the environment to deploy.")
    return settings


def _carry_out(commands: Iterable[Command], *, dry_run: bool) -> None:
    if dry_run:
        for each in commands:
            click.echo(str(each))
        return
    try:
        run(commands, lambda line: click.echo(f"\n$ {line}"))
    except NotDeployed as error:
        give_up(error)
