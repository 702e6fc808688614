"""Whether two questions of one call are the same question, so that a repeat joins the open request."""

from holdline.knowledge.hearing import SOUNDS_ALIKE, Vocabulary
from holdline.knowledge.wording import CONTENT_WEIGHT, Term, terms, words


def is_same_question(a: str, b: str) -> bool:
    """True for a repeat or a paraphrase. Any word of substance that only one of them has makes them different."""
    if words(a) == words(b):
        return True
    first, second = terms(a), terms(b)
    return _says_all(first, second) and _says_all(second, first)


def _says_all(these: tuple[Term, ...], those: tuple[Term, ...]) -> bool:
    """Whether every word of substance in `these`, of which there is one, is among `those` or sounds like one."""
    vocabulary = Vocabulary([those])
    known = {term.key for term in vocabulary.folded(those)}
    heard = [heard for heard in vocabulary.heard(these) if heard.term.weight >= CONTENT_WEIGHT]
    return bool(heard) and all(h.term.key in known and h.likeness >= SOUNDS_ALIKE for h in heard)
