"""Which entry answers the caller's question, and how probable it is that it does. Pure, offline, explainable.

A question and each wording of an entry (its question and phrasings) are compared as sets of weighted terms:
  explained  the share of the question's information that the entry's wordings account for,
  stray      the information in the question that they do not account for,
  absent     the information in the wording that the question does not bring,
  margin     how far the entry is ahead of the next one.
A word's information is its inverse document frequency (K. Sparck Jones, 1972), smoothed so that a young knowledge base
behaves like a grown one and scaled so that a word no entry has counts 1. The score is a logistic of the four (J. Platt,
1999), fitted by tests/data/escalation/fit.py.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from holdline.knowledge.entry import KnowledgeEntry, Review, Scope
from holdline.knowledge.hearing import Heard, Vocabulary
from holdline.knowledge.vocabulary import ASPECTS
from holdline.knowledge.wording import terms

# From here on an entry is spoken. A voice agent may set its own.
DEFAULT_THRESHOLD = 0.6

# Of (1, explained, stray, absent, margin), as fit.py prints them.
COEFFICIENTS = (-0.29, 2.43, -2.8, -4.55, 2.02)

# Entries that every knowledge base is taken to have beside its own, so that three entries make no word common.
PRIOR_ENTRIES = 20
# What a word counts that the entry has in another of its wordings.
ELSEWHERE = 0.9
CANDIDATES = 24
NEAREST = 3


@dataclass(frozen=True)
class Match:
    """An entry and the probability that it answers the question."""

    entry: KnowledgeEntry
    score: float


@dataclass(frozen=True)
class LookUp:
    """The nearest entries, best first. `best` is the first of them whatever its score: compare with a threshold."""

    nearest: tuple[Match, ...] = ()

    @property
    def best(self) -> Match | None:
        return self.nearest[0] if self.nearest else None


@dataclass(frozen=True)
class Features:
    """What speaks for an entry, and against it; `agreement` orders entries."""

    explained: float
    stray: float
    absent: float
    agreement: float
    margin: float = 0.0


class KnowledgeIndex:
    """The approved entries of one organisation, ready to be looked up. Immutable: build a new one for new entries."""

    def __init__(self, entries: Iterable[KnowledgeEntry]) -> None:
        self._entries = [entry for entry in entries if entry.review is Review.approved]
        said = [
            (number, terms(text))
            for number, entry in enumerate(self._entries)
            for text in dict.fromkeys((entry.question, *entry.phrasings))
        ]
        self._vocabulary = Vocabulary(found for _, found in said)
        folded = [(number, self._vocabulary.folded(found)) for number, found in said]
        self._rarity = _rarity([(number, {t.key for t in found}) for number, found in folded], len(self._entries))
        self._wordings = [{t.key: t.weight * self._rarity[t.key] for t in found} for _, found in folded]
        self._sizes = np.array([sum(wording.values()) or 1.0 for wording in self._wordings])
        self._entry_of = np.array([number for number, _ in folded], dtype=np.int64)
        self._keys_of: list[set[str]] = [set() for _ in self._entries]
        for number, found in folded:
            self._keys_of[number].update(t.key for t in found)
        self._postings = _postings(self._wordings)
        self._until = np.array([e.until.timestamp() if e.until else math.inf for e in self._entries])
        self._public = np.array([e.scope is not Scope.this_caller for e in self._entries], dtype=bool)
        self._private_of: dict[str | None, list[int]] = defaultdict(list)
        for number, entry in enumerate(self._entries):
            if entry.scope is Scope.this_caller:
                self._private_of[entry.caller].append(number)

    def look_up(self, question: str, *, at: datetime, caller: str | None = None) -> LookUp:
        """The entries nearest to the question, among those that this caller may hear at this time."""
        ranked = self.ranked(question, at=at, caller=caller)
        return LookUp(tuple(Match(entry, probability(features)) for entry, features in ranked))

    def ranked(
        self, question: str, *, at: datetime, caller: str | None = None
    ) -> tuple[tuple[KnowledgeEntry, Features], ...]:
        """The nearest entries with what speaks for each: `look_up` before it becomes a probability."""
        heard = self._vocabulary.heard(terms(question))
        if not heard or not self._entries:
            return ()
        best: dict[int, Features] = {}
        for wording in self._candidates(heard, self._usable(at, caller)):
            number = int(self._entry_of[wording])
            features = self._compare(heard, wording, number)
            if number not in best or features.agreement > best[number].agreement:
                best[number] = features
        order = sorted(best, key=lambda number: -best[number].agreement)
        agreements = [best[number].agreement for number in order] + [0.0, 0.0]
        return tuple(
            (
                self._entries[number],
                replace(best[number], margin=agreements[place] - agreements[0 if place else 1]),
            )
            for place, number in enumerate(order[:NEAREST])
        )

    def _usable(self, at: datetime, caller: str | None) -> npt.NDArray[np.bool_]:
        in_time: npt.NDArray[np.bool_] = self._until > at.timestamp()
        usable: npt.NDArray[np.bool_] = in_time & self._public
        for number in self._private_of.get(caller, ()) if caller else ():
            usable[number] = in_time[number]
        return usable

    def _candidates(self, heard: list[Heard], usable: npt.NDArray[np.bool_]) -> list[int]:
        shared = np.zeros(len(self._wordings))
        for h in heard:
            if h.term.key in self._postings:
                shared[self._postings[h.term.key]] += self._weight(h) * h.likeness
        agreement = shared * shared / self._sizes
        agreement[~usable[self._entry_of]] = 0.0
        top = (
            np.argpartition(-agreement, CANDIDATES)[:CANDIDATES]
            if len(agreement) > CANDIDATES
            else range(len(agreement))
        )
        return [int(wording) for wording in top if agreement[wording] > 0]

    def _weight(self, heard: Heard) -> float:
        return heard.term.weight * self._rarity.get(heard.term.key, 1.0)

    def _compare(self, heard: list[Heard], wording: int, number: int) -> Features:
        theirs, size = self._wordings[wording], float(self._sizes[wording])
        total = explained = brought = 0.0
        for h in heard:
            weight = self._weight(h)
            total += weight
            if h.term.key in theirs:
                explained += weight * h.likeness
                brought += theirs[h.term.key] * h.likeness
            elif h.term.key in self._keys_of[number]:
                explained += weight * h.likeness * ELSEWHERE
        share, covered = explained / total, brought / size
        return Features(share, total - explained, size - brought, 2 * share * covered / (share + covered or 1.0))


def probability(features: Features) -> float:
    """The calibrated score: P(the entry answers the question)."""
    values = (1.0, features.explained, features.stray, features.absent, features.margin)
    z = sum(coefficient * value for coefficient, value in zip(COEFFICIENTS, values, strict=True))
    return 1 / (1 + math.exp(-z))


def _rarity(wordings: list[tuple[int, set[str]]], entries: int) -> dict[str, float]:
    seen: dict[str, set[int]] = defaultdict(set)
    for number, keys in wordings:
        for key in keys:
            seen[key].add(number)
    base = entries + PRIOR_ENTRIES
    return {
        key: 1.0 if key in ASPECTS else math.log(1 + base / (len(numbers) + 1)) / math.log(1 + base)
        for key, numbers in seen.items()
    }


def _postings(wordings: list[dict[str, float]]) -> dict[str, npt.NDArray[np.int64]]:
    lists: dict[str, list[int]] = defaultdict(list)
    for number, wording in enumerate(wordings):
        for key in wording:
            lists[key].append(number)
    return {key: np.array(numbers, dtype=np.int64) for key, numbers in lists.items()}
