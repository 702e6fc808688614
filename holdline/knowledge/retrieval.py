"""Which entry answers the caller's question, and how probable it is that it does. Pure, offline, explainable.

A question and the wordings of an entry (its question and phrasings) are compared as sets of weighted terms. A term's
weight is its information: the inverse document frequency (K. Sparck Jones, 1972), smoothed so that a young knowledge
base behaves like a grown one and scaled so that a word that no entry has counts 1. The score is a logistic of the
features in matching.py (J. Platt, 1999), fitted by tests/data/escalation/fit.py.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from holdline.knowledge.entry import KnowledgeEntry, Review, Scope
from holdline.knowledge.hearing import Vocabulary
from holdline.knowledge.matching import Features, Utterance, Wording, compare
from holdline.knowledge.vocabulary import ASPECTS
from holdline.knowledge.wording import FUNCTION_WEIGHT, terms

# From here on an entry is spoken. A voice agent may set its own.
DEFAULT_THRESHOLD = 0.65

# Of (1, explained, stray, absent, guessed, resemblance, stating, wishing, turned, margin), as fit.py prints them.
COEFFICIENTS = (-3.06, 3.63, -2.07, -3.89, -2.34, 2.57, -4.42, -2.16, -1.88, 2.11)

# Entries that every knowledge base is taken to have beside its own, so that three entries make no word common.
PRIOR_ENTRIES = 20
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
        self._keys_of: list[set[str]] = [set() for _ in self._entries]
        for number, found in folded:
            self._keys_of[number].update(t.key for t in found)
        self._rarity = _rarity(self._keys_of)
        self._wordings = [Wording.of(number, found, self._rarity) for number, found in folded]
        self._sizes = np.array([wording.size for wording in self._wordings], dtype=np.float32)
        self._entry_of = np.array([wording.entry for wording in self._wordings], dtype=np.int64)
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
        utterance = Utterance(self._vocabulary.heard(terms(question)), self._rarity)
        if not utterance.heard or not self._entries:
            return ()
        best: dict[int, Features] = {}
        for wording in self._candidates(utterance, self._usable(at, caller)):
            features = compare(utterance, wording, self._keys_of[wording.entry])
            if wording.entry not in best or features.agreement > best[wording.entry].agreement:
                best[wording.entry] = features
        order = sorted(best, key=lambda number: -best[number].agreement)
        agreements = [best[number].agreement for number in order] + [0.0, 0.0]
        return tuple(
            (self._entries[number], replace(best[number], margin=agreements[place] - agreements[0 if place else 1]))
            for place, number in enumerate(order[:NEAREST])
        )

    def _usable(self, at: datetime, caller: str | None) -> npt.NDArray[np.bool_]:
        in_time: npt.NDArray[np.bool_] = self._until > at.timestamp()
        usable: npt.NDArray[np.bool_] = in_time & self._public
        for number in self._private_of.get(caller, ()) if caller else ():
            usable[number] = in_time[number]
        return usable

    def _candidates(self, utterance: Utterance, usable: npt.NDArray[np.bool_]) -> list[Wording]:
        known = [
            (self._postings[h.term.key], weight * h.likeness, h.term.weight > FUNCTION_WEIGHT)
            for h, weight in zip(utterance.heard, utterance.weights, strict=True)
            if h.term.key in self._postings
        ]
        has_substance = any(substance for _, _, substance in known)
        shared = np.zeros(len(self._wordings), dtype=np.float32)
        for posting, weight, substance in known:
            if substance or not has_substance:
                shared[posting] += weight
        agreement = shared * shared / self._sizes * usable[self._entry_of]
        many = len(agreement) > CANDIDATES
        top = np.argpartition(-agreement, CANDIDATES)[:CANDIDATES] if many else range(len(agreement))
        return [self._wordings[at] for at in top if agreement[at] > 0]


def probability(features: Features) -> float:
    """The calibrated score: P(the entry answers the question)."""
    values = inputs(features)
    return 1 / (1 + math.exp(-sum(c * value for c, value in zip(COEFFICIENTS, values, strict=True))))


def inputs(features: Features) -> tuple[float, ...]:
    """What the coefficients apply to."""
    return (
        1.0,
        features.explained,
        features.stray,
        features.absent,
        features.guessed,
        features.resemblance,
        features.stating,
        features.wishing,
        features.turned,
        features.margin,
    )


def _rarity(keys_of: list[set[str]]) -> dict[str, float]:
    seen: dict[str, int] = defaultdict(int)
    for keys in keys_of:
        for key in keys:
            seen[key] += 1
    base = len(keys_of) + PRIOR_ENTRIES
    return {
        key: 1.0 if key in ASPECTS else math.log(1 + base / (number + 1)) / math.log(1 + base)
        for key, number in seen.items()
    }


def _postings(wordings: list[Wording]) -> dict[str, npt.NDArray[np.int64]]:
    lists: dict[str, list[int]] = defaultdict(list)
    for number, wording in enumerate(wordings):
        for key in wording.weights:
            lists[key].append(number)
    return {key: np.array(numbers, dtype=np.int64) for key, numbers in lists.items()}
