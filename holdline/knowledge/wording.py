"""From a caller's words to terms: what is asked, with politeness, fillers and word endings taken away."""

import re
import threading
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from holdline.knowledge.framing import ASIDE, ASKING, FILLERS, WANTING
from holdline.knowledge.misheard import AFTER, ASKED_WITH, BEFORE, CUT_OFF, INSERTED, NEVER_SAID
from holdline.knowledge.vocabulary import COMPOSED, CONTRACTIONS, ENDINGS, FUNCTION, LIGHT, NUMBERS, SAME

FUNCTION_WEIGHT = 0.02
LIGHT_WEIGHT = 0.3
CONTENT_WEIGHT = 1.0
# The key of "i was wondering" and the like: it asks, and says nothing.
ASKS = "?"
# Likewise of "i would like".
WANTS = "!"

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")


class _Stemmer(threading.local):
    """One a thread: it keeps the word that it works on, and an index may be built while another is asked."""

    def __init__(self) -> None:
        self.stem = snowballstemmer.stemmer("english").stemWord


_stemmer = _Stemmer()


class Term(NamedTuple):
    """One word or set phrase. `key` is equal for words that mean the same; `weight` says how much it can matter."""

    key: str
    word: str
    weight: float


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its ending: "cutting" and "cuts" are "cut"."""
    return str(_stemmer.stem(word))


def words(text: str) -> tuple[str, ...]:
    """Lower-case words without accents; contractions opened, digits written out, possessives dropped."""
    plain = text.lower() if text.isascii() else _without_accents(text)
    return tuple(part for word in _WORD.findall(_HYPHEN.sub("", plain)) for part in _opened(word))


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")).lower()
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _telling(text: str) -> tuple[str, ...]:
    heard: list[str] = []
    for word in words(text):
        if word == "in" and heard and heard[-1] in CUT_OFF:
            heard[-1] = CUT_OFF[heard[-1]]
        elif word not in FILLERS and heard[-1:] != [word]:  # said twice is said once
            heard.append(NEVER_SAID.get(word, word))
    return tuple(
        _in_context(word, heard[at - 1] if at else "", heard[at + 1] if at + 1 < len(heard) else "")
        if word in BEFORE or word in AFTER
        else word
        for at, word in enumerate(heard)
    )


def _in_context(word: str, before: str, after: str) -> str:
    for table, neighbour in ((BEFORE, after), (AFTER, before)):
        meant, neighbours = table.get(word, ("", frozenset()))
        if neighbour in neighbours:
            return meant
    return word


@lru_cache(maxsize=50_000)
def _opened(word: str) -> tuple[str, ...]:
    if word in CONTRACTIONS:
        return tuple(CONTRACTIONS[word].split())
    for ending, full in ENDINGS.items():
        if word.endswith(ending):
            return (word.removesuffix(ending), full)
    word = word.removesuffix("'s")
    return (NUMBERS[int(word)] if word.isdecimal() and int(word) < len(NUMBERS) else word,)


def _phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    table: dict[tuple[str, ...], tuple[str, ...]] = {_telling(phrase): () for phrase in ASIDE}
    table |= {_telling(phrase): (ASKS,) for phrase in ASKING}
    table |= {_telling(phrase): (WANTS,) for phrase in WANTING}
    for group in SAME:
        table |= {_telling(member): (group[0],) for member in group if " " in member}
    return table | {_telling(phrase): keys for phrase, keys in COMPOSED.items()}


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


@lru_cache(maxsize=20_000)
def terms(text: str) -> tuple[Term, ...]:
    """The terms of a question in their order; set phrases count as one, framing as none."""
    spoken = _telling(text)
    found: list[Term] = []
    at = 0
    while at < len(spoken):
        length, keys = _phrase_at(spoken, at)
        phrase = "".join(spoken[at : at + length])
        found += [_set_phrase(key, phrase) for key in keys] if length else [term(spoken[at])]
        at += length or 1
    return tuple(found)


def _set_phrase(key: str, phrase: str) -> Term:
    return Term(key, "", 0.0) if key in (ASKS, WANTS) else Term(key, phrase, CONTENT_WEIGHT)


def _phrase_at(spoken: tuple[str, ...], at: int) -> tuple[int, tuple[str, ...]]:
    """The length of the set phrase that starts here, 0 if none does, and the terms it stands for.

    A plural at its end is no hindrance, nor a small word after the first: "how of much".
    """
    if spoken[at] not in _FIRST_WORDS:
        return 0, ()
    for length in range(min(_LONGEST, len(spoken) - at), 0, -1):
        said = spoken[at : at + length]
        keys = _PHRASES.get(said) or _PHRASES.get((*said[:-1], said[-1].removesuffix("s")))
        if keys is None and length > 2 and said[0] in ASKED_WITH and said[1] in INSERTED:
            keys = _PHRASES.get((said[0], *said[2:]))
        if keys is not None:
            return length, keys
    return 0, ()
