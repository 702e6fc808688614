from datetime import timedelta

import pytest

from dashboard.board import LINGER, LINGER_UNANSWERED, board_of
from dashboard.delivery import steps_of
from holdline.help_request import Event, HelpRequest, Status
from tests.builders import BEN, NOW, a_claimed_request, a_request, a_request_that_is, an_answered_request, later


def test_waiting_and_claimed_wait_together_the_longest_first() -> None:
    young, old = a_request("b", asked_at=later(5)), a_claimed_request("a", until=later(120))
    assert [r.id for r in board_of([young, old], at=later(10)).waiting] == ["a", "b"]


def test_the_latest_end_comes_first() -> None:
    first = a_request_that_is(Status.DELIVERED, "a", delivered_at=later(1))
    second = a_request_that_is(Status.WITHDRAWN, "b", closed_at=later(2))
    assert [r.id for r in board_of([first, second], at=later(3)).ended] == ["b", "a"]


@pytest.mark.parametrize(
    ("ended", "lingers"),
    [
        (a_request_that_is(Status.DELIVERED, delivered_at=NOW), LINGER),
        (a_request_that_is(Status.WITHDRAWN, closed_at=NOW), LINGER),
        (a_request_that_is(Status.FOLLOW_UP, closed_at=NOW - timedelta(hours=1), answered_at=NOW), LINGER),
        (a_request_that_is(Status.FOLLOW_UP, closed_at=NOW, answered_at=NOW - timedelta(hours=1)), LINGER),
        (a_request_that_is(Status.EXPIRED, closed_at=NOW), LINGER_UNANSWERED),
        (a_request_that_is(Status.CALLER_LEFT, closed_at=NOW), LINGER_UNANSWERED),
    ],
    ids=lambda value: value.status.value if isinstance(value, HelpRequest) else "",
)
def test_an_end_stays_in_view_for_its_time_and_no_longer(ended: HelpRequest, lingers: timedelta) -> None:
    just_before = board_of([ended], at=NOW + lingers - timedelta(milliseconds=1))
    assert just_before.ended == (ended,)
    assert just_before.next_change_at == NOW + lingers
    assert board_of([ended], at=NOW + lingers).ended == ()


def test_the_board_knows_when_a_claim_will_run_out() -> None:
    claimed = a_claimed_request(by=BEN, until=later(120))
    assert board_of([claimed], at=later(1)).next_change_at == later(120)
    [free] = board_of([claimed], at=later(120)).waiting
    assert (free.status, free.claimed_by) == (Status.WAITING, None)


def test_a_board_on_which_only_people_act_has_no_time_of_change() -> None:
    assert board_of([a_request(), an_answered_request("b", answer="Yes.")], at=NOW).next_change_at is None


def states(request: HelpRequest) -> list[str]:
    return [step.state for step in steps_of(request)]


def test_the_steps_of_a_delivery_follow_the_request() -> None:
    request = an_answered_request(answer="Yes.")
    assert states(request) == ["done", "ahead", "ahead", "ahead"]
    request = request.model_copy(update={"received_at": later(0.2)})
    assert states(request) == ["done", "done", "ahead", "ahead"]
    request = request.after(Event.SPEAKING_BEGAN, at=later(0.6))
    assert states(request) == ["done", "done", "now", "ahead"]
    cut = request.after(Event.CUT, at=later(1), cuts=1)
    assert states(cut) == ["done", "done", "cut", "ahead"]
    heard = cut.after(Event.SPEAKING_BEGAN, at=later(2)).after(Event.HEARD, at=later(4))
    assert states(heard) == ["done"] * 4
    assert [step.after_s for step in steps_of(heard)] == [0, pytest.approx(0.2), 2, 4]


def test_a_question_without_an_answer_has_no_steps() -> None:
    assert steps_of(a_request()) == ()
