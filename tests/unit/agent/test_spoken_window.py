"""When somebody wants to be called."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent.spoken_window import window_of

ZONE = ZoneInfo("America/New_York")
MONDAY_AT_TEN = datetime(2026, 3, 2, 10, 0, tzinfo=ZONE)


def clock(at: datetime | None) -> str | None:
    return at and f"{at.astimezone(ZONE):%a %H:%M}"


@pytest.mark.parametrize(
    ("said", "since", "until"),
    [
        ("tomorrow morning", "Tue 08:00", "Tue 12:00"),
        ("this afternoon please", "Mon 12:00", "Mon 17:00"),
        ("in the morning", "Mon 10:00", "Mon 12:00"),
        ("after five", "Mon 17:00", "Mon 21:00"),
        ("tomorrow before ten", "Tue 08:00", "Tue 10:00"),
        ("at three thirty", "Mon 15:00", "Mon 16:00"),
        ("around 4 pm", "Mon 15:30", "Mon 16:30"),
        ("at nine", "Tue 08:30", "Tue 09:30"),
        ("friday evening", "Fri 17:00", "Fri 21:00"),
        ("on monday", "Mon 08:00", "Mon 21:00"),
        ("until noon", "Mon 12:00", "Mon 14:00"),
        ("after 12 a.m.", "Mon 10:00", "Mon 21:00"),
        ("tonight", "Mon 17:00", "Mon 21:00"),
        ("today", "Mon 10:00", "Mon 21:00"),
    ],
)
def test_days_and_hours_are_made_out_in_the_organisations_time(said: str, since: str, until: str) -> None:
    assert tuple(map(clock, window_of(said, at=MONDAY_AT_TEN, zone=ZONE))) == (since, until)


def test_a_day_named_by_its_own_name_is_next_weeks() -> None:
    since, _ = window_of("on monday", at=MONDAY_AT_TEN, zone=ZONE)
    assert since is not None
    assert (since - MONDAY_AT_TEN).days == 6


@pytest.mark.parametrize("said", ["any time", "whenever it suits you", "", "as soon as you know", "after 99"])
def test_where_no_day_and_no_hour_is_said_there_is_no_window(said: str) -> None:
    assert window_of(said, at=MONDAY_AT_TEN, zone=ZONE) == (None, None)


def test_a_window_never_ends_before_now() -> None:
    evening = MONDAY_AT_TEN.replace(hour=22)
    since, until = window_of("today", at=evening, zone=ZONE)
    assert since == until == evening
