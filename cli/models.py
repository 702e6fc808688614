"""`holdline models`: which pipeline the present settings make, and whether the providers in it answer."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from agent.pipelines.parts import Kind, Part, Role, describe
from cli.checks.given import secrets_in, this_environment
from cli.checks.report import without_secrets
from cli.quiet import quiet
from holdline.errors import BadSettings
from holdline.settings import WorkerSettings, load

if TYPE_CHECKING:
    from agent.pipelines.trial import Trial
    from cli.checks.check import AskProviders

WORK = {Kind.STT: "hearing", Kind.LLM: "wording", Kind.TTS: "speaking"}
SPEECH = "do you have parking"


@click.command("models")
@click.option("--try", "is_trying", is_flag=True, help="Send one tiny request to each provider, and say how it fared.")
def command(is_trying: bool) -> None:
    """Show which providers and models hear, word and speak a call under the present settings, and why.

    With --try, the status is 1 when one of them fails.
    """
    try:
        settings = worker_settings()
    except BadSettings as error:
        click.echo(f"{error}", err=True)
        sys.exit(1)
    parts = describe(settings)
    click.echo(table(parts))
    if not is_trying:
        return
    if all(part.is_offline for part in parts):
        click.echo("\nThere is nobody to ask: no provider's key is set.")
        return
    click.echo()
    with quiet():
        trials = asyncio.run(trial_of(settings)())
    for trial in trials:
        click.echo(without_secrets(line_of(trial), secrets_in(this_environment())))
    sys.exit(0 if all(trial.reason is None for trial in trials) else 1)


def worker_settings() -> WorkerSettings:
    """The worker's settings, whether or not it could run here: only the pipeline's matter. Raises BadSettings."""
    elsewhere = dict.fromkeys(("google_cloud_project", "livekit_url", "livekit_api_key", "livekit_api_secret"), "-")
    return load(WorkerSettings, **elsewhere)


def table(parts: Sequence[Part]) -> str:
    """One line a part, each kind's primary before its fallbacks."""
    rows = [("PART", "", "PROVIDER", "MODEL", "ADDRESS", "WHY")]
    for part in parts:
        work = WORK[part.kind] if part.role is Role.PRIMARY else ""
        rows.append((work, part.role, part.provider, part.model, part.address or "this machine", part.why))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    )


def trial_of(settings: WorkerSettings) -> "AskProviders":
    """What asks every provider of this pipeline at once. The plugins are loaded here: it takes a while, and must be
    done in the main thread."""
    from livekit import rtc

    from agent.pipelines.trial import prewarm, try_all
    from local.recordings import recording

    sound = recording(SPEECH).at(16_000)
    speech = rtc.AudioFrame(sound.samples.tobytes(), sound.sample_rate, 1, len(sound.samples))
    return partial(try_all, describe(settings), settings, speech=speech, models=prewarm(settings))


def line_of(trial: "Trial") -> str:
    name = f"{WORK[trial.part.kind]}, {trial.part}"
    if trial.reason is None:
        return f"{click.style('✓', fg='green')} {name}: answers in {trial.latency_ms:.0f} ms"
    return f"{click.style('✗', fg='red')} {name}: {trial.reason.said}\n    → {trial.reason.remedy}"
