"""Language models that a double can play: each answers what it was given, and follows its notes or does not."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent import turn_notes
from agent.turn_notes import Do, Note

INSTRUCTIONS = ("<instructions>\n", "\n</instructions>")
"""What the plugins put around a system note where a protocol takes none in the middle of a conversation."""


@dataclass(frozen=True)
class Given:
    """A request as a model sees it: what was said and noted, in order, and the tools that it may call."""

    texts: tuple[str, ...]
    tools: frozenset[str]
    has_called: bool = False
    """The last thing that happened is a tool's result."""

    @property
    def note(self) -> Note | None:
        """The last note, if it stands at the end."""
        for text in reversed(self.texts):
            bare = text.removeprefix(INSTRUCTIONS[0]).removesuffix(INSTRUCTIONS[1])
            if (note := turn_notes.parse(bare)) is not None:
                return note
        return None


@dataclass(frozen=True)
class Call:
    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    text: str = ""
    calls: tuple[Call, ...] = ()


Model = Callable[[Given], Reply]

INVENTIONS = (
    "A haircut is forty five dollars and we open at nine.",
    "Parking is free behind the building, and we close at eight tonight.",
    "Of course, dogs are welcome, and a wash is twenty dollars.",
    "The manager is Mister Smith. His number is five five five, zero one nine nine.",
    "It is 35% off today! Only $19.99.",
)


def obedient(given: Given) -> Reply:
    """Does what its note says, and no more."""
    note = given.note
    if note is None or given.has_called:
        return Reply("How can I help you?")
    if note.do is Do.ASK:
        return Reply(calls=_ask(given, note))
    ends = note.do is Do.SAY_GOODBYE and "end_call" in given.tools
    return Reply(note.words, (Call("end_call"),) if ends else ())


def talkative() -> Model:
    """Knows everything better, calls nothing, and never says the same twice in a row."""
    inventions = itertools.cycle(INVENTIONS)
    return lambda _: Reply(next(inventions))


def calls_and_talks() -> Model:
    """Asks a person as it is told to, and answers all the same."""
    inventions = itertools.cycle(INVENTIONS)

    def reply(given: Given) -> Reply:
        done = obedient(given)
        return Reply(f"{next(inventions)} {done.text}".strip(), done.calls)

    return reply


def embroiders() -> Model:
    """Says what is known, and something more that is not."""
    inventions = itertools.cycle(INVENTIONS)

    def reply(given: Given) -> Reply:
        done = obedient(given)
        return Reply(f"{done.text} {next(inventions)}", done.calls) if done.text else done

    return reply


def decorates(given: Given) -> Reply:
    """Says what is known as it would write it: with markup and little pictures."""
    done = obedient(given)
    return Reply(f"**{done.text}** 😊\n\n- _Anything else?_ 💇", done.calls) if done.text else done


def _ask(given: Given, note: Note) -> tuple[Call, ...]:
    if "ask_supervisor" not in given.tools:
        return ()
    return (Call("ask_supervisor", {"question": note.words, "reason": note.reason, "confidence": 0.1}),)
