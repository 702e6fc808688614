"""What a recogniser wrote, read as the words an organisation's entries use: split, joined and misheard words.

The vocabulary is the entries' own, so a word is only ever repaired into something the organisation talks about, and
the repair counts for as much as the two sound alike.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from holdline.knowledge.misheard import MISHEARD
from holdline.knowledge.sound import alikeness, sound, sound_of
from holdline.knowledge.vocabulary import ASPECTS
from holdline.knowledge.wording import CONTENT_WEIGHT, Term, stem, term

# What an equal sound is worth, how alike a near one must be, and how long to mean anything.
SOUNDS_ALIKE = 0.95
NEAREST_SOUND = 0.75
NEAREST_LETTERS = 0.6
NEAREST_TRIED = 8
SHORTEST_ALIKE = 3
SHORTEST_NEAR = 5
SHORTEST_JOINED = 5
# A word of at least so many letters may have lost or gained its last one.
SHORTEST_CUT = 6
# The parts of a compound have at least so many letters.
SHORTEST_PART = 3


@dataclass(frozen=True)
class Heard:
    """What was said, as the vocabulary knows it; `likeness` is below 1 where it may have been another word."""

    term: Term
    word: str
    likeness: float = 1.0
    is_known: bool = False


class Vocabulary:
    """The words of substance in an organisation's wordings, and how they sound."""

    def __init__(self, wordings: Iterable[tuple[Term, ...]] = ()) -> None:
        self._keys: set[str] = set()
        self._words: set[str] = set()
        self._stems: set[str] = set()
        # Terms as text (`_text`): thousands of them are read when a call begins, and few are ever asked for.
        self._cut_short: dict[str, str] = {}
        self._split: dict[str, tuple[Term, ...]] = {}
        self._by_sound: dict[str, str] = {}
        self._sounds_from: dict[str, list[str]] = defaultdict(list)
        self._learn(wordings)

    def with_more(self, wordings: Iterable[tuple[Term, ...]]) -> "Vocabulary":
        """These words too. What was folded without them may be folded otherwise with them."""
        more = Vocabulary.read(self.written())
        more._learn(wordings)
        return more

    def written(self) -> dict[str, Any]:
        """In types that JSON has."""
        return {
            "keys": list(self._keys),
            "words": list(self._words),
            "stems": list(self._stems),
            "cut_short": dict(self._cut_short),
            "by_sound": dict(self._by_sound),
        }

    @classmethod
    def read(cls, written: dict[str, Any]) -> "Vocabulary":
        """What `written` made, in every respect; nothing is stemmed or sounded again."""
        read = cls()
        read._keys, read._words, read._stems = (set(written[name]) for name in ("keys", "words", "stems"))
        read._cut_short, read._by_sound = dict(written["cut_short"]), dict(written["by_sound"])
        for key in read._by_sound:
            read._sounds_from[key[:1]].append(key)
        return read

    def _learn(self, wordings: Iterable[tuple[Term, ...]]) -> None:
        for t in (t for wording in wordings for t in wording if t.weight >= CONTENT_WEIGHT):
            self._keys.add(t.key)
            self._words.add(t.word)
            self._stems.add(stem(t.word))
            if len(t.word) >= SHORTEST_CUT:
                self._cut_short[t.word[:-1]] = _text(t)
            key = sound(t.word)
            if key not in self._by_sound:
                self._sounds_from[key[:1]].append(key)
            self._by_sound[key] = _text(t)

    def folded(self, found: tuple[Term, ...]) -> tuple[Term, ...]:
        """Write compounds one way: "haircut" as "hair cut" where both are words here, else "check up" as "checkup"."""
        folded: list[Term] = []
        at = 0
        while at < len(found):
            joined = self._joined(found[at : at + 2])
            if joined:
                folded.append(joined)
                at += 2
            else:
                folded += self._parts(found[at]) or (found[at],)
                at += 1
        return tuple(folded)

    def heard(self, found: tuple[Term, ...]) -> list[Heard]:
        """The question's terms in their order, repaired where a recogniser seems to have misheard."""
        folded = self.folded(found)
        heard: list[Heard] = []
        at = 0
        while at < len(folded):
            pair = self._sounding_like(folded[at : at + 2])
            heard += pair or [self._recognised(folded[at])]
            at += 2 if pair else 1
        substance = [at for at, h in enumerate(heard) if h.term.weight >= CONTENT_WEIGHT]
        if len(substance) == 1 and self._is_only_a_synonym(heard[substance[0]]):
            heard[substance[0]] = replace(heard[substance[0]], likeness=SOUNDS_ALIKE)
        exact = {h.term.key for h in heard if h.likeness == 1}
        # What is there already was not misheard for itself: "my filling fell out" does not say "filling" twice.
        return [Heard(term(h.word), h.word) if h.likeness < 1 and h.term.key in exact else h for h in heard]

    def _is_only_a_synonym(self, h: Heard) -> bool:
        """Whether no entry uses the word, but only others of its meaning.

        Alone in a question, such a word may have been misheard ("males" for "nails"), and nothing else would show it.
        """
        is_set_phrase = term(h.word).key != h.term.key
        is_linked = h.likeness == 1 and h.is_known and h.term.key not in ASPECTS
        return is_linked and not is_set_phrase and stem(h.word) not in self._stems

    def _joined(self, pair: tuple[Term, ...]) -> Term | None:
        if len(pair) < 2 or not pair[0].word:
            return None
        word = pair[0].word + pair[1].word
        if word in self._words or word.removesuffix("s") in self._words:
            return None if self._parts(term(word)) else term(word)
        # "clean in" for "cleaning"
        return term(word + "g") if pair[1].word == "in" and word + "g" in self._words else None

    def _parts(self, whole: Term) -> tuple[Term, ...]:
        if whole.word not in self._split:
            self._split[whole.word] = self._find_parts(whole)
        return self._split[whole.word]

    def _find_parts(self, whole: Term) -> tuple[Term, ...]:
        word = whole.word
        if whole.weight >= CONTENT_WEIGHT and whole.key == term(word).key:  # a set phrase stays whole
            for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
                if word[:cut] in self._words and (rest := term(word[cut:])).key in self._keys:
                    return term(word[:cut]), rest
        return ()

    def _sounding_like(self, pair: tuple[Term, ...]) -> list[Heard]:
        """Two words in a row that together sound like one that is known: "park king"."""
        if len(pair) < 2 or any(t.weight < CONTENT_WEIGHT for t in pair) or all(t.key in self._keys for t in pair):
            return []
        joined = sound_of(t.word for t in pair)
        if len(joined) < SHORTEST_JOINED or joined not in self._by_sound:
            return []
        known = _term_of(self._by_sound[joined])
        return [Heard(t, t.word, SOUNDS_ALIKE) for t in self._parts(known) or (known,)]

    def _recognised(self, said: Term) -> Heard:
        if said.weight < CONTENT_WEIGHT or said.key in self._keys:
            return Heard(said, said.word, is_known=said.key in self._keys)
        if said.word in self._cut_short:
            return Heard(_term_of(self._cut_short[said.word]), said.word)
        if len(said.word) >= SHORTEST_CUT and term(said.word[:-1]).key in self._keys:
            return Heard(term(said.word[:-1]), said.word)
        if said.word in MISHEARD:
            return Heard(term(MISHEARD[said.word]), said.word)
        key = sound(said.word)
        if len(key) >= SHORTEST_ALIKE and key in self._by_sound:
            return Heard(_term_of(self._by_sound[key]), said.word, SOUNDS_ALIKE)
        if len(key) >= SHORTEST_NEAR:
            near = process.extract(
                key,
                self._sounds_from[key[:1]],
                scorer=Levenshtein.normalized_similarity,
                score_cutoff=NEAREST_LETTERS,
                limit=NEAREST_TRIED,
            )
            alike = max(((alikeness(key, other), other) for other, _, _ in near), default=(0.0, ""))
            if alike[0] >= NEAREST_SOUND:
                return Heard(_term_of(self._by_sound[alike[1]]), said.word, alike[0])
        return Heard(said, said.word)


def _text(of_substance: Term) -> str:
    return f"{of_substance.key}\t{of_substance.word}"


def _term_of(text: str) -> Term:
    key, word = text.split("\t")
    return Term(key, word, CONTENT_WEIGHT)
