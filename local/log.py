"""One log for all parts: each line under its part's name, in the part's colour on a terminal, and kept in a file."""

import os
import re
import sys
from pathlib import Path
from typing import TextIO

_COLOURS = (36, 33, 35, 32, 34, 31, 96, 93)
_WIDTH = 10
_PAINT = re.compile(r"\x1b\[[0-9;]*m")


class Log:
    """Lines of `quiet` parts go to their files only: emulators tell much that nobody asked for."""

    def __init__(self, folder: Path, *, quiet: frozenset[str] = frozenset(), out: TextIO = sys.stdout) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._quiet = quiet
        self._out = out
        self._colour = out.isatty() and "NO_COLOR" not in os.environ
        self._parts: dict[str, tuple[int, TextIO]] = {}

    def line(self, part: str, text: str, *, shown: str | None) -> None:
        """One line that a part wrote: its file takes it as it is, people see `shown`, if it is anything."""
        if part not in self._parts:
            colour = _COLOURS[len(self._parts) % len(_COLOURS)]
            self._parts[part] = (colour, (self._folder / f"{part}.log").open("w", encoding="utf-8", buffering=1))
        colour, file = self._parts[part]
        plain = _PAINT.sub("", text)
        file.write(plain + "\n")
        if part not in self._quiet and shown is not None:
            clean = shown if self._colour else _PAINT.sub("", shown)
            self._print(f"{self._paint(f'{part:<{_WIDTH}}', colour)} | {clean}")

    def say(self, text: str = "") -> None:
        """Something that the stack itself has to tell."""
        self._print(self._paint(text, 1) if text else "")

    def close(self) -> None:
        for _, file in self._parts.values():
            file.close()

    def _print(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except BrokenPipeError:
            # Whoever read us went away; the parts and their files go on until somebody stops us.
            self._out = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as we are

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text
