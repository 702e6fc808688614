"""What kind of thing the caller just said, by rules: small talk has its own reply, everything else is a question.

Conservative: an utterance is small talk only when nothing is left of it after the small talk. What a question is about
belongs to holdline.knowledge.
"""

import re

from holdline.knowledge.wording import words
from holdline.small_talk import PHRASES, Intent

__all__ = ["Intent", "intent"]

_CONTINUED = re.compile(r"\n {12,}")
_RULES = tuple(
    (kind, re.compile(phrase.strip() + " "))
    for kind, block in PHRASES.items()
    for phrase in _CONTINUED.sub("", block).strip().splitlines()
)


def intent(text: str) -> Intent:
    """The kind of an utterance; `question` for anything that is not wholly small talk."""
    rest = " ".join(words(text)) + " "
    found: set[Intent] = set()
    while rest.strip():
        matches = [(match.end(), kind) for kind, pattern in _RULES if (match := pattern.match(rest))]
        if not matches:
            return Intent.question
        end, kind = max(matches, key=lambda match: match[0])
        found.add(kind)
        rest = rest[end:]
    return next((kind for kind in PHRASES if kind in found), Intent.nothing)
