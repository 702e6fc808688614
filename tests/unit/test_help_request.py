"""The life of a help request: every status against every event, and what may be spoken."""

from pathlib import Path

import pytest

from holdline.errors import IllegalTransition, InvalidAnswer
from holdline.help_request import LIVE, OPEN, TRANSITIONS, Event, HelpRequest, Status, speakable
from holdline.life import diagram
from tests.builders import ANA, NOW, a_request, a_request_that_is, later

DESIGN = Path(__file__).parents[2] / "docs" / "design.md"

# Written out once more, by hand: a slip in the table of the product does not slip in here by itself.
LEGAL = {
    ("waiting", "claimed"): "claimed",
    ("waiting", "answered"): "answered",
    ("waiting", "expired"): "expired",
    ("waiting", "withdrawn"): "withdrawn",
    ("waiting", "caller_left"): "caller_left",
    ("claimed", "released"): "waiting",
    ("claimed", "claim_ran_out"): "waiting",
    ("claimed", "answered"): "answered",
    ("claimed", "expired"): "expired",
    ("claimed", "withdrawn"): "withdrawn",
    ("claimed", "caller_left"): "caller_left",
    ("answered", "speaking_began"): "speaking",
    ("answered", "heard"): "delivered",
    ("answered", "corrected"): "answered",
    ("answered", "caller_left"): "follow_up",
    ("speaking", "heard"): "delivered",
    ("speaking", "cut"): "answered",
    ("speaking", "corrected"): "answered",
    ("speaking", "caller_left"): "follow_up",
    ("delivered", "corrected"): "answered",
    ("delivered", "followed_up"): "followed_up",
    ("delivered", "closed"): "closed",
    ("expired", "answered"): "follow_up",
    ("expired", "followed_up"): "followed_up",
    ("expired", "closed"): "closed",
    ("caller_left", "answered"): "follow_up",
    ("caller_left", "followed_up"): "followed_up",
    ("caller_left", "closed"): "closed",
    ("follow_up", "heard"): "delivered",
    ("follow_up", "corrected"): "follow_up",
    ("follow_up", "followed_up"): "followed_up",
    ("follow_up", "closed"): "closed",
    ("followed_up", "corrected"): "follow_up",
    ("followed_up", "not_told"): "follow_up",
}
EVERY_PAIR = [(status, event) for status in Status for event in Event]


@pytest.mark.parametrize(("status", "event"), EVERY_PAIR, ids=lambda part: str(part))
def test_a_move_is_in_the_table_or_raises_and_changes_nothing(status: Status, event: Event) -> None:
    request = a_request_that_is(status)
    untouched = request.model_copy(deep=True)
    expected = LEGAL.get((status.value, event.value))
    if expected is None:
        with pytest.raises(IllegalTransition) as refused:
            request.after(event, at=NOW, answered_by=ANA)
        assert (refused.value.status, refused.value.event) == (status, event)
    else:
        moved = request.after(event, at=NOW, answered_by=ANA)
        assert (moved.status, moved.answered_by) == (Status(expected), ANA)
    assert request == untouched


def test_the_table_speaks_of_every_status_and_every_event_and_of_nothing_else() -> None:
    assert TRANSITIONS.keys() == set(Status)
    assert {event for moves in TRANSITIONS.values() for event in moves} == set(Event)


def test_every_status_can_be_reached_from_waiting() -> None:
    reached, frontier = {Status.WAITING}, [Status.WAITING]
    while frontier:
        new = set(TRANSITIONS[frontier.pop()].values()) - reached
        reached |= new
        frontier += new
    assert reached == set(Status)


def test_a_caller_who_is_owed_something_may_leave_and_one_who_is_not_cannot() -> None:
    assert {status for status, moves in TRANSITIONS.items() if Event.CALLER_LEFT in moves} == set(LIVE)


def test_exactly_the_open_requests_can_expire_or_be_withdrawn() -> None:
    for event in (Event.EXPIRED, Event.WITHDRAWN):
        assert {status for status, moves in TRANSITIONS.items() if event in moves} == set(OPEN)


def test_the_picture_in_the_design_is_the_one_drawn_from_the_table() -> None:
    assert f"```mermaid\n{diagram()}\n```" in DESIGN.read_text(), "print it with `python -m holdline.life`"


