"""`holdline call`: a recorded caller on the running stack, with the live transcript and what the answer's way took."""

import asyncio
import logging
import sys

import click

from holdline.errors import InvalidAnswer, StoreError
from holdline.help_request import speakable
from local import ready_file
from local.checkout import CannotStart
from local.ports import DEFAULT_BASE
from local.recordings import words_of_files
from local.rehearsal import Rehearsal, RehearsalFailed, Report

AUTO_ANSWER = "Yes, there is free parking behind the building."


@click.command("call")
@click.option("--port-base", default=DEFAULT_BASE, show_default=True, help="The stack's port base.")
@click.option("--number", help="The line to ring; the first of the stack by default.")
@click.option("--question", default="do you have parking", show_default=True, help="What the caller asks: a recording.")
@click.option("--voice", default="rms", show_default=True, type=click.Choice(["rms", "slt"]), help="Whose voice.")
@click.option("--answer", help="Answer it without a person: these words, or `auto`.")
def command(port_base: int, number: str | None, question: str, voice: str, answer: str | None) -> None:
    """Place a recorded caller into the running stack, and print the call as it goes."""
    if question not in words_of_files().values():
        known = "\n  ".join(sorted(set(words_of_files().values())))
        raise click.BadParameter(f"nobody recorded that. There is:\n  {known}", param_hint="--question")
    words = AUTO_ANSWER if answer == "auto" else answer
    if words is not None:
        try:
            words = speakable(words)
        except InvalidAnswer as refusal:
            raise click.BadParameter(str(refusal), param_hint="--answer") from None
    # What the SDK has to say about a room that closes under it; a call that fails says so by itself.
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    try:
        stack = ready_file.read(port_base)
        rehearsal = Rehearsal(stack, tell=tell)
        if answer is None:
            click.echo(f"Answer it at {stack['dashboard_url']} (ANSWER=auto answers without you).\n")
        report = asyncio.run(
            rehearsal.run(
                number=number or stack["phone_numbers"][0]["number"],
                question=question,
                voice="slt" if voice == "slt" else "rms",
                answer=words,
            )
        )
    except (CannotStart, RehearsalFailed, StoreError) as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(1)
    summarise(report)


def tell(at_s: float, who: str, text: str) -> None:
    colour = {"caller": "cyan", "agent": "green", "call": None}.get(who, "yellow")
    click.echo(f"{int(at_s // 60):02}:{at_s % 60:04.1f}  {click.style(f'{who:10}', fg=colour)}  {text}")


def summarise(report: Report) -> None:
    """How it ended, and what the answer's way took."""
    click.echo()
    if not report.requests:
        used = [use for turn in report.turns for use in turn.knowledge[:1]]
        known = f" (entry {used[0].question!r}, score {used[0].score:.2f})" if used else ""
        click.echo(f"Answered from knowledge, nobody was asked{known}.")
    for request in report.requests.values():
        click.echo(f"Request {request.id}: {request.status}")
        steps = {
            "commit of the answer -> text handed to the synthesiser": request.latencies_ms.get("to_synthesiser"),
            "                     -> first frame published": request.latencies_ms.get("to_first_frame"),
            "                     -> first loud frame at the caller": report.first_loud_ms.get(request.id),
        }
        for step, took in steps.items():
            click.echo(f"  {step:56} {'-' if took is None else f'{took:8.1f} ms'}")
