"""What an index is made of: tables and rows that can be kept in files, and that a change costs only what changed.

Nothing is looked up here; see retrieval.py, and files.py for the files.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

import numpy as np
import numpy.typing as npt

from holdline.knowledge.entry import KnowledgeEntry, Review, Scope
from holdline.knowledge.hearing import Vocabulary
from holdline.knowledge.matching import Said
from holdline.knowledge.vocabulary import ASPECTS
from holdline.knowledge.wording import Term, terms

T = TypeVar("T")

# Entries that every knowledge base is taken to have beside its own, so that three entries make no word common.
PRIOR_ENTRIES = 20
# A knowledge base of so few is built anew for a change, which is exact and takes a moment. Beyond, one entry more says
# next to nothing about the others: they keep the compounds, and the place among the candidates, that they had.
REBUILT_UP_TO = 300


@dataclass(frozen=True)
class Parts:
    """Entries and wordings by number. One that is gone keeps its number, and is in time never."""

    entries: Sequence[KnowledgeEntry]
    number_of: Mapping[str, int]
    keys_of: Sequence[Collection[str]]
    said: Sequence[Said]
    vocabulary: Vocabulary
    seen: Mapping[str, int]
    """How many entries have a key."""
    postings: Mapping[str, npt.NDArray[np.int64]]
    """Which wordings have a key."""
    sizes: npt.NDArray[np.float32]
    entry_of: npt.NDArray[np.int64]
    until: npt.NDArray[np.float64]
    is_public: npt.NDArray[np.bool_]
    private_of: Mapping[str, Sequence[int]]

    def changed(self, put: Iterable[KnowledgeEntry], *, gone: Collection[str] = ()) -> "Parts":
        """With these entries in the place of those of the same id, and without those that are gone."""
        put = tuple(put)
        if len(self.number_of) + len(put) <= REBUILT_UP_TO:
            entries = {one: self.entries[number] for one, number in self.number_of.items() if one not in gone}
            return parts_of({**entries, **{entry.id: entry for entry in put}}.values())
        return self._extended(
            [entry for entry in put if entry.review is Review.approved], {*gone, *(e.id for e in put)}
        )

    def _extended(self, added: Sequence[KnowledgeEntry], gone: Collection[str]) -> "Parts":
        first, first_said = len(self.entries), len(self.said)
        number_of, seen, until = dict(self.number_of), dict(self.seen), self.until.copy()
        for one in gone & self.number_of.keys():
            number = number_of.pop(one)
            until[number] = -math.inf
            for key in self.keys_of[number]:
                seen[key] -= 1
        new = _build(added, self.vocabulary, others=(len(number_of), seen))
        postings = dict(self.postings)
        for key, numbers in new.postings.items():
            postings[key] = np.append(postings[key], numbers + first_said) if key in postings else numbers + first_said
        private_of = dict(self.private_of)
        for caller, mine in new.private_of.items():
            private_of[caller] = [*private_of.get(caller, ()), *(first + number for number in mine)]
        return Parts(
            entries=Joined(self.entries, new.entries),
            number_of={**number_of, **{one: first + number for one, number in new.number_of.items()}},
            keys_of=Joined(self.keys_of, new.keys_of),
            said=Joined(self.said, [Said(first + s.entry, s.weights, s.sounds, s.sounding, s.mood) for s in new.said]),
            vocabulary=new.vocabulary,
            seen=new.seen,
            postings=postings,
            sizes=np.concatenate((self.sizes, new.sizes)),
            entry_of=np.concatenate((self.entry_of, new.entry_of + first)),
            until=np.concatenate((until, new.until)),
            is_public=np.concatenate((self.is_public, new.is_public)),
            private_of=private_of,
        )


class Joined(Sequence[T]):
    """Rows behind rows."""

    def __init__(self, first: Sequence[T], second: Sequence[T]) -> None:
        self._first, self._second = first, second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        return self._first[at] if at < len(self._first) else self._second[at - len(self._first)]


def parts_of(entries: Iterable[KnowledgeEntry]) -> Parts:
    """Of the approved ones."""
    return _build([entry for entry in entries if entry.review is Review.approved], None, others=(0, {}))


def rarity_of(seen: Mapping[str, int], entries: int) -> dict[str, float]:
    """The information in each key."""
    base = entries + PRIOR_ENTRIES
    of_number = {number: math.log(1 + base / (number + 1)) / math.log(1 + base) for number in set(seen.values())}
    return {key: 1.0 if key in ASPECTS else of_number[number] for key, number in seen.items()}


def _build(
    entries: Sequence[KnowledgeEntry], known: Vocabulary | None, *, others: tuple[int, Mapping[str, int]]
) -> Parts:
    """`others` are entries whose words are known already, and what is seen in them."""
    found = [(number, terms(text)) for number, entry in enumerate(entries) for text in _wordings(entry)]
    vocabulary = (known or Vocabulary()).with_more(tuple(wording for _, wording in found))
    folded = [(number, vocabulary.folded(wording)) for number, wording in found]
    said = [Said.of(number, wording) for number, wording in folded]
    keys_of = _keys(len(entries), folded)
    count, seen = others[0] + len(entries), dict(others[1])
    for keys in keys_of:
        for key in keys:
            seen[key] = seen.get(key, 0) + 1
    rarity = rarity_of(seen, count)
    private_of: dict[str, list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        if entry.scope is Scope.this_caller:
            private_of[entry.caller or ""].append(number)
    return Parts(
        entries=entries,
        number_of={entry.id: number for number, entry in enumerate(entries)},
        keys_of=keys_of,
        said=said,
        vocabulary=vocabulary,
        seen=seen,
        postings=_postings(said),
        sizes=np.array([one.weighed(rarity).size for one in said], dtype=np.float32),
        entry_of=np.array([one.entry for one in said], dtype=np.int64),
        until=np.array([e.until.timestamp() if e.until else math.inf for e in entries], dtype=np.float64),
        is_public=np.array([e.scope is not Scope.this_caller for e in entries], dtype=bool),
        private_of=dict(private_of),
    )


def _wordings(entry: KnowledgeEntry) -> Iterable[str]:
    return dict.fromkeys((entry.question, *entry.phrasings))


def _keys(entries: int, folded: Iterable[tuple[int, tuple[Term, ...]]]) -> list[set[str]]:
    keys_of: list[set[str]] = [set() for _ in range(entries)]
    for number, wording in folded:
        keys_of[number].update(t.key for t in wording)
    return keys_of


def _postings(said: Iterable[Said]) -> dict[str, npt.NDArray[np.int64]]:
    lists: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(said):
        for key in one.weights:
            lists[key].append(number)
    return {key: np.array(numbers, dtype=np.int64) for key, numbers in lists.items()}