@pytest.mark.parametrize(
    ("status", "event", "field"),
    [
        (Status.WAITING, Event.CLAIMED, "claimed_at"),
        (Status.WAITING, Event.ANSWERED, "answered_at"),
        (Status.DELIVERED, Event.CORRECTED, "answered_at"),
        (Status.ANSWERED, Event.SPEAKING_BEGAN, "speaking_at"),
        (Status.SPEAKING, Event.HEARD, "delivered_at"),
        (Status.WAITING, Event.EXPIRED, "closed_at"),
        (Status.CLAIMED, Event.WITHDRAWN, "closed_at"),
        (Status.SPEAKING, Event.CALLER_LEFT, "closed_at"),
        (Status.FOLLOW_UP, Event.FOLLOWED_UP, "closed_at"),
        (Status.EXPIRED, Event.CLOSED, "closed_at"),
    ],
)
def test_an_event_leaves_its_time_on_the_document(status: Status, event: Event, field: str) -> None:
    assert getattr(a_request_that_is(status).after(event, at=later(7)), field) == later(7)


def test_an_answer_differs_from_the_accepted_one_when_a_hand_typed_it() -> None:
    assert not a_request().has_hand_written_answer
    assert not a_request(answer="").has_hand_written_answer
    assert a_request(answer="Yes.").has_hand_written_answer
    assert not a_request(answer="Yes.", accepted_answer="Yes.").has_hand_written_answer
    assert a_request(answer="No.", accepted_answer="Yes.").has_hand_written_answer


def test_a_claim_is_over_at_its_end_and_not_before() -> None:
    claimed = a_request_that_is(Status.CLAIMED, claimed_until=later(120))
    assert not claimed.is_claim_over(later(119.9))
    assert claimed.is_claim_over(later(120))
    assert not a_request(claimed_until=later(-1)).is_claim_over(NOW), "nobody has claimed it"
    assert a_request_that_is(Status.CLAIMED).is_claim_over(NOW), "a hand set the status and no end"


@pytest.mark.parametrize(
    "words",
    [
        "# 3 is the code",
        "5 ~~old~~ new",
        "AT&T",
        "We <3 you",
        "a < b, and c > d",
        "*Really*, it is _free_ [after 6].",
        "Call +1 555 0142; it's 65 $ (cut & colour).",
        "Café Zoë, façade, 9:00-19:00 …",
        "x" * 500,
        "A",
    ],
)
def test_words_pass_as_they_are(words: str) -> None:
    assert speakable(words) == words


def test_outer_space_goes_and_line_breaks_become_spaces_and_inner_space_stays() -> None:
    assert speakable("  Behind the shop. \r\n\n  Use  the gate.\n") == "Behind the shop. Use  the gate."


@pytest.mark.parametrize("empty", ["", " ", "\n \r\n", "\u00a0"])
def test_an_empty_answer_is_refused(empty: str) -> None:
    with pytest.raises(InvalidAnswer, match="empty"):
        speakable(empty)


def test_an_answer_of_501_characters_is_refused_with_both_numbers() -> None:
    with pytest.raises(InvalidAnswer, match=r"501 characters; at most 500"):
        speakable("x" * 501)
    assert speakable(" " + "x" * 500 + " ") == "x" * 500, "what is counted is what would be spoken"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a\x00b", r"U\+0000 at position 2"),
        ("Yes\x1b[0m", r"U\+001B at position 4"),
        ("a\tb", r"U\+0009"),
        ("a\x7f", r"U\+007F"),
        ("a\x85b", r"U\+0085"),
        ("a\u200bb", r"U\+200B"),
        ("a\u202eb", r"U\+202E"),
        ("a\u2028b", r"U\+2028"),
        ("a\ufeffb", r"U\+FEFF"),
    ],
)
def test_a_control_character_is_refused_by_its_name_and_place(text: str, named: str) -> None:
    with pytest.raises(InvalidAnswer, match=named):
        speakable(text)


@pytest.mark.parametrize(
    "markup",
    ["<b>", "</p>", '<script src="x">', "<!-- note -->", "<?xml?>", "<break time='1s'/>", "&nbsp;", "&#39;", "&#x27;"],
)
def test_markup_is_refused_and_shown(markup: str) -> None:
    with pytest.raises(InvalidAnswer) as refused:
        speakable(f"Park behind {markup} the shop.")
    assert markup[:40] in str(refused.value)


def test_a_request_needs_a_question() -> None:
    with pytest.raises(ValueError, match="question"):
        HelpRequest.model_validate({**a_request().document(), "id": "r", "question": ""})
