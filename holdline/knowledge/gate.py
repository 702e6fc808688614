"""The gate: may a supervisor's answer to one caller become what the line tells others, to whom and until when?

Rules are data, read top to bottom. In doubt an answer waits for a person: it was spoken to its caller all the same.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from holdline.knowledge.entry import Review, Scope
from holdline.knowledge.wording import LIGHT_WEIGHT, terms


@dataclass(frozen=True)
class GateDecision:
    """What `learn` writes: the entry's review state and scope, and why, in words for the admin."""

    review: Review
    scope: Scope
    until: datetime | None = None
    reason: str | None = None


_SPOKEN_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_MATTER = (
    r"(?:appointment|booking|reservation|order|account|bill|invoice|balance|refund|deposit|payment|prescription|"
    r"results?|x-?rays?|claim|case|file|record|bag|jacket|coat|phone|keys?|umbrella)"
)
_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_CONTEXT = "the question makes sense only in its conversation"

# What must be read by a person before others hear it: (where to look, pattern, reason).
_PENDING: tuple[tuple[str, str, str], ...] = (
    ("both", r"\S@\S|\b\w+ at \w+ dot (?:com|net|org)\b", "it holds an e-mail address"),
    ("both", r"(?:\d[ -]?){13,19}", "it holds what looks like a card number"),
    ("both", r"\+?\(?\d(?:[ ().-]*\d){6,}", "it holds what looks like a phone number"),
    ("both", rf"\b{_SPOKEN_DIGIT}(?:[ ,-]+{_SPOKEN_DIGIT}){{6,}}\b", "it holds what looks like a phone or card number"),
    ("both", r"\b(?:lives? (?:at|in|on|near)|(?:home|private|her|his) (?:address|number|cell|mobile|phone))\b",
     "it tells where or how to reach a person"),
    ("both", r"\b(?:social security|date of birth|passport|iban|sort code|pin code|password)\b", "it holds personal data"),
    ("answer", r"\b(?:i (?:think|guess|believe|suppose|assume|imagine)|not (?:\w+ )?(?:sure|certain)|maybe|perhaps|"
     r"probably|possibly|presumably|might be|could be|should be (?:fine|ok|okay)|as far as i know|if i remember|"
     r"i would say|hopefully|unsure)\b", "the person was not certain"),
    ("answer", r"\b(?:let me (?:check|ask|find out|look|see)|i(?:'ll| will| need to| have to|'d have to) "
     r"(?:check|ask|find out|look|get back)|checking|hold on|one (?:moment|second|minute)|bear with)\b",
     "it is a promise to find out, not an answer"),
    ("answer", r"\b(?:no idea|(?:do not|don't|dont) know|can(?:not|'t|t) (?:say|tell|answer|help)|"
     r"(?:call|try|ring|phone) (?:us |me |again )?(?:back|again|later|tomorrow)|ask (?:someone|somebody) else|no comment)\b",
     "it does not answer the question"),
    ("question", r"^(?:(?:and|but|so|or|ok|okay|well|then) )*(?:what|how) about (?:that|this|it|them|those|these|the other)\b",
     _CONTEXT),
    ("question", r"\b(?:that|this|the other|the same|the first|the second|which) ones?\b", _CONTEXT),
    ("question", r"^(?:and|but|or|so) (?:is|was|does|do|can|will|are) (?:it|that|this|they|he|she)\b", _CONTEXT),
    ("question", r"\b(?:is|was|does|will|can) (?:he|she)\b", _CONTEXT),
    ("answer", rf"\b(?:until|till|through|from|starting|in|by) (?:the (?:end|middle|beginning) of )?{_MONTH}\b|"
     r"\b(?:this (?:spring|summer|autumn|fall|winter|season|year)|next (?:month|year|season)|soon|temporarily|for now|"
     r"for the time being|until further notice)\b", "it is true for a while only, and it does not say until when"),
)  # fmt: skip

# What concerns the caller alone.
_OWN: tuple[tuple[str, str], ...] = (
    ("answer", rf"\byour (?:\w+ )?{_MATTER} (?:is|was|are|were|has|have|will|starts|begins|got|came|'s)\b"),
    ("answer", rf"\byou(?: are|'re| were| have|'ve)? (?:booked|down for|left|owe|paid|already|due|on the list)\b"),
    ("answer", r"\b(?:i|we)(?:'ve| have|'ll| will)? (?:just )?(?:moved|booked|cancelled|canceled|changed|refunded|put|got|"
     r"have|found|see|squeeze|fit) (?:you|your)\b"),
    ("answer", r"\b(?:mrs|mr|ms|miss)\.? [a-z]+"),
    ("question", rf"\b(?:is|was|are|were|has|have|did|does|when|where|who|what|got|get|find|found|about) my (?:\w+ )?{_MATTER}\b"),
    ("question", r"\b(?:do i owe|am i (?:booked|on the list|late|due)|did i (?:leave|forget|book|pay)|who am i seeing|my name is|"
     r"what time am i)\b"),
)  # fmt: skip

# For how long it holds: (pattern, days from today to the last day on which it does); None: reckoned by name.
_PERIODS: tuple[tuple[str, str], ...] = (
    (r"\b(?:today|tonight|this (?:morning|afternoon|evening)|right now|at the moment|currently|just now)\b", "day"),
    (r"\b(?:tomorrow)\b", "tomorrow"),
    (r"\bthis (?:week|weekend)\b", "week"),
    (r"\bnext (?:week|weekend)\b", "next week"),
    (r"\bthis month\b", "month"),
    (rf"\b(?:this|next|until|till|through) (?P<day>{_DAY})\b", "named day"),
)


def gate(question: str, answer: str, *, caller: str | None, at: datetime, tz: tzinfo) -> GateDecision:
    """Decide how an answer given at `at` becomes knowledge; `tz` is the organisation's time zone."""
    texts = {"question": _plain(question), "answer": _plain(answer)}
    until = _until(texts, at.astimezone(tz))
    own = any(re.search(pattern, texts[where]) for where, pattern in _OWN)
    scope = Scope.this_caller if own and caller else Scope.until if until else Scope.everyone
    reason = _doubt(texts)
    if reason is None and own and not caller:
        reason = "it concerns this caller alone, whose number is not known"
    return GateDecision(Review.pending if reason else Review.approved, scope, until, reason)


def _doubt(texts: dict[str, str]) -> str | None:
    for where, pattern, reason in _PENDING:
        if any(re.search(pattern, text) for part, text in texts.items() if where in (part, "both")):
            return reason
    return None if any(term.weight > LIGHT_WEIGHT for term in terms(texts["question"])) else _CONTEXT


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


def _until(texts: dict[str, str], now: datetime) -> datetime | None:
    """The end of the shortest period that is named, in UTC."""
    last_days = [
        _last_day(period, match, now)
        for pattern, period in _PERIODS
        for text in texts.values()
        for match in re.finditer(pattern, text)
    ]
    if not last_days:
        return None
    midnight = datetime.combine(min(last_days).date() + timedelta(days=1), time.min, now.tzinfo)
    return midnight.astimezone(UTC)


def _last_day(period: str, match: re.Match[str], now: datetime) -> datetime:
    sunday = now + timedelta(days=6 - now.weekday())
    match period:
        case "day":
            return now
        case "tomorrow":
            return now + timedelta(days=1)
        case "week":
            return sunday
        case "next week":
            return sunday + timedelta(days=7)
        case "month":
            return (now.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        case _:
            return now + timedelta(days=(_WEEKDAYS.index(match["day"]) - now.weekday()) % 7)


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
