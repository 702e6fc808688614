"""The gate: may a supervisor's answer to one caller become what the line tells others, to whom and until when?

In doubt an answer waits for a person: it was spoken to its caller all the same.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from holdline.knowledge.entry import Review, Scope
from holdline.knowledge.gate_rules import CONTEXT, NO_SUBJECT, OWN, PENDING, PERIODS
from holdline.knowledge.wording import LIGHT_WEIGHT, terms


@dataclass(frozen=True)
class GateDecision:
    """What `learn` writes: the entry's review state and scope, and why, in words for the admin."""

    review: Review
    scope: Scope
    until: datetime | None = None
    reason: str | None = None


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def gate(question: str, answer: str, *, caller: str | None, at: datetime, tz: tzinfo) -> GateDecision:
    """Decide how an answer given at `at` becomes knowledge; `tz` is the organisation's time zone."""
    texts = {"question": _plain(question), "answer": _plain(answer)}
    until = _until(texts, at.astimezone(tz))
    own = any(re.search(pattern, texts[where]) for where, pattern in OWN)
    scope = Scope.this_caller if own and caller else Scope.until if until else Scope.everyone
    reason = _doubt(texts)
    if reason is None and own and not caller:
        reason = "it concerns this caller alone, whose number is not known"
    return GateDecision(Review.pending if reason else Review.approved, scope, until, reason)


def _doubt(texts: dict[str, str]) -> str | None:
    for where, pattern, reason in PENDING:
        if any(re.search(pattern, text) for part, text in texts.items() if where in (part, "both")):
            return reason
    has_subject = any(term.weight > LIGHT_WEIGHT and term.key not in NO_SUBJECT for term in terms(texts["question"]))
    return None if has_subject else CONTEXT


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def _until(texts: dict[str, str], now: datetime) -> datetime | None:
    """The end of the shortest period that is named, in UTC."""
    last_days = [
        _last_day(period, match, now)
        for pattern, period in PERIODS
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
