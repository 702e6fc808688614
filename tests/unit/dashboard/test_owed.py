"""What callers who left are still owed: who is on the list, in which order, and what is overdue."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.owed import Due, due_of, owed_of
from holdline.callback import Callback
from holdline.help_request import HelpRequest, Status
from tests.builders import NOW, a_request_that_is, later

NUMBER = "+12125550142"
HOUR = timedelta(hours=1)


def left(request_id: str = "r1", /, *, status: Status = Status.EXPIRED, **fields: Any) -> HelpRequest:
    return a_request_that_is(status, request_id, **{"caller_number": NUMBER, **fields})


def a_wish(**fields: Any) -> Callback:
    return Callback(**{"number": NUMBER, "asked_at": NOW, **fields})


def ids(*requests: HelpRequest) -> list[str]:
    return [one.request.id for one in owed_of(requests, at=NOW)]


@pytest.mark.parametrize("status", Status)
def test_an_answer_that_nobody_heard_and_a_question_that_nobody_answered_are_owed(status: Status) -> None:
    is_owed = status in (Status.FOLLOW_UP, Status.EXPIRED, Status.CALLER_LEFT)
    assert ids(left(status=status)) == (["r1"] if is_owed else [])


@pytest.mark.parametrize("status", Status)
def test_who_only_asked_to_be_called_back_is_owed_it_though_they_heard_an_answer(status: Status) -> None:
    is_owed = status in (Status.FOLLOW_UP, Status.EXPIRED, Status.CALLER_LEFT, Status.DELIVERED)
    assert ids(left(status=status, teaches=False, callback=a_wish())) == (["r1"] if is_owed else [])


def test_a_question_that_was_heard_owes_no_call() -> None:
    assert ids(left(status=Status.DELIVERED, callback=a_wish())) == []
    assert ids(left(status=Status.DELIVERED, teaches=False)) == []


@pytest.mark.parametrize(
    ("fields", "is_listed"),
    [
        ({}, True),
        ({"caller_number": None}, False),
        ({"caller_number": None, "message": "Please keep me a loaf."}, True),
        ({"caller_number": None, "callback": a_wish()}, True),
        ({"caller_number": None, "callback": a_wish(number=None, window="after five")}, False),
    ],
    ids=["known", "unknown", "message", "wish", "wish without a number"],
)
def test_who_can_be_reached_or_has_left_a_message_is_listed(fields: dict[str, Any], is_listed: bool) -> None:
    assert bool(ids(left(**fields))) is is_listed


def test_what_is_not_kept_any_more_is_not_listed() -> None:
    assert ids(left("over", delete_at=NOW), left("kept", delete_at=later(1))) == ["kept"]


def test_the_oldest_promise_comes_first() -> None:
    asked = left("asked", asked_at=NOW - HOUR)
    wished = left("wished", asked_at=NOW - 3 * HOUR, callback=a_wish(not_before=NOW - 2 * HOUR, not_after=NOW))
    until = left("until", asked_at=NOW - 3 * HOUR, callback=a_wish(not_after=NOW + HOUR))
    later_on = left("later", asked_at=NOW - 4 * HOUR, callback=a_wish(not_before=NOW + 2 * HOUR))
    assert ids(later_on, until, asked, wished) == ["wished", "asked", "until", "later"]


def test_a_number_that_was_left_counts_for_the_one_that_was_shown() -> None:
    [one] = owed_of([left(callback=a_wish(number="+12125550177"))], at=NOW)
    assert one.number == "+12125550177"
    [one] = owed_of([left(callback=a_wish(number=None))], at=NOW)
    assert one.number == NUMBER


@pytest.mark.parametrize(
    ("wish", "due"),
    [
        (None, Due.WHENEVER),
        (a_wish(window="when you can"), Due.WHENEVER),
        (a_wish(not_before=later(1)), Due.LATER),
        (a_wish(not_before=NOW, not_after=later(1)), Due.NOW),
        (a_wish(not_before=NOW), Due.NOW),
        (a_wish(not_after=NOW), Due.NOW),
        (a_wish(not_before=NOW - HOUR, not_after=NOW - timedelta(seconds=1)), Due.OVERDUE),
    ],
)
def test_a_promise_is_overdue_once_its_time_is_over(wish: Callback | None, due: Due) -> None:
    assert due_of(wish, at=NOW) is due
