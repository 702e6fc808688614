"""Which entry answers the caller's question, and how probable it is that it does. Pure, offline, explainable.

A question and each wording of an entry (its question and phrasings) are compared as sets of weighted terms:
  explained  the share of the question's information that the entry's wordings account for,
  covered    the share of the wording's information that the question brings,
  stray      the information in the question that the entry does not account for, in words,
  margin     how far the best entry is ahead of the next.
Information is inverse document frequency (K. Sparck Jones, 1972), smoothed so that a young knowledge base behaves like a
grown one. The score is a logistic of these four (Platt scaling), fitted by tests/data/escalation/fit.py.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from holdline.knowledge.entry import KnowledgeEntry, Review, Scope
from holdline.knowledge.sound import sound
from holdline.knowledge.vocabulary import MISHEARD
from holdline.knowledge.wording import CONTENT_WEIGHT, Term, term, terms

# From here on an entry is spoken. A voice agent may set its own.
DEFAULT_THRESHOLD = 0.6

# Logistic coefficients of (1, explained, covered, stray, margin), as fit.py prints them.
COEFFICIENTS = (-14.0, 8.0, 8.0, -3.0, 2.0)

# Entries that every knowledge base is taken to have beside its own, so that three entries do not make every word common.
PRIOR_ENTRIES = 20
# How much a word counts that an entry has in another of its wordings, or that only sounds like one of its words.
ELSEWHERE = 0.9
SOUNDS_ALIKE = 0.9
SOUNDS_NEAR = 0.75
NEAREST_SOUND = 0.84
SHORTEST_NEAR_SOUND = 6
CANDIDATES = 24


@dataclass(frozen=True)
class Match:
    """An entry and the probability that it answers the question."""

    entry: KnowledgeEntry
    score: float


@dataclass(frozen=True)
class LookUp:
    """The nearest entries, best first. `best` is the first of them, whatever its score: compare with a threshold."""

    nearest: tuple[Match, ...] = ()

    @property
    def best(self) -> Match | None:
        return self.nearest[0] if self.nearest else None


@dataclass(frozen=True)
class Features:
    explained: float
    covered: float
    stray: float
    margin: float = 0.0


@dataclass(frozen=True)
class _Heard:
    """A term of the question as the index knows it; `likeness` below 1 when it only sounds like it."""

    key: str
    weight: float
    likeness: float


class KnowledgeIndex:
    """The approved entries of one organisation, ready to be looked up. Immutable: build a new one for new entries."""

    def __init__(self, entries: Iterable[KnowledgeEntry]) -> None:
        self._entries = [entry for entry in entries if entry.review is Review.approved]
        wordings = [
            (number, terms(text))
            for number, entry in enumerate(self._entries)
            for text in dict.fromkeys((entry.question, *entry.phrasings))
        ]
        self._rarity = _rarity(wordings, len(self._entries))
        self._unknown = 1.0
        self._wordings: list[dict[str, float]] = []
        self._union: list[set[str]] = [set() for _ in self._entries]
        for number, found in wordings:
            self._wordings.append(self._weighed(found))
            self._union[number].update(t.key for t in found)
        self._entry_of = np.array([number for number, _ in wordings], dtype=np.int64)
        self._sizes = np.array([sum(w.values()) or 1.0 for w in self._wordings])
        self._postings = _postings(self._wordings)
        self._until = np.array([e.until.timestamp() if e.until else math.inf for e in self._entries])
        self._private = np.array([e.scope is Scope.this_caller for e in self._entries], dtype=bool)
        self._of_caller = defaultdict(list)
        for number, entry in enumerate(self._entries):
            if entry.scope is Scope.this_caller and entry.caller:
                self._of_caller[entry.caller].append(number)
        self._by_sound = _by_sound(found for _, found in wordings)

    def look_up(self, question: str, *, at: datetime, caller: str | None = None) -> LookUp:
        """The entries nearest to the question among those this caller may hear at this time."""
        return LookUp(
            tuple(
                Match(self._entries[number], probability(features))
                for number, features in self.ranked(question, at=at, caller=caller)[:3]
            )
        )

    def ranked(self, question: str, *, at: datetime, caller: str | None = None) -> list[tuple[int, Features]]:
        """Candidates with what speaks for each, best first; `look_up` is this made into probabilities."""
        heard = self._heard(terms(question))
        if not heard or not self._entries:
            return []
        best: dict[int, Features] = {}
        for wording in self._candidates(heard, self._usable(at, caller)):
            number = int(self._entry_of[wording])
            features = self._compare(heard, wording, number)
            if number not in best or _agreement(features) > _agreement(best[number]):
                best[number] = features
        order = sorted(best.items(), key=lambda item: -_agreement(item[1]))
        ranked = []
        for place, (number, features) in enumerate(order):
            rival = max((_agreement(f) for n, f in order if n != number), default=0.0)
            margin = _agreement(features) - rival
            ranked.append((number, Features(features.explained, features.covered, features.stray, margin)))
            if place == 2:
                break
        return ranked

    def _weighed(self, found: Iterable[Term]) -> dict[str, float]:
        return {t.key: t.weight * self._rarity.get(t.key, 1.0) for t in found}

    def _usable(self, at: datetime, caller: str | None) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        usable = (self._until > at.timestamp()) & ~self._private
        for number in self._of_caller.get(caller or "", ()):
            usable[number] = self._until[number] > at.timestamp()
        return usable

    def _candidates(self, heard: list[_Heard], usable: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[int]:
        shared = np.zeros(len(self._wordings))
        for h in heard:
            if h.key in self._postings:
                shared[self._postings[h.key]] += h.weight * h.likeness
        agreement = shared * shared / self._sizes
        agreement[~usable[self._entry_of]] = 0.0
        top = (
            np.argsort(-agreement)[:CANDIDATES]
            if len(agreement) <= CANDIDATES
            else np.argpartition(-agreement, CANDIDATES)[:CANDIDATES]
        )
        return [int(n) for n in top if agreement[n] > 0]

    def _compare(self, heard: list[_Heard], wording: int, number: int) -> Features:
        theirs = self._wordings[wording]
        total = explained = stray = 0.0
        met: dict[str, float] = {}
        for h in heard:
            total += h.weight
            share = 0.0
            if h.key in theirs:
                share = h.likeness
                met[h.key] = max(met.get(h.key, 0.0), h.likeness)
            elif h.key in self._union[number]:
                share = h.likeness * ELSEWHERE
            explained += h.weight * share
            stray += h.weight * (1 - share)
        covered = sum(theirs[key] * likeness for key, likeness in met.items()) / (sum(theirs.values()) or 1.0)
        return Features(explained / (total or 1.0), covered, stray)

    def _heard(self, found: tuple[Term, ...]) -> list[_Heard]:
        heard: list[_Heard] = []
        at = 0
        while at < len(found):
            pair = self._joined(found[at : at + 2])
            if pair:
                heard.append(pair)
                at += 2
            else:
                heard.append(self._recognised(found[at]))
                at += 1
        return list({h.key: h for h in heard}.values())

    def _joined(self, pair: tuple[Term, ...]) -> _Heard | None:
        if len(pair) < 2 or all(t.key in self._rarity for t in pair):
            return None
        joined = pair[0].word + pair[1].word
        key = term(joined).key
        if key in self._rarity:
            return _Heard(key, CONTENT_WEIGHT * self._rarity[key], 1.0)
        alike = self._by_sound.get(sound(joined))
        return _Heard(alike, CONTENT_WEIGHT * self._rarity[alike], SOUNDS_ALIKE) if alike and len(joined) > 5 else None

    def _recognised(self, said: Term) -> _Heard:
        if said.key in self._rarity or said.weight < CONTENT_WEIGHT:
            return _Heard(said.key, said.weight * self._rarity.get(said.key, self._unknown), 1.0)
        if said.word in MISHEARD:
            meant = term(MISHEARD[said.word])
            return _Heard(meant.key, meant.weight * self._rarity.get(meant.key, self._unknown), 1.0)
        key = sound(said.word)
        if key in self._by_sound and len(key) > 2:
            known = self._by_sound[key]
            return _Heard(known, CONTENT_WEIGHT * self._rarity[known], SOUNDS_ALIKE)
        if len(key) >= SHORTEST_NEAR_SOUND:
            near = process.extractOne(
                key, self._by_sound.keys(), scorer=Levenshtein.normalized_similarity, score_cutoff=NEAREST_SOUND
            )
            if near:
                known = self._by_sound[near[0]]
                return _Heard(known, CONTENT_WEIGHT * self._rarity[known], SOUNDS_NEAR)
        return _Heard(said.key, said.weight * self._unknown, 1.0)


def probability(features: Features) -> float:
    """The calibrated score: P(the entry answers the question)."""
    one, explained, covered, stray, margin = COEFFICIENTS
    z = (
        one
        + explained * features.explained
        + covered * features.covered
        + stray * features.stray
        + margin * features.margin
    )
    return 1 / (1 + math.exp(-z))


def _agreement(features: Features) -> float:
    both = features.explained + features.covered
    return 2 * features.explained * features.covered / both if both else 0.0


def _rarity(wordings: list[tuple[int, tuple[Term, ...]]], entries: int) -> dict[str, float]:
    seen: dict[str, set[int]] = defaultdict(set)
    for number, found in wordings:
        for t in found:
            seen[t.key].add(number)
    base = entries + PRIOR_ENTRIES
    return {key: math.log(1 + base / (len(numbers) + 1)) / math.log(1 + base) for key, numbers in seen.items()}


def _postings(wordings: list[dict[str, float]]) -> "dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]":
    lists: dict[str, list[int]] = defaultdict(list)
    for number, wording in enumerate(wordings):
        for key in wording:
            lists[key].append(number)
    return {key: np.array(numbers, dtype=np.int64) for key, numbers in lists.items()}


def _by_sound(wordings: Iterable[tuple[Term, ...]]) -> dict[str, str]:
    return {sound(t.word): t.key for found in wordings for t in found if t.weight >= CONTENT_WEIGHT}
