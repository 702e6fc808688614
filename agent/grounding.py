"""What a language model may say aloud in a turn: the sentences of the turn's note as they stand, and courtesies.

A caller acts on what is said, and a paraphrase cannot be checked in the time that a caller waits. So a model is let
through where it says the note word for word, or where a sentence is made of the phrases of `prompts/courtesies.md`,
which answer nothing; in place of all else the note's own words are said. Who is asked, and how long, is `wording.py`'s.
"""

import re
from functools import cache

from agent.words import lines
from holdline.knowledge.vocabulary import NUMBERS
from holdline.knowledge.wording import CONTENT_WEIGHT, terms, words

COURTESIES_AT_MOST = 2
"""In one turn; a caller wants to get on."""

_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"')\]\u201d\u2019]*(?=\s|$)|$)\s*", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_MARKUP = re.compile(r"[^\w\s',.!?;:-]|_")


def sentences(text: str) -> list[str]:
    """The text in pieces of one sentence, each with the space behind it: joined, they are the text again."""
    pieces: list[str] = []
    for piece in _SENTENCE.findall(text):
        if pieces and not words_of(piece):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def words_of(text: str) -> tuple[str, ...]:
    """What is heard of a text: its words, whatever their case and the signs between them."""
    return tuple(_WORD.findall(text.replace("\u2019", "'").casefold()))


def is_courtesy(text: str) -> bool:
    """Whether it is made of phrases alone that state nothing. Words would not do: "you can" is an answer."""
    heard = words_of(text)
    ends = {0}
    for at in range(1, len(heard) + 1):
        if any(heard[start:at] in courtesies() for start in ends):
            ends.add(at)
    return bool(heard) and len(heard) in ends


@cache
def courtesies() -> frozenset[tuple[str, ...]]:
    """The phrases that a model may use of its own accord, word by word."""
    return frozenset(words_of(phrase) for line in lines("courtesies") for phrase in line.split(","))


class Grounding:
    """One turn's note against what a model says of it, sentence by sentence."""

    def __init__(self, owed: str) -> None:
        self._owed = sentences(owed)
        self._is_courtesy = all(map(is_courtesy, self._owed))
        self._said: set[tuple[str, ...]] = set()
        self._courtesies = 0
        self._gap = ""
        self.has_refused = False

    def admit(self, sentence: str) -> str:
        """What is to be said for it: the note's own spelling, a courtesy freed of markup, or nothing.

        Once a sentence was refused, nothing is admitted any more.
        """
        heard = words_of(sentence)
        if self.has_refused or not heard or heard in self._said:
            return ""
        if self._owed and heard == words_of(self._owed[0]):
            self._said.add(heard)
            piece = self._owed.pop(0)
            self._gap = "" if piece[-1:].isspace() else " "
            return piece
        plain = " ".join(_MARKUP.sub("", sentence).split())
        # Without its markup it must be what it was: "to*day" is two words before, and another one after.
        if is_courtesy(sentence) and words_of(plain) == heard and self._courtesies < COURTESIES_AT_MOST:
            self._said.add(heard)
            self._courtesies += 1
            return f"{self._gap}{plain} "
        self.has_refused = True
        return ""

    def rest(self) -> str:
        """What of the note is still to be said. Where it is but a courtesy, one of the model's own does as well."""
        return "" if self._is_courtesy and self._said else "".join(self._owed)


class Topics:
    """What a model asks a person in one turn, against what the caller said: each thing once, and nothing else.

    A question that the caller never asked would be answered to them, and learned with that answer.
    """

    def __init__(self, said: str) -> None:
        self._words = set(words(said))
        self._open = _topics(said)
        self.asked: set[str] = set()

    def admit(self, question: str) -> bool:
        """Whether it is about something that the caller said and that was not asked yet, with no number but theirs."""
        about = _topics(question) & self._open
        numbers = {word for word in words(question) if word in NUMBERS or not word.isalpha()}
        if not about - self.asked or not numbers <= self._words:
            return False
        self.asked |= about
        return True


def _topics(text: str) -> set[str]:
    return {term.key for term in terms(text) if term.weight >= CONTENT_WEIGHT}
