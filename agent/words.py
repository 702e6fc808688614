"""Every sentence the agent speaks of its own accord, read from `agent/prompts/*.md`.

A file holds what it is for in its first line, then `- ` lines, each a sentence; `## ` headings group them by kind.
"""

import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROMPTS = Path(__file__).parent / "prompts"


@cache
def lines(name: str, kind: str | None = None) -> tuple[str, ...]:
    """The sentences of one prompt file, or of one heading in it; raises KeyError where there are none."""
    heading: str | None = None
    found: list[str] = []
    for line in (PROMPTS / f"{name}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        elif line.startswith("- ") and heading == kind:
            found.append(line[2:].strip())
    if not found:
        raise KeyError(f"prompts/{name}.md has no sentence for {kind or 'it'}")
    return tuple(found)


def line(name: str, kind: str | None = None, /, **values: str) -> str:
    """The first sentence, with its `{names}` filled in."""
    return lines(name, kind)[0].format(**values)


def in_turn(name: str) -> Iterator[str]:
    """The sentences of a file, one after the other, for ever."""
    return itertools.cycle(lines(name))


def persona(**values: str) -> str:
    """The receptionist's instructions to a language model."""
    return (PROMPTS / "receptionist.md").read_text(encoding="utf-8").format(**values).strip()
