"""Whether an utterance asks "what", asks "whether", or states: "i have nails" does not ask for nails."""

from collections.abc import Sequence
from enum import StrEnum

from holdline.knowledge.vocabulary import ASPECTS, listed
from holdline.knowledge.wording import ASKS, WANTS, Term


class Mood(StrEnum):
    """`fragment`: none of the others can be told, as in "saturday hours"."""

    open = "open"
    closed = "closed"
    statement = "statement"
    wish = "wish"
    fragment = "fragment"


_OPEN = ASPECTS - {"need", "did"} | {"what", "which", "how"}
_AUXILIARIES = listed("do does did is are was were can could will would shall should may might have has am need")
_DETERMINERS = listed("a an the my your this that")
_STATES = listed("i we he she they my somebody someone tell call give let")
_OPENERS = listed("and so but hi hello hey yeah yes yep okay ok a of")
_PRONOUNS = listed("i you we he she it they there anyone anybody someone somebody")
# Set phrases that ask, as `terms` writes them.
_SET_PHRASES = ("cani", "areyou", "doyou", "doi", "dowe", "wouldi", "willi")
_REFERENCES = listed("it its he she they him her them his their that those this these one ones")


def mood(found: Sequence[Term]) -> Mood:
    """The mood of a question's terms; framing such as "i would like to know" is gone from them already."""
    spoken = [t.word for t in found]
    if any(t.key in _OPEN for t in found):
        return Mood.open
    if any(_is_inverted(spoken, at) or spoken[at].startswith(_SET_PHRASES) for at in range(len(spoken))) or (
        spoken and spoken[0] in _AUXILIARIES
    ):
        return Mood.closed
    if any(t.key in (ASKS, WANTS) for t in found):
        return Mood.fragment if any(t.key == ASKS for t in found) else Mood.wish
    states = spoken[_opening(spoken) :][:1]
    return Mood.statement if _STATES.issuperset(states) and states and "you" not in spoken else Mood.fragment


def asked_from(found: Sequence[Term]) -> int:
    """Where the question begins after a statement that leads up to it, 0 if there is none: "i am new here | do you ..."

    A question that refers back ("do you cut its hair") begins with the statement.
    """
    spoken = [t.word for t in found]
    opening = _opening(spoken)
    if opening == len(spoken) or spoken[opening] not in _STATES:
        return 0
    starts = [
        at
        for at in range(2, len(found))
        if found[at].key in _OPEN or found[at].key in (ASKS, WANTS) or _is_inverted(spoken, at)
    ]
    if not starts or starts[0] == opening + 1 or not _REFERENCES.isdisjoint(spoken[starts[0] :]):
        return 0
    return starts[0]


def _opening(spoken: Sequence[str]) -> int:
    """Where an utterance begins after "hi", "yeah", "and" and the like."""
    return next((at for at, word in enumerate(spoken) if word not in _OPENERS), len(spoken))


def _is_inverted(spoken: Sequence[str], at: int) -> bool:
    """Whether a question begins here with its verb: "do you", not the "am a" of "i am a"."""
    if spoken[at] not in _AUXILIARIES or at + 1 == len(spoken):
        return False
    return spoken[at + 1] in _PRONOUNS or (
        spoken[at + 1] in _DETERMINERS and (at == 0 or spoken[at - 1] not in _PRONOUNS)
    )
