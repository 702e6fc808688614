"""Mix words up as a speech recogniser does, the same way every time.

Homophones, small words lost or added, wrong endings, words split in two or run together: about
one word in seven, as often as PocketSphinx errs with a voice that it understands.
The table is what PocketSphinx wrote for the questions of dev.json.
"""

import random
from itertools import pairwise

SOUND_ALIKE = {
    "a": ("the", "of"),
    "an": ("and",),
    "and": ("in", "an"),
    "are": ("our", "or"),
    "at": ("add", "that"),
    "can": ("kin",),
    "could": ("good",),
    "do": ("to", "due", "did"),
    "does": ("goes",),
    "for": ("four", "from"),
    "have": ("of", "half"),
    "hi": ("i", "high"),
    "i": ("eye",),
    "i'd": ("i",),
    "i'm": ("and",),
    "in": ("and", "inn"),
    "is": ("his", "as"),
    "it": ("at",),
    "my": ("by",),
    "on": ("and", "in"),
    "or": ("are", "for"),
    "please": ("place", "these"),
    "the": ("a", "that"),
    "there": ("their", "here"),
    "they": ("the",),
    "to": ("two", "too"),
    "um": ("and", "i'm", "but"),
    "what's": ("what", "once"),
    "where": ("wear",),
    "you": ("ewe", "your"),
    "you're": ("your",),
    "your": ("you're", "the"),
}
SMALL = ("a", "an", "the", "to", "do", "is", "are", "in", "on", "of", "it", "for", "you", "your", "hi", "um")
ADDED = ("a", "the", "and", "in", "of", "to", "i", "that")
PARTS = {
    "haircut": "hair cut",
    "haircuts": "hair cuts",
    "makeup": "make up",
    "checkup": "check up",
    "toothache": "tooth ache",
    "parking": "park king",
    "highlights": "high lights",
    "wheelchair": "wheel chair",
    "weekend": "week end",
    "toothpaste": "tooth paste",
    "eyebrow": "eye brow",
}
JOINED = {
    ("gift", "card"): "giftcard",
    ("check", "up"): "checkup",
    ("blow", "dry"): "blowdry",
    ("walk", "ins"): "walkins",
}


def confused(question: str) -> str:
    """The question with a mistake in it."""
    chance = random.Random(question)
    words = question.split()
    change = chance.choice((_sound_alike, _lose, _add, _ending, _split_or_join))
    words = change(words, chance)
    mixed = " ".join(words)
    return mixed if mixed != question else " ".join(_add(words, chance))


def _sound_alike(words: list[str], chance: random.Random) -> list[str]:
    places = [at for at, word in enumerate(words) if word in SOUND_ALIKE]
    hit = set(chance.sample(places, min(1, len(places))))
    return [chance.choice(SOUND_ALIKE[word]) if at in hit else word for at, word in enumerate(words)]


def _lose(words: list[str], chance: random.Random) -> list[str]:
    places = [at for at, word in enumerate(words) if word in SMALL]
    lost = chance.choice(places) if places else -1
    return [word for at, word in enumerate(words) if at != lost]


def _add(words: list[str], chance: random.Random) -> list[str]:
    at = chance.randint(0, len(words))
    return [*words[:at], chance.choice(ADDED), *words[at:]]


def _ending(words: list[str], chance: random.Random) -> list[str]:
    places = [at for at, word in enumerate(words) if len(word) > 4 and "'" not in word]
    if not places:
        return words
    at = chance.choice(places)
    return [*words[:at], _other_ending(words[at]), *words[at + 1 :]]


def _other_ending(word: str) -> str:
    if word.endswith("s"):
        return word[:-1]
    if word.endswith("ing"):
        return word[:-3] + " in"
    if word.endswith("ed"):
        return word[:-2]
    return word + "s"


def _split_or_join(words: list[str], chance: random.Random) -> list[str]:
    for at, pair in enumerate(pairwise(words)):
        if pair in JOINED:
            return [*words[:at], JOINED[pair], *words[at + 2 :]]
    return [PARTS.get(word, word) for word in words]
