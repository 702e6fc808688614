"""How a failure is written into the log: where it happened and of what kind, and never what it was about.

An exception's words may hold a caller's number or what was said.
"""

import traceback


def without_words(error: BaseException) -> str:
    """The kind of failure, with the last places that it passed."""
    places = traceback.extract_tb(error.__traceback__)[-3:]
    return f"{type(error).__name__} at " + " < ".join(f"{p.name}:{p.lineno}" for p in reversed(places))
