"""How a word sounds, roughly: what speech recognition confuses gets the same key."""

import re
from functools import lru_cache

# In the manner of Metaphone (L. Philips, 1990), except that vowels stay as one class where they stand: a recogniser
# mistakes "hare" for "hair", not "bread" for "beard".
_RULES = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"[^a-z]", ""),
        (r"^(kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^x", "s"),
        (r"^wh", "w"),
        (r"mb$", "m"),
        (r"augh|ough", "a"),
        (r"igh", "a"),
        (r"ph", "f"),
        (r"tch|ch", "C"),
        (r"sch", "sk"),
        (r"sh|[st]io|cia", "S"),
        (r"th", "T"),
        (r"dge|dj|j|g(?=[eiy])", "J"),
        (r"c(?=[eiy])|z", "s"),
        (r"ck|c|q", "k"),
        (r"x", "ks"),
        (r"gh", "g"),
        (r"(?<=.)(?:aw|ew|ow)(?![aeiou])", "a"),
        (r"(?<=[aeiou])h", ""),
        (r"(?<=.)e$", ""),
        (r"(?<=.)[aeiouy]+|^[aeiou]+", "a"),
        (r"(.)\1+", r"\1"),
    )
)


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A key that words which sound alike share: `sound("hare") == sound("hair")`."""
    key = word.lower()
    for pattern, written in _RULES:
        key = pattern.sub(written, key)
    return key
