"""The net below every log line: what looks like a person's or a key is not written, whoever tried to.

Our own code does not log such things in the first place. Libraries do, in addresses that they ask and in the texts of
their exceptions. What somebody said has no shape that could be recognised here: that is never handed to a logger.
"""

import re
from collections.abc import Callable, Iterable

_NET = re.compile(
    r"(?P<number>(?:\+|%2B)[1-9](?:[ ().-]{0,2}\d){6,14}(?!\d)|(?<![\w.+-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w.-]))"
    r"|(?P<token>\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?)"
    r"|(?P<name>\b(?i:(?:access|id|refresh|auth|session)_?token|token|api_?key|key|secret|password|signature)=)"
    r"(?P<value>[^&\s\"'<>,;)]+)"
    r"|(?P<scheme>\b(?i:bearer|basic)\s)[\w.~+/=-]{8,}"
    r"|(?P<account>\bAC[0-9a-f]{32}\b)"
    r"|(?P<key>\b(?:sk-|gsk_|AIza|ya29\.)[\w.-]{16,})"
    # What pydantic says that it was given, and what livekit-agents says that a provider replied.
    r"|(?P<given>input_value=|(?<!\w)body=)[^\n]*?(?=, (?:input_type|retryable)=|\n|\Z)"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
SHORTEST_SECRET = 8


def masked(number: str) -> str:
    """A number as people may see it who do not need it whole: `+1555***0142`. What is no number stays as it is."""
    if not number.startswith("+"):
        return number
    first, last = max(1, min(4, len(number) - 8)), max(1, min(4, len(number) - 5))
    return f"{number[: 1 + first]}***{number[-last:]}"


def redact(text: str) -> str:
    """The text without numbers, tokens, keys, e-mail addresses and what a validation was given."""
    text = _NET.sub(_instead, text)
    return _EMAIL.sub("<e-mail>", text) if "@" in text else text


def redaction(secrets: Iterable[str]) -> Callable[[str], str]:
    """`redact`, which knows these secrets besides, whatever their shape."""
    known = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)
    if not known:
        return redact
    by_heart = re.compile("|".join(map(re.escape, known)))
    return lambda text: redact(by_heart.sub("<secret>", text))


def _instead(match: "re.Match[str]") -> str:
    kind = match.lastgroup
    if kind == "number":
        return _masked_digits(match["number"])
    if kind == "value":
        return f"{match['name']}<secret>"
    if kind in ("scheme", "given"):
        return f"{match[kind]}<left out>"
    return {"token": "<token>", "account": "<account>"}.get(kind or "", "<secret>")


def _masked_digits(number: str) -> str:
    digits = re.sub(r"\D", "", number.removeprefix("%2B"))
    return masked(f"+{digits}") if number.startswith(("+", "%2B")) else f"***{digits[-4:]}"
