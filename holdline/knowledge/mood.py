"""Whether an utterance asks "what", asks "whether", or states: "i have nails" does not ask for nails."""

from collections.abc import Sequence
from enum import StrEnum

from holdline.knowledge.vocabulary import ASPECTS
from holdline.knowledge.wording import Term


class Mood(StrEnum):
    """`fragment`: none of the others can be told, as in "saturday hours"."""

    open = "open"
    closed = "closed"
    statement = "statement"
    fragment = "fragment"


_OPEN = ASPECTS - {"need", "did"} | {"what", "which", "how"}
_AUXILIARIES = frozenset(
    "do does did is are was were can could will would shall should may might have has am need".split(" ")
)
_SUBJECTS = frozenset(
    "i you we he she it they there anyone anybody someone somebody this that the my your a an".split(" ")
)
_STATES = frozenset(
    "i we he she it they my our his her their this that somebody someone the tell call give ask let you your".split(" ")
)


def mood(found: Sequence[Term]) -> Mood:
    """The mood of a question's terms; framing such as "i would like to know" is gone from them already."""
    spoken = [t.word for t in found]
    if any(t.key in _OPEN for t in found):
        return Mood.open
    inverted = any(one in _AUXILIARIES and two in _SUBJECTS for one, two in zip(spoken, spoken[1:], strict=False))
    if inverted or (spoken and spoken[0] in _AUXILIARIES):
        return Mood.closed
    return Mood.statement if spoken and spoken[0] in _STATES else Mood.fragment
