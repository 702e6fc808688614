"""What kind of thing the caller just said, by rules: small talk has its own reply, everything else is a question.

Conservative: an utterance is small talk only when nothing is left of it after the small talk. What a question is about
belongs to holdline.knowledge.
"""

import re

from holdline.knowledge.mood import Mood, mood
from holdline.knowledge.wording import terms, words
from holdline.small_talk import PHRASES, Intent

__all__ = ["Intent", "adds_detail", "intent"]

_SAYS_MORE = re.compile(
    r"(?:(?:and|but|so|well|oh|also|sorry|actually|just|yes|yeah|no) )*"
    r"(?:(?:it|that|this|they|there|he|she) (?:is|was|are|were|has|have|will|would)\b"
    r"|(?:for|with|because|since|in case)\b|i (?:mean|meant)\b|(?:my|our|his|her) "
    r"|on (?:the|a|my|mon|tues|wednes|thurs|fri|satur|sun))"
)

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


def adds_detail(text: str) -> bool:
    """Whether somebody who waits for an answer only says more about the question: it states, and asks nothing."""
    how = mood(terms(text))
    return how is Mood.statement or (how is Mood.fragment and bool(_SAYS_MORE.match(" ".join(words(text)))))
