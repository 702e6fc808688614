"""When somebody wants to be called, made out of what they said: a part of a day, an hour, a day. Their words are kept
beside it, so what cannot be made out is not lost."""

import re
from datetime import date, datetime, time, timedelta, tzinfo

PARTS = (
    (r"\bmorning\b", time(8), time(12)),
    (r"\b(?:noon|midday|lunch\w*)\b", time(12), time(14)),
    (r"\bafternoon\b", time(12), time(17)),
    (r"\b(?:evening|tonight|after work)\b", time(17), time(21)),
)
WHOLE_DAY = time(8), time(21)
AROUND = timedelta(minutes=30)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
HOURS = {name: hour for hour, name in enumerate(NUMBERS, start=1)}
CLOCK = re.compile(
    rf"\b(?P<which>after|from|before|until|by|at|around|about) (?P<hour>\d{{1,2}}|{'|'.join(HOURS)})\b"
    r"(?::(?P<minute>[0-5]\d)| (?P<half>thirty))?(?: ?o'?clock)?(?: ?(?P<half_day>[ap])\.? ?m\b)?"
)
NOBODY_IS_CALLED_BEFORE = 8
"""An hour below it without "a.m." is one of the afternoon."""


def window_of(text: str, *, at: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """From when until when; (None, None) where neither a day nor an hour was said. Days and hours are the `zone`'s."""
    said, now = text.casefold(), at.astimezone(zone)
    day, hours = _day(said, now.date()), _hours(said)
    if day is None and hours is None:
        return None, None
    since, until = (datetime.combine(day or now.date(), hour, zone) for hour in hours or WHOLE_DAY)
    if day is None and until <= now:  # that hour is over today
        since, until = since + timedelta(days=1), until + timedelta(days=1)
    return max(since, now), max(until, now)


def _day(said: str, today: date) -> date | None:
    if "tomorrow" in said:
        return today + timedelta(days=1)
    for number, name in enumerate(DAYS):
        if name in said:
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return today if "today" in said or "tonight" in said else None


def _hours(said: str) -> tuple[time, time] | None:
    """ "After five" ends with the day, "before ten" begins with it, "at three" is half an hour around it."""
    if (found := CLOCK.search(said)) is None:
        return next(((since, until) for words, since, until in PARTS if re.search(words, said)), None)
    hour = HOURS.get(found["hour"]) or int(found["hour"])
    is_afternoon = found["half_day"] == "p" or (not found["half_day"] and hour < NOBODY_IS_CALLED_BEFORE)
    if hour <= 12 and (is_afternoon or found["half_day"]):
        hour = hour % 12 + (12 if is_afternoon else 0)
    if hour > 23:
        return None
    moment = time(hour, 30 if found["half"] else int(found["minute"] or 0))
    if found["which"] in ("after", "from"):
        return moment, max(WHOLE_DAY[1], moment)
    if found["which"] in ("before", "until", "by"):
        return min(WHOLE_DAY[0], moment), moment
    exactly = datetime.combine(date(2000, 1, 2), moment)
    return max(exactly - AROUND, datetime(2000, 1, 2)).time(), min(
        exactly + AROUND, datetime(2000, 1, 2, 23, 59)
    ).time()
