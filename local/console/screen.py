"""How a call looks in a terminal: a line for each thing that happens, with who or what it is in front.

A question that people have is shown once for each step of its life, under the number by which it can be answered.
"""

import json
from collections.abc import Callable

import click

from agent.words import lines
from holdline.call import Speaker, Turn
from holdline.help_request import OPEN, HelpRequest, Status
from holdline.knowledge import KnowledgeEntry, Review

LABEL = 12
COLOURS = {"caller": "cyan", "agent": "green", "supervisor": "yellow", "request": "yellow", "error": "red"}
WHILE_WAITING = frozenset((*lines("hold"), *lines("progress"), *lines("still_asking"), *lines("presence_on_hold")))
STEPS = {
    Status.WAITING: "waits for a person",
    Status.ANSWERED: "answered, on its way to the caller",
    Status.SPEAKING: "being said",
    Status.DELIVERED: "heard by the caller",
    Status.EXPIRED: "nobody answered in time",
    Status.WITHDRAWN: "the caller no longer needs to know",
    Status.CALLER_LEFT: "the caller hung up",
    Status.FOLLOW_UP: "answered too late: a follow-up",
    Status.FOLLOWED_UP: "followed up",
    Status.CLOSED: "closed",
}


class Screen:
    """`write` puts one line out. Colours are for a terminal; a terminal also shows what was typed by itself."""

    def __init__(self, write: Callable[[str], None], *, in_colour: bool, echoes: bool) -> None:
        self._write = write
        self._in_colour = in_colour
        self._echoes = echoes

    def line(self, label: str, text: str, *, is_faint: bool = False) -> None:
        who = f"{label:{LABEL}}"
        if self._in_colour:
            who = click.style(who, fg=COLOURS.get(label.split()[0]), dim=is_faint)
            text = click.style(text, dim=True) if is_faint else text
        self._write(f"{who}{text}")

    def note(self, text: str) -> None:
        self._write(click.style(text, dim=True) if self._in_colour else text)

    def error(self, text: str) -> None:
        self.line("error", text)

    def turn(self, turn: Turn, *, threshold: float) -> None:
        """Who said what; after the caller's words, what the line knows that is near them."""
        remark = "  (cut off)" if turn.cut else "  (on hold)" if turn.text in WHILE_WAITING else ""
        if turn.who is not Speaker.CALLER or self._echoes:
            self.line(turn.who.value, turn.text + remark)
        if turn.who is Speaker.CALLER:
            for use in turn.knowledge[:3]:
                verdict = "known" if use.score >= threshold else f"not sure enough, {threshold:.2f} is"
                self.line("knowledge", f"{use.score:.2f}  {use.question}  ({verdict})", is_faint=True)

    def tool(self, name: str, arguments: str) -> None:
        given: dict[str, object] = json.loads(arguments or "{}")
        shown = ", ".join(f"{key}={value!r}" for key, value in given.items() if value is not None)
        self.line("tool", f"{name}({shown})", is_faint=True)

    def request(self, request: HelpRequest, number: int) -> None:
        step = STEPS.get(request.status, str(request.status))
        if request.status is Status.CLAIMED and request.claimed_by:
            step = f"{request.claimed_by.name} is looking at it"
        elif request.status is Status.ANSWERED and request.answered_by:
            step = f"answered by {request.answered_by.name}, on its way to the caller"
        elif request.status is Status.DELIVERED and "to_first_frame" in request.latencies_ms:
            step += f", {request.latencies_ms['to_first_frame']:.0f} ms after it was sent"
        if request.status in OPEN:
            step += f": {request.question}"
        self.line(f"request {number}", f"{step}  [{request.id}]")
        if request.problem:
            self.error(request.problem)
        if request.message:
            self.line(f"request {number}", f"the caller's message: {request.message}")

    def learned(self, entry: KnowledgeEntry) -> None:
        said = {Review.approved: f"for {entry.scope.value.replace('_', ' ')}"}.get(
            entry.review, "an admin has to look at it"
        )
        self.line("learned", f"{entry.question} -> {entry.answer}  ({said})", is_faint=True)
