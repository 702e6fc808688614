"""How well one wording of an entry fits what was heard: the features that the score is made of.

explained   the share of the question's information that the entry's wordings account for,
stray       the information in the question that they do not account for,
absent      the information in the wording that the question does not bring,
guessed     the information that was only matched by its sound,
resemblance how alike question and wording sound as a whole,
stating     1 where the question states something and the wording asks,
wishing     1 where the question wishes for something and the wording asks,
turned      1 where one asks "what" and the other "whether",
margin      how far the entry is ahead of the next one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from holdline.knowledge.hearing import Heard
from holdline.knowledge.mood import Mood, asked_from, mood
from holdline.knowledge.sound import alikeness, may_be_alike, sound, sound_of
from holdline.knowledge.vocabulary import INTERCHANGEABLE
from holdline.knowledge.wording import CONTENT_WEIGHT, FUNCTION_WEIGHT, Term

# What a word counts that the entry has in another of its wordings.
ELSEWHERE = 0.95
# What a word counts in a statement that leads up to the question.
LEADING_UP = 0.3
# Where the words around it fit, a stray word that sounds so near to one that is absent is taken for it.
NEAR_IN_CONTEXT = 0.65
# What the likeness of the whole, and the mood, count in ordering wordings that explain the same.
WHOLE = 0.1


@dataclass(frozen=True)
class Features:
    """What speaks for an entry and against it; `agreement` orders entries."""

    explained: float
    stray: float
    absent: float
    guessed: float
    resemblance: float
    stating: float
    wishing: float
    turned: float
    agreement: float
    margin: float = 0.0


@dataclass(frozen=True)
class Said:
    """A question or phrasing of the entry with this number, apart from how rare its terms are."""

    entry: int
    weights: dict[str, float]
    sounds: dict[str, str]
    sounding: str
    mood: Mood

    @classmethod
    def of(cls, entry: int, found: Sequence[Term]) -> "Said":
        sounds = {t.key: sound(t.word) for t in found if t.weight > FUNCTION_WEIGHT}
        return cls(entry, {t.key: t.weight for t in found}, sounds, sound_of(t.word for t in found), mood(found))

    def weighed(self, rarity: Mapping[str, float]) -> "Wording":
        weights = {key: weight * rarity[key] for key, weight in self.weights.items()}
        return Wording(self.entry, weights, sum(weights.values()) or 1.0, self.sounds, self.sounding, self.mood)


@dataclass(frozen=True)
class Wording:
    """The same with the information in each term."""

    entry: int
    weights: dict[str, float]
    size: float
    sounds: dict[str, str]
    sounding: str
    mood: Mood


class Utterance:
    """What was heard, with the information in each of its terms, and how pieces of it sound."""

    def __init__(self, heard: list[Heard], rarity: Mapping[str, float]) -> None:
        self.heard = heard
        self.mood = mood([h.term for h in heard])
        start = asked_from([h.term for h in heard])
        said: set[str] = set()
        self.weights: list[float] = []
        for at, h in enumerate(heard):
            # A word that was taken for a known one counts as a stranger: "valet" is not the appointment it sounds like.
            information = rarity.get(h.term.key, 1.0) if h.likeness == 1 else 1.0
            weight = h.term.weight * information * (LEADING_UP if at < start else 1.0)
            self.weights.append(0.0 if h.term.key in said else weight)
            said.add(h.term.key)
        self.total = sum(self.weights) or 1.0
        self.sounding = sound_of(h.word for h in heard)
        self._pieces: dict[tuple[tuple[int, ...], frozenset[int]], list[tuple[range, str]]] = {}

    def pieces(self, strays: list[int], taken: set[int]) -> list[tuple[range, str]]:
        """The stretches around each stray term, of up to three terms none of which is `taken`, and their sounds."""
        asked = tuple(strays), frozenset(taken)  # the same for most wordings that are compared with it
        if asked not in self._pieces:
            ranges = {
                (start, end)
                for at in strays
                for start in (at - 1, at)
                for end in (at + 1, at + 2)
                if start >= 0 and end <= len(self.heard) and taken.isdisjoint(range(start, end))
            }
            self._pieces[asked] = [
                (range(*piece), sound_of(self.heard[at].word for at in range(*piece))) for piece in ranges
            ]
        return self._pieces[asked]


def compare(utterance: Utterance, wording: Wording, elsewhere: Collection[str]) -> Features:
    """Fit `wording` to the utterance; `elsewhere` are the keys of the entry's other wordings."""
    explained = guessed = 0.0
    brought: dict[str, float] = {}
    strays: list[int] = []
    taken: set[int] = set()
    for at, (h, weight) in enumerate(zip(utterance.heard, utterance.weights, strict=True)):
        if h.term.key in wording.weights:
            explained += weight * h.likeness
            brought[h.term.key] = max(brought.get(h.term.key, 0.0), h.likeness)
        elif h.term.key in elsewhere:
            explained += weight * h.likeness * ELSEWHERE
            if h.term.key in INTERCHANGEABLE:
                brought |= dict.fromkeys(INTERCHANGEABLE & wording.weights.keys(), h.likeness)
        else:
            if h.term.weight > FUNCTION_WEIGHT and not h.is_known:
                strays.append(at)
            continue
        if h.term.weight >= CONTENT_WEIGHT:
            taken.add(at)
            guessed += wording.weights.get(h.term.key, weight) if h.likeness < 1 else 0.0
    for piece, key, likeness in _misheard(utterance, wording, strays=strays, taken=taken, brought=brought):
        gained = sum(utterance.weights[at] for at in piece)
        explained += gained * likeness
        guessed += gained
        brought[key] = likeness
    present = sum(wording.weights[key] * likeness for key, likeness in brought.items())
    share, covered = explained / utterance.total, present / wording.size
    resemblance = alikeness(utterance.sounding, wording.sounding)
    stating = float(utterance.mood is Mood.statement and wording.mood is not Mood.statement)
    wishing = float(utterance.mood is Mood.wish and wording.mood is not Mood.wish)
    turned = float({utterance.mood, wording.mood} == {Mood.open, Mood.closed})
    fit = 2 * share * covered / (share + covered or 1.0)
    return Features(
        explained=share,
        stray=utterance.total - explained,
        absent=wording.size - present,
        guessed=guessed,
        resemblance=resemblance,
        stating=stating,
        wishing=wishing,
        turned=turned,
        agreement=(fit * (1 - WHOLE) + resemblance * WHOLE) * (1 - (stating + wishing + turned) * WHOLE),
    )


def _misheard(
    utterance: Utterance, wording: Wording, *, strays: list[int], taken: set[int], brought: dict[str, float]
) -> list[tuple[range, str, float]]:
    """Stretches of stray words that sound like words that are absent, each used once, the most alike first."""
    absent = [(key, sounding) for key, sounding in wording.sounds.items() if key not in brought]
    if not strays or not absent or not brought:
        return []
    alike = sorted(
        (
            (likeness, piece.start, piece, key)
            for piece, heard in utterance.pieces(strays, taken)
            for key, sounding in absent
            if may_be_alike(heard, sounding, NEAR_IN_CONTEXT)
            and (likeness := alikeness(heard, sounding)) >= NEAR_IN_CONTEXT
        ),
        key=lambda found: (-found[0], found[1]),
    )
    used: set[int] = set()
    chosen: dict[str, tuple[range, str, float]] = {}
    for likeness, _, piece, key in alike:
        if key not in chosen and used.isdisjoint(piece):
            chosen[key] = (piece, key, likeness)
            used.update(piece)
    return list(chosen.values())
