"""How long it usually takes: told where enough is known, and true."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from holdline import desk
from holdline.answer_times import (
    EVERY_TOPIC,
    FEWEST,
    KEPT,
    AnswerTime,
    AnswerTimes,
    remember,
    topic_of,
    usual_of,
    usual_wait,
)
from holdline.callback import Callback
from holdline.help_request import HelpRequest, Status
from holdline.store import Put, Store, must_get
from tests.builders import ANA, NOW, a_request, a_request_that_is, an_answered_request, later

ZONE = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)


def times(*took_s: float | None, at: datetime = NOW) -> list[AnswerTime]:
    return [AnswerTime(request=f"request-{n}", asked_at=at, took_s=one) for n, one in enumerate(took_s)]


def answered(store: Store, request_id: str, *, skill: str | None = None, took_s: float = 20) -> HelpRequest:
    store.commit(Put(a_request(request_id, skill=skill)))
    return desk.answer(store, request_id, "Yes.", by=ANA, at=later(took_s))


def test_too_little_history_says_nothing() -> None:
    assert usual_of(times(*[20.0] * (FEWEST - 1)), at=NOW, zone=ZONE) is None
    assert usual_of(times(*[20.0] * FEWEST), at=NOW, zone=ZONE) == MINUTE


def test_three_in_four_took_no_longer() -> None:
    assert usual_of(times(10, 20, 30, 40, 50, 100, 300, 400), at=NOW, zone=ZONE) == 2 * MINUTE


def test_questions_that_nobody_answered_are_never_left_out() -> None:
    assert usual_of(times(*[20.0] * 6, None, None), at=NOW, zone=ZONE) == MINUTE
    assert usual_of(times(*[20.0] * 5, None, None, None), at=NOW, zone=ZONE) is None


def test_what_takes_very_long_is_not_told() -> None:
    assert usual_of(times(*[599.0] * FEWEST), at=NOW, zone=ZONE) == 10 * MINUTE
    assert usual_of(times(*[601.0] * FEWEST), at=NOW, zone=ZONE) is None


@pytest.mark.parametrize(("hours", "counts"), [(2, True), (-2, True), (3, False), (22, True), (21, False), (12, False)])
def test_only_this_hour_of_the_day_and_those_beside_it_count(hours: int, counts: bool) -> None:
    asked = times(*[20.0] * FEWEST, at=NOW - timedelta(days=1) + timedelta(hours=hours))
    assert (usual_of(asked, at=NOW, zone=ZONE) is not None) is counts


def test_what_is_long_past_counts_no_more() -> None:
    assert usual_of(times(*[20.0] * FEWEST, at=NOW - timedelta(days=31)), at=NOW, zone=ZONE) is None


def test_a_topic_that_is_known_speaks_for_itself_and_another_is_told_by_all(store: Store) -> None:
    for n in range(FEWEST):
        remember(store, answered(store, f"colour-{n}", skill="Colour", took_s=200))
        remember(store, answered(store, f"other-{n}", took_s=20))
        remember(store, answered(store, f"another-{n}", took_s=20))
        remember(store, answered(store, f"fourth-{n}", took_s=20))
    assert usual_wait(store, "colour", at=NOW, zone=ZONE) == 4 * MINUTE
    assert usual_wait(store, "nails", at=NOW, zone=ZONE) == MINUTE
    assert usual_wait(store, None, at=NOW, zone=ZONE) == MINUTE


def test_an_event_that_comes_twice_and_a_correction_are_remembered_once(store: Store) -> None:
    first = answered(store, "request-1")
    remember(store, first)
    remember(store, first)
    remember(store, first.model_copy(update={"answer_version": 2, "answered_at": later(500)}))
    assert [one.took_s for one in must_get(store, AnswerTimes, topic_of(None)).record.times] == [20]


def test_a_question_that_ran_out_stays_unanswered_whatever_comes_later(store: Store) -> None:
    remember(store, a_request_that_is(Status.EXPIRED))
    late = an_answered_request(answer="Yes.").model_copy(update={"status": Status.FOLLOW_UP})
    remember(store, late)
    assert [one.took_s for one in must_get(store, AnswerTimes, topic_of(None)).record.times] == [None]


@pytest.mark.parametrize("status", [Status.WAITING, Status.CLAIMED, Status.WITHDRAWN])
def test_what_is_open_or_no_longer_wanted_says_nothing_of_how_long_it_takes(store: Store, status: Status) -> None:
    remember(store, a_request_that_is(status))
    assert store.get(AnswerTimes, topic_of(None)) is None


def test_the_wish_to_be_called_back_is_no_question_that_nobody_answered(store: Store) -> None:
    wish = Callback(asked_at=NOW)
    remember(store, a_request_that_is(Status.CALLER_LEFT, teaches=False, callback=wish))
    assert store.get(AnswerTimes, EVERY_TOPIC) is None
    remember(store, a_request_that_is(Status.CALLER_LEFT, callback=wish))
    assert store.get(AnswerTimes, EVERY_TOPIC) is not None


def test_only_the_latest_are_kept(store: Store) -> None:
    many = tuple(times(*[20.0] * KEPT))
    store.commit(Put(AnswerTimes(id=topic_of(None), times=many)))
    remember(store, answered(store, "latest"))
    kept = must_get(store, AnswerTimes, topic_of(None)).record.times
    assert (len(kept), kept[-1].request, kept[0].request) == (KEPT, "latest", "request-1")


def test_a_topic_is_one_however_it_is_written_and_never_leaves_its_collection() -> None:
    assert topic_of("Hair  Colour!") == topic_of("hair colour") == "hair colour"
    assert topic_of("../../secrets") == "secrets"
    assert topic_of("  ") == topic_of(None)
