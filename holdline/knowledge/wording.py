"""From a caller's words to terms: what is asked, with politeness, fillers and word endings taken away."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from holdline.knowledge.vocabulary import COMPOSED, CONTRACTIONS, FRAMING, FUNCTION, LIGHT, NUMBERS, SAME

FUNCTION_WEIGHT = 0.02
LIGHT_WEIGHT = 0.3
CONTENT_WEIGHT = 1.0

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_stem_word = snowballstemmer.stemmer("english").stemWord


class Term(NamedTuple):
    """One word or set phrase. `key` is equal for words that mean the same; `weight` says how much it can matter."""

    key: str
    word: str
    weight: float


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its ending: "cutting" and "cuts" are "cut"."""
    return str(_stem_word(word))


def words(text: str) -> tuple[str, ...]:
    """Lower-case words, contractions opened, digits written out, possessives dropped."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore" if text.isascii() else "replace")
    lowered = plain.decode().replace("?", "").lower() if not text.isascii() else text.lower()
    for short, full in CONTRACTIONS.items():
        lowered = lowered.replace(short, full)
    return tuple(_written_out(word.removesuffix("'s")) for word in _WORD.findall(_HYPHEN.sub("", lowered)))


def _written_out(word: str) -> str:
    return NUMBERS[int(word)] if word.isdigit() and int(word) < len(NUMBERS) else word


def _phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    table: dict[tuple[str, ...], tuple[str, ...]] = {words(phrase): () for phrase in FRAMING}
    for group in SAME:
        table |= {words(member): (group[0],) for member in group if " " in member}
    return table | {words(phrase): keys for phrase, keys in COMPOSED.items()}


_PHRASES = _phrases()
_LONGEST = max(len(phrase) for phrase in _PHRASES)
_FIRST_WORDS = frozenset(phrase[0] for phrase in _PHRASES)
_KEYS = {stem(member): group[0] for group in SAME for member in group if " " not in member}
_FUNCTION_STEMS = FUNCTION | {stem(word) for word in FUNCTION}
_LIGHT_STEMS = LIGHT | {stem(word) for word in LIGHT}


@lru_cache(maxsize=50_000)
def term(word: str) -> Term:
    """The term of a single word."""
    if word in FUNCTION:
        return Term(word, word, FUNCTION_WEIGHT)
    root = stem(word)
    if root in _KEYS:
        return Term(_KEYS[root], word, CONTENT_WEIGHT)
    if root in _FUNCTION_STEMS:
        return Term(root, word, FUNCTION_WEIGHT)
    return Term(root, word, LIGHT_WEIGHT if root in _LIGHT_STEMS else CONTENT_WEIGHT)


def terms(text: str) -> tuple[Term, ...]:
    """The terms of a question in their order; set phrases count as one, framing as none."""
    spoken = words(text)
    found: list[Term] = []
    at = 0
    while at < len(spoken):
        length, keys = _phrase_at(spoken, at)
        found += [Term(key, key, CONTENT_WEIGHT) for key in keys] if length else [term(spoken[at])]
        at += length or 1
    return tuple(found)


def _phrase_at(spoken: tuple[str, ...], at: int) -> tuple[int, tuple[str, ...]]:
    """The length of the set phrase that starts here, 0 if none does, and the terms it stands for."""
    if spoken[at] in _FIRST_WORDS:
        for length in range(min(_LONGEST, len(spoken) - at), 0, -1):
            keys = _PHRASES.get(spoken[at : at + length])
            if keys is not None:
                return length, keys
    return 0, ()
