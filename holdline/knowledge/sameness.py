"""Whether two questions of one call are the same question, so that a repeat joins the open request."""

from holdline.knowledge.sound import sound
from holdline.knowledge.wording import CONTENT_WEIGHT, Term, terms, words


def is_same_question(a: str, b: str) -> bool:
    """True for a repeat or a paraphrase. Any word of substance that only one of them has makes them different."""
    if words(a) == words(b):
        return True
    first, second = _substance(a), _substance(b)
    if not first or not second:
        return False
    return _all_in(first, second) and _all_in(second, first)


def _substance(text: str) -> list[Term]:
    return [term for term in terms(text) if term.weight >= CONTENT_WEIGHT]


def _all_in(these: list[Term], those: list[Term]) -> bool:
    keys = {term.key for term in those}
    sounds = {sound(term.word) for term in those}
    return all(term.key in keys or sound(term.word) in sounds for term in these)
