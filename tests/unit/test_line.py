"""What happens to a call, from its first ring to its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from holdline import desk, line, next_call
from holdline.call import Call, Floor, Outcome, Speaker, Turn
from holdline.callback import Callback
from holdline.errors import IllegalTransition, NotFound
from holdline.help_request import LIVE, OPEN, ContextTurn, HelpRequest, Status
from holdline.ladder import Rung
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Put, Query, Store, must_get
from tests.builders import ANA, NOW, a_call, a_request, a_request_that_is, a_turn, an_answered_request, later
from tests.doubles import CountingStore

CALLER = "+15555550142"


@pytest.fixture
def store(store: Store) -> Store:
    store.commit(Create(a_call()))
    return store


def asked(
    store: Store, question: str = "Do you have parking?", *, on: Call | None = None, **fields: Any
) -> HelpRequest:
    return line.ask(
        store,
        on or a_call(),
        **{
            "request_id": "request-1",
            "question": question,
            "reason": "not in the knowledge",
            "skill": None,
            "confidence": 0.2,
            "context": [ContextTurn(who=Speaker.CALLER, text=question)],
            "nearest": [],
            "timeout": timedelta(seconds=120),
            "at": NOW,
            **fields,
        },
    )


def the_request(store: Store, request_id: str = "request-1") -> HelpRequest:
    return must_get(store, HelpRequest, request_id).record


# The call


def test_a_call_that_is_announced_twice_is_opened_once(store: Store) -> None:
    assert line.open_call(store, a_call(started_at=later(5))) == a_call()
    assert must_get(store, Call, "call-1").record == a_call()


def test_a_question_is_kept_as_long_as_its_call(store: Store) -> None:
    assert asked(store, on=a_call(delete_at=later(3600))).delete_at == later(3600)


def test_the_agent_takes_the_floor_and_the_first_time_it_did_is_kept(store: Store) -> None:
    line.agent_joined(store, "call-1", at=later(1))
    joined = line.agent_joined(store, "call-1", at=later(9))
    assert (joined.floor, joined.answered_at) == (Floor.AGENT, later(1))


def test_a_turn_may_be_written_again(store: Store) -> None:
    for _ in range(2):
        line.record_turn(store, a_turn("call-1", 1))
    line.record_turn(store, a_turn("call-1", 2))
    assert [turn.id for turn in store.find(Query(Turn)).records] == ["call-1_0001", "call-1_0002"]


# Asking


def test_a_question_waits_with_all_that_a_person_needs_to_answer_it(store: Store) -> None:
    request = asked(store)
    assert (request.status, request.asked_at, request.expires_at) == (Status.WAITING, NOW, later(120))
    assert request.caller == "+1555***0142", "not the whole number"
    assert request.context[0].text == "Do you have parking?"
    assert the_request(store) == request


def test_asking_again_under_the_same_id_is_the_same_question(store: Store) -> None:
    first = asked(store)
    assert asked(store, at=later(3)) == first
    desk.answer(store, "request-1", "Yes.", by=ANA, at=later(4))
    assert asked(store, at=later(5)).status is Status.ANSWERED, "also once it was answered"


def test_a_repeat_or_a_paraphrase_adds_to_the_open_question(store: Store) -> None:
    asked(store)
    for number, wording in enumerate(["do you have parking", "so is there parking"], start=2):
        assert asked(store, wording, request_id=f"request-{number}").id == "request-1"
    assert the_request(store).details == ("do you have parking", "so is there parking")
    assert len(store.find(Query(HelpRequest)).records) == 1


def test_another_question_is_another_request(store: Store) -> None:
    asked(store)
    assert asked(store, "Do you sell gift cards?", request_id="request-2").id == "request-2"
    assert len(line.live_requests(store, "call-1")) == 2


def test_a_question_whose_answer_is_on_its_way_is_not_asked_again(store: Store) -> None:
    answered = an_answered_request(answer="Yes.")
    store.commit(Put(answered))
    assert asked(store, request_id="request-2") == answered
    assert the_request(store) == answered


def test_the_same_question_after_it_was_heard_or_on_another_call_is_asked_anew(store: Store) -> None:
    store.commit(Put(an_answered_request(answer="Yes.").model_copy(update={"status": Status.DELIVERED})))
    assert asked(store, request_id="request-2").id == "request-2"
    other = line.ask(
        store,
        a_call("call-2"),
        request_id="request-3",
        question="Do you have parking?",
        reason="",
        skill=None,
        confidence=None,
        context=[],
        nearest=[],
        timeout=timedelta(seconds=120),
        at=NOW,
    )
    assert other.id == "request-3"


def test_a_question_longer_than_a_card_and_a_confidence_that_is_no_share_do_not_lose_the_caller(store: Store) -> None:
    request = asked(store, "why?" * 200, confidence=85)
    assert (len(request.question), request.confidence) == (500, None)


def test_only_the_last_twenty_details_are_kept(store: Store) -> None:
    asked(store)
    for number in range(25):
        line.add_detail(store, "request-1", f"detail {number}")
    assert the_request(store).details == tuple(f"detail {number}" for number in range(5, 25))


# The relay


def test_an_answer_is_received_spoken_and_heard_each_at_its_time(store: Store) -> None:
    asked(store)
    desk.answer(store, "request-1", "Yes.", by=ANA, at=later(5))
    line.received(store, "request-1", version=1, at=later(6))
    line.speaking_began(store, "request-1", version=1, at=later(7))
    heard = line.heard(store, "request-1", version=1, latencies_ms={"frame": 90.0}, at=later(8))
    assert heard.status is Status.DELIVERED
    assert (heard.answered_at, heard.received_at, heard.speaking_at, heard.delivered_at) == (
        later(5),
        later(6),
        later(7),
        later(8),
    )
    assert heard.latencies_ms == {"frame": 90.0}


def test_what_was_heard_before_the_caller_left_is_delivered_though_it_is_written_after(store: Store) -> None:
    asked(store)
    desk.answer(store, "request-1", "Yes.", by=ANA, at=later(1))
    line.speaking_began(store, "request-1", version=1, at=later(2))
    line.close(store, "call-1", outcome=Outcome.CALLER_LEFT, at=later(5))
    with pytest.raises(IllegalTransition):
        line.heard(store, "request-1", version=1, latencies_ms={}, at=later(6))
    heard = line.heard(store, "request-1", version=1, latencies_ms={}, at=later(4))
    assert (heard.status, heard.delivered_at) == (Status.DELIVERED, later(4))


def test_an_answer_that_came_after_its_call_was_not_heard_on_it(store: Store) -> None:
    asked(store)
    line.close(store, "call-1", outcome=Outcome.CALLER_LEFT, at=later(5))
    desk.answer(store, "request-1", "Yes.", by=ANA, at=later(6))
    with pytest.raises(IllegalTransition):
        line.heard(store, "request-1", version=1, latencies_ms={}, at=later(4))


def test_what_was_heard_is_delivered_though_its_beginning_could_not_be_written(store: Store) -> None:
    asked(store)
    desk.answer(store, "request-1", "Yes.", by=ANA, at=later(1))
    assert line.heard(store, "request-1", version=1, latencies_ms={}, at=later(4)).status is Status.DELIVERED


def test_an_answer_that_began_at_once_is_received_with_its_beginning_and_no_receipt_is_moved_by_it(
    store: Store,
) -> None:
    store.commit(Put(an_answered_request(answer="Yes.")))
    began = line.speaking_began(store, "request-1", version=1, received_at=NOW, at=later(1))
    assert (began.received_at, began.speaking_at) == (NOW, later(1))
    line.cut(store, "request-1", version=1, at=later(2))
    assert line.speaking_began(store, "request-1", version=1, received_at=later(3), at=later(3)).received_at == NOW


def test_an_answer_that_was_cut_is_answered_again_and_the_cuts_are_counted(store: Store) -> None:
    store.commit(Put(an_answered_request(answer="Yes.")))
    for cuts in (1, 2):
        line.speaking_began(store, "request-1", version=1, at=NOW)
        cut = line.cut(store, "request-1", version=1, at=later(1))
        assert (cut.status, cut.cuts) == (Status.ANSWERED, cuts)


def test_an_older_version_of_the_answer_is_not_marked_as_received(store: Store) -> None:
    store.commit(Put(an_answered_request(answer="Yes.").model_copy(update={"answer_version": 2})))
    assert line.received(store, "request-1", version=1, at=NOW).received_at is None
    assert line.received(store, "request-1", version=2, at=NOW).received_at == NOW
    assert line.received(store, "request-1", version=2, at=later(9)).received_at == NOW, "the first time counts"


def test_news_of_a_version_that_was_corrected_since_changes_nothing(store: Store) -> None:
    corrected = an_answered_request(answer="Yes.").model_copy(update={"answer_version": 2})
    store.commit(Put(corrected))
    line.speaking_began(store, "request-1", version=1, at=NOW)
    line.cut(store, "request-1", version=1, at=NOW)
    line.heard(store, "request-1", version=1, latencies_ms={}, at=NOW)
    assert the_request(store) == corrected


@pytest.mark.parametrize("end", [line.withdraw, line.expire])
def test_an_end_that_is_written_twice_is_written_once(store: Store, end: Callable[..., HelpRequest]) -> None:
    asked(store)
    ended = end(store, "request-1", at=later(1))
    assert end(store, "request-1", at=later(2)) == ended


def test_a_status_set_by_hand_ahead_of_any_answer_keeps_no_question_from_running_out(store: Store) -> None:
    store.commit(Put(a_request_that_is(Status.ANSWERED)))
    assert line.expire(store, "request-1", at=later(120)).status is Status.EXPIRED


def test_what_is_asked_after_the_end_is_ended_by_closing_again(store: Store) -> None:
    line.open_call(store, a_call())
    line.close(store, "call-1", outcome=Outcome.CALLER_LEFT, at=later(1))
    asked(store)
    again = line.close(store, "call-1", outcome=Outcome.FAILED, at=later(2))
    assert (again.outcome, again.ended_at) == (Outcome.CALLER_LEFT, later(1))
    assert the_request(store).status is Status.CALLER_LEFT


def test_what_was_not_answered_cannot_be_spoken(store: Store) -> None:
    asked(store)
    with pytest.raises(IllegalTransition, match="waiting cannot be speaking began"):
        line.speaking_began(store, "request-1", version=0, at=NOW)


def test_a_question_may_be_withdrawn_or_run_out_while_nobody_has_answered(store: Store) -> None:
    asked(store)
    assert line.withdraw(store, "request-1", at=later(1)).status is Status.WITHDRAWN
    asked(store, "Do you sell gift cards?", request_id="request-2")
    expired = line.expire(store, "request-2", at=later(120))
    assert (expired.status, expired.closed_at) == (Status.EXPIRED, later(120))
    with pytest.raises(IllegalTransition):
        line.expire(store, "request-1", at=later(121))


def test_a_message_is_kept_with_the_question_that_nobody_answered(store: Store) -> None:
    store.commit(Put(a_request_that_is(Status.EXPIRED)))
    assert line.take_message(store, "request-1", "Please call me back.").message == "Please call me back."
    assert the_request(store).status is Status.EXPIRED


# Who is asked, and what a caller leaves


def test_a_question_climbs_the_ladder_and_never_down(store: Store) -> None:
    assert asked(store, rung=Rung.SKILLED).rung is Rung.SKILLED
    assert line.climb(store, "request-1", Rung.ON_DUTY, at=later(45)).rung is Rung.ON_DUTY
    assert line.climb(store, "request-1", Rung.ANYONE, at=later(46)).rung is Rung.ON_DUTY
    assert the_request(store).status is Status.WAITING


def test_nobody_else_is_asked_while_somebody_is_on_it(store: Store) -> None:
    asked(store)
    desk.claim(store, "request-1", by=ANA, at=later(40))
    assert line.climb(store, "request-1", Rung.ON_DUTY, at=later(45)).rung is Rung.ANYONE
    until = (later(40) + desk.CLAIM_LASTS - NOW).total_seconds()
    assert line.climb(store, "request-1", Rung.ON_DUTY, at=later(until)).rung is Rung.ON_DUTY


def test_nobody_is_asked_what_is_answered(store: Store) -> None:
    store.commit(Put(an_answered_request(answer="Yes.")))
    assert line.climb(store, "request-1", Rung.ON_DUTY, at=later(45)).rung is Rung.ANYONE


def test_a_callback_is_kept_with_its_question_in_any_status(store: Store) -> None:
    wanted = Callback(number=CALLER, window="tomorrow morning", asked_at=NOW)
    for status in (Status.WAITING, Status.EXPIRED, Status.CALLER_LEFT):
        store.commit(Put(a_request_that_is(status)))
        assert line.take_callback(store, "request-1", wanted).callback == wanted
        assert the_request(store).status is status


def test_a_caller_is_owed_the_answers_they_have_not_heard_and_no_one_elses(store: Store) -> None:
    asked(store)
    line.close(store, "call-1", outcome=Outcome.CALLER_LEFT, at=later(1))
    assert next_call.owed_to(store, CALLER, at=later(1)) == []
    late = desk.answer(store, "request-1", "Yes.", by=ANA, at=later(2))
    assert next_call.owed_to(store, CALLER, at=later(3)) == [late]
    assert next_call.owed_to(store, "+15555550143", at=later(3)) == []
    told = next_call.told(store, "request-1", version=1, at=later(99))
    assert (told.status, told.closed_at) == (Status.FOLLOWED_UP, later(99))
    assert next_call.owed_to(store, CALLER, at=later(99)) == []


def test_what_nobody_may_see_any_more_is_owed_to_nobody(store: Store) -> None:
    store.commit(Put(a_request_that_is(Status.FOLLOW_UP, answer_version=1, caller_number=CALLER, delete_at=later(60))))
    assert len(next_call.owed_to(store, CALLER, at=later(59))) == 1
    assert next_call.owed_to(store, CALLER, at=later(60)) == []


def test_what_is_owed_is_told_as_it_stands_now(store: Store) -> None:
    store.commit(
        Put(a_request_that_is(Status.FOLLOW_UP, answer_version=1, accepted_answer="Yes.", caller_number=CALLER))
    )
    corrected = desk.correct(store, "request-1", "No.", by=ANA, at=later(1))
    assert next_call.as_owed_now(store, "request-1", at=later(2)) == corrected
    desk.close(store, "request-1", by=ANA, at=later(3))
    assert next_call.as_owed_now(store, "request-1", at=later(4)) is None


def test_an_answer_that_was_corrected_since_has_not_been_told(store: Store) -> None:
    store.commit(Put(a_request_that_is(Status.FOLLOW_UP, answer_version=2)))
    assert next_call.told(store, "request-1", version=1, at=NOW).status is Status.FOLLOW_UP


def test_a_browsers_caller_has_no_number_to_be_known_by(store: Store) -> None:
    assert asked(store, on=a_call(caller="browser")).caller_number is None


def test_what_a_caller_leaves_is_added_to_what_they_have_left_and_kept_once(store: Store) -> None:
    asked(store)
    for message in ("My car is red.", "It is a van.", "My car is red."):
        line.take_message(store, "request-1", message)
    assert the_request(store).message == "My car is red.\nIt is a van."


# The end


def test_closing_marks_every_live_request_and_touches_no_other(store: Store) -> None:
    for number, status in enumerate(Status):
        store.commit(Create(a_request_that_is(status, f"request-{number}-{status}", answer_version=1)))
    store.commit(Create(a_request("elsewhere", call="call-2")))
    closed = line.close(store, "call-1", outcome=Outcome.CALLER_LEFT, detail="hung up", at=later(30))
    assert (closed.ended_at, closed.outcome, closed.outcome_detail) == (later(30), Outcome.CALLER_LEFT, "hung up")
    assert (closed.is_live, closed.floor) == (False, Floor.NOBODY)
    for number, status in enumerate(Status):
        request = the_request(store, f"request-{number}-{status}")
        if status in OPEN:
            assert (request.status, request.closed_at) == (Status.CALLER_LEFT, later(30))
        elif status in LIVE:
            assert (request.status, request.closed_at) == (Status.FOLLOW_UP, later(30))
        else:
            assert request == a_request_that_is(status, request.id, answer_version=1)
    assert the_request(store, "elsewhere").status is Status.WAITING


def test_the_call_and_its_requests_end_in_one_batch(database: MemoryDatabase, store: Store) -> None:
    asked(store)
    asked(store, "Do you sell gift cards?", request_id="request-2")
    counting = CountingStore(database)
    line.close(counting, "call-1", outcome=Outcome.CALLER_LEFT, at=NOW)
    assert [len(batch) for batch in counting.batches] == [3]


def test_an_answer_in_the_moment_of_closing_is_not_lost(database: MemoryDatabase, store: Store) -> None:
    asked(store)
    racing = CountingStore(database, first=lambda: desk.answer(store, "request-1", "Yes.", by=ANA, at=NOW))
    line.close(racing, "call-1", outcome=Outcome.CALLER_LEFT, at=later(1))
    request = the_request(store)
    assert (request.status, request.answer) == (Status.FOLLOW_UP, "Yes.")


@pytest.mark.parametrize("status", list(Status))
def test_a_question_that_outlived_its_call_is_ended_and_one_that_has_ended_stays_so(
    store: Store, status: Status
) -> None:
    store.commit(Put(a_request_that_is(status, answer_version=1)))
    ended = line.caller_left(store, "request-1", at=later(9))
    if status in LIVE:
        assert ended.status is (Status.CALLER_LEFT if status in OPEN else Status.FOLLOW_UP)
        assert ended.closed_at == later(9)
    else:
        assert ended == a_request_that_is(status, answer_version=1)
    assert line.caller_left(store, "request-1", at=later(10)) == ended


def test_closing_a_closed_call_changes_nothing(store: Store) -> None:
    first = line.close(store, "call-1", outcome=Outcome.AGENT_ENDED, at=later(1))
    assert line.close(store, "call-1", outcome=Outcome.FAILED, at=later(2)) == first


def test_a_call_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="calls/nobody"):
        line.close(store, "nobody", outcome=Outcome.FAILED, at=NOW)
