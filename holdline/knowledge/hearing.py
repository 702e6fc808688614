"""What a recogniser wrote, read as the words an organisation's entries use: split, joined and misheard words.

The vocabulary is the entries' own, so a word is only ever repaired into something the organisation talks about, and
the repair counts for less than the word itself would.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from holdline.knowledge.sound import sound
from holdline.knowledge.vocabulary import MISHEARD
from holdline.knowledge.wording import CONTENT_WEIGHT, Term, term

SOUNDS_ALIKE = 0.9
SOUNDS_NEAR = 0.75
# How near, and how long a sound must be for that to mean anything.
NEAREST_SOUND = 0.84
SHORTEST_ALIKE = 3
SHORTEST_NEAR = 6
SHORTEST_JOINED = 5
# The parts of a compound have at least so many letters.
SHORTEST_PART = 3


@dataclass(frozen=True)
class Heard:
    """A term of the question as the vocabulary knows it; `likeness` is below 1 when it only sounds like it."""

    term: Term
    likeness: float = 1.0


class Vocabulary:
    """The words of substance in an organisation's wordings, and how they sound."""

    def __init__(self, wordings: Iterable[tuple[Term, ...]]) -> None:
        content = [t for wording in wordings for t in wording if t.weight >= CONTENT_WEIGHT]
        self._keys = {t.key for t in content}
        self._words = {t.word for t in content}
        self._by_sound = {sound(t.word): t for t in content}
        self._sounds_from: dict[str, list[str]] = defaultdict(list)
        for key in self._by_sound:
            self._sounds_from[key[:1]].append(key)

    def folded(self, found: tuple[Term, ...]) -> tuple[Term, ...]:
        """Write compounds one way: "haircut" as "hair cut" where both are words here, else "check up" as "checkup"."""
        folded: list[Term] = []
        at = 0
        while at < len(found):
            joined = term(found[at].word + found[at + 1].word) if at + 1 < len(found) else None
            if joined and joined.key in self._keys and not self._parts(joined):
                folded.append(joined)
                at += 2
            else:
                folded += self._parts(found[at]) or (found[at],)
                at += 1
        return tuple(folded)

    def heard(self, found: tuple[Term, ...]) -> list[Heard]:
        """The question's terms, each once, repaired where a recogniser seems to have misheard."""
        folded = self.folded(found)
        heard: list[Heard] = []
        at = 0
        while at < len(folded):
            pair = self._sounding_like(folded[at : at + 2])
            heard.append(pair or self._recognised(folded[at]))
            at += 2 if pair else 1
        return list({h.term.key: h for h in heard}.values())

    def _parts(self, whole: Term) -> tuple[Term, ...]:
        word = whole.word
        if whole.weight >= CONTENT_WEIGHT:
            for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
                if word[:cut] in self._words and (rest := term(word[cut:])).key in self._keys:
                    return term(word[:cut]), rest
        return ()

    def _sounding_like(self, pair: tuple[Term, ...]) -> Heard | None:
        """Two words in a row that together sound like one that is known: "park king"."""
        if len(pair) < 2 or all(t.key in self._keys for t in pair):
            return None
        joined = sound(pair[0].word + pair[1].word)
        known = self._by_sound.get(joined) if len(joined) >= SHORTEST_JOINED else None
        return Heard(known, SOUNDS_ALIKE) if known else None

    def _recognised(self, said: Term) -> Heard:
        if said.weight < CONTENT_WEIGHT or said.key in self._keys:
            return Heard(said)
        if said.word in MISHEARD:
            return Heard(term(MISHEARD[said.word]))
        key = sound(said.word)
        if len(key) >= SHORTEST_ALIKE and key in self._by_sound:
            return Heard(self._by_sound[key], SOUNDS_ALIKE)
        if len(key) >= SHORTEST_NEAR:
            near = process.extractOne(
                key,
                self._sounds_from[key[:1]],
                scorer=Levenshtein.normalized_similarity,
                score_cutoff=NEAREST_SOUND,
            )
            if near:
                return Heard(self._by_sound[near[0]], SOUNDS_NEAR)
        return Heard(said)
