"""Which entry answers the caller's question, and how probable it is that it does. Pure, offline, explainable.

A question and the wordings of an entry (its question and phrasings) are compared as sets of weighted terms. A term's
weight is its information: the inverse document frequency (K. Sparck Jones, 1972), smoothed so that a young knowledge
base behaves like a grown one and scaled so that a word that no entry has counts 1. The score is a logistic of the
features in matching.py (J. Platt, 1999), fitted by tests/data/escalation/fit.py.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import numpy as np
import numpy.typing as npt

from holdline.knowledge.entry import KnowledgeEntry
from holdline.knowledge.matching import Features, Utterance, Wording, compare
from holdline.knowledge.parts import Parts, parts_of, rarity_of
from holdline.knowledge.wording import FUNCTION_WEIGHT, terms

# From here on an entry is spoken. A voice agent may set its own.
DEFAULT_THRESHOLD = 0.65

# Of (1, explained, stray, absent, guessed, resemblance, stating, wishing, turned, margin), as fit.py prints them.
COEFFICIENTS = (-3.06, 3.63, -2.07, -3.89, -2.34, 2.57, -4.42, -2.16, -1.88, 2.11)

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
    """The approved entries of one organisation, ready to be looked up. Immutable: a change makes another."""

    def __init__(self, entries: Iterable[KnowledgeEntry]) -> None:
        self._set_up(parts_of(entries))

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """Of parts that were read, or changed."""
        index = cls.__new__(cls)
        index._set_up(parts)
        return index

    def changed(self, put: Iterable[KnowledgeEntry], *, gone: Collection[str] = ()) -> Self:
        """With these entries in the place of those of the same id, and without those that are gone."""
        return self.of(self.parts.changed(put, gone=gone))

    def _set_up(self, parts: Parts) -> None:
        self.parts = parts
        self._rarity = rarity_of(parts.seen, len(parts.number_of))

    def look_up(self, question: str, *, at: datetime, caller: str | None = None) -> LookUp:
        """The entries nearest to the question, among those that this caller may hear at this time."""
        ranked = self.ranked(question, at=at, caller=caller)
        return LookUp(tuple(Match(entry, probability(features)) for entry, features in ranked))

    def ranked(
        self, question: str, *, at: datetime, caller: str | None = None
    ) -> tuple[tuple[KnowledgeEntry, Features], ...]:
        """The nearest entries with what speaks for each: `look_up` before it becomes a probability."""
        utterance = Utterance(self.parts.vocabulary.heard(terms(question)), self._rarity)
        if not utterance.heard or not self.parts.number_of:
            return ()
        best: dict[int, Features] = {}
        for wording in self._candidates(utterance, self._usable(at, caller)):
            features = compare(utterance, wording, self.parts.keys_of[wording.entry])
            if wording.entry not in best or features.agreement > best[wording.entry].agreement:
                best[wording.entry] = features
        order = sorted(best, key=lambda number: -best[number].agreement)
        agreements = [best[number].agreement for number in order] + [0.0, 0.0]
        return tuple(
            (
                self.parts.entries[number],
                replace(best[number], margin=agreements[place] - agreements[0 if place else 1]),
            )
            for place, number in enumerate(order[:NEAREST])
        )

    def _usable(self, at: datetime, caller: str | None) -> npt.NDArray[np.bool_]:
        in_time: npt.NDArray[np.bool_] = self.parts.until > at.timestamp()
        usable: npt.NDArray[np.bool_] = in_time & self.parts.is_public
        for number in self.parts.private_of.get(caller, ()) if caller else ():
            usable[number] = in_time[number]
        return usable

    def _candidates(self, utterance: Utterance, usable: npt.NDArray[np.bool_]) -> list[Wording]:
        postings = self.parts.postings
        known = [
            (postings[h.term.key], weight * h.likeness, h.term.weight > FUNCTION_WEIGHT)
            for h, weight in zip(utterance.heard, utterance.weights, strict=True)
            if h.term.key in postings
        ]
        has_substance = any(substance for _, _, substance in known)
        shared = np.zeros(len(self.parts.said), dtype=np.float32)
        for posting, weight, substance in known:
            if substance or not has_substance:
                shared[posting] += weight
        agreement = shared * shared / self.parts.sizes * usable[self.parts.entry_of]
        near = np.flatnonzero(agreement)
        if len(near) > CANDIDATES:
            near = near[np.argpartition(-agreement[near], CANDIDATES)[:CANDIDATES]]
        return [self.parts.said[at].weighed(self._rarity) for at in near.tolist()]


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
