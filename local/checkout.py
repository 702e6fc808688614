"""Where things lie in a checkout. Everything that a start makes goes below CACHE, which git ignores."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".holdline"


class CannotStart(Exception):
    """The stack cannot be had; the text is one sentence that says what to do about it."""
