"""How a word sounds, roughly: what speech recognition confuses gets the same key."""

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

# In the manner of Metaphone (L. Philips, 1990), except that vowels stay as one class where they stand: a recogniser
# mistakes "hare" for "hair", not "bread" for "beard".
_RULES = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"[^a-z]", ""),
        (r"^(kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^x", "s"),
        (r"^wh", "w"),
        (r"mb$", "m"),
        (r"augh|ough", "a"),
        (r"igh", "a"),
        (r"ph", "f"),
        (r"tch|ch", "C"),
        (r"sch", "sk"),
        (r"sh|[st]io|cia", "S"),
        (r"th", "T"),
        (r"dge|dj|j|g(?=[eiy])", "J"),
        (r"c(?=[eiy])|z", "s"),
        (r"ck|c|q", "k"),
        (r"x", "ks"),
        (r"gh", "g"),
        (r"(?<=.)(?:aw|ew|ow)(?![aeiou])", "a"),
        (r"(?<=[aeiou])h", ""),
        (r"(?<=.)e$", ""),
        (r"(?<=.)[aeiouy]+|^[aeiou]+", "a"),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A key that words which sound alike share: `sound("hare") == sound("hair")`."""
    key = word.lower()
    for pattern, written in _RULES:
        key = pattern.sub(written, key)
    return key


# Sounds that differ in voice alone, or that a telephone does not tell apart.
_COARSE = str.maketrans("bdgvzJTm", "ptkfsCtn")
_DOUBLED = re.compile(r"(.)\1+")


def sound_of(words: Iterable[str]) -> str:
    """The sound of words said in one breath: "park king" sounds like "parking"."""
    return _DOUBLED.sub(r"\1", "".join(map(sound, words)))


@lru_cache(maxsize=200_000)
def alikeness(one: str, other: str) -> float:
    """How alike two sounds are, from 0 to 1: half for the sounds, half for their rough kinds."""
    fine = Levenshtein.normalized_similarity(one, other)
    return (fine + Levenshtein.normalized_similarity(one.translate(_COARSE), other.translate(_COARSE))) / 2


def may_be_alike(one: str, other: str, least: float) -> bool:
    """Whether `alikeness` can be as much as that, from the lengths alone: it is never more than their ratio."""
    return min(len(one), len(other)) >= least * max(len(one), len(other))
