"""What no worker does for a question, the sweep does: no earlier than it may, and for a question that is somebody's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from functions.context import replaced
from functions.sweep_questions import WORKER_GOES_FIRST
from functions.swept import AT_ONCE, SETTLES_WITHIN, TIME_ENOUGH
from holdline import desk, line, texting
from holdline.call import Call, Outcome
from holdline.callback import Callback
from holdline.help_request import LIVE, HelpRequest, Status
from holdline.ladder import Ladder, Rung
from holdline.memory_store import MemoryStore
from holdline.people import Organisation
from holdline.presence import Presence
from holdline.store import Create, Found, Put, Query, R, Store, must_get
from holdline.text_message import TextMessage, TextStatus
from holdline.texting import STUCK_AFTER
from tests.builders import ANA, a_person, a_request, a_request_that_is, an_answered_request
from tests.unit.functions.test_sweep import A_MOMENT, done, ringing, swept
from tests.unit.functions.world import CALL_ID, NOW, World

__all__ = ["ringing"]

PHONE = "+15555550144"
LADDER = Ladder(skilled_first_s=20, text_after_s=45)
LONG = timedelta(hours=1)


def a_question(request_id: str = "request-1", /, **fields: Any) -> HelpRequest:
    """Of the call that goes on, with time to be answered in."""
    return a_request(request_id, **{"call": CALL_ID, "expires_at": NOW + 2 * LONG, **fields})


def somebody_is_on_duty(salon: Store) -> None:
    salon.commit(
        Put(Organisation(id="salon", name="Luxe Beauty Salon", on_duty="ana", ladder=LADDER)),
        Put(a_person(phone=PHONE)),
    )


def at_the_desk(world: World, salon: Store, uid: str = "rosa", *skills: str) -> None:
    salon.commit(Put(Presence(id=uid, name=uid.title(), skills=skills, until=world.now + LONG)))


def the_desk_is_empty(salon: Store) -> None:
    """Somebody was at it, once."""
    salon.commit(Put(Presence(id="rosa", name="Rosa", until=NOW)))


def the_request(salon: Store, request_id: str = "request-1") -> HelpRequest:
    return must_get(salon, HelpRequest, request_id).record


# Its call is over


@pytest.mark.parametrize("status", LIVE)
def test_a_question_that_was_asked_after_the_end_of_its_call_is_ended(
    ringing: World, salon: Store, status: Status
) -> None:
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    salon.commit(Create(a_request_that_is(status, call=CALL_ID, answer_version=1, rung=Rung.NOBODY)))
    ringing.now = NOW + WORKER_GOES_FIRST
    assert swept(ringing).json == done()
    ringing.now += A_MOMENT
    assert swept(ringing).json == done(ended=1)
    is_answered = status in (Status.ANSWERED, Status.SPEAKING)
    assert the_request(salon).status is (Status.FOLLOW_UP if is_answered else Status.CALLER_LEFT)
    assert swept(ringing).json == done()


def test_a_question_whose_call_is_gone_is_ended(world: World, salon: Store) -> None:
    salon.commit(Create(an_answered_request(answer="Yes.")))
    world.now = NOW + SETTLES_WITHIN
    assert swept(world).json == done()
    world.now += A_MOMENT
    assert swept(world).json == done(ended=1)
    assert the_request(salon).status is Status.FOLLOW_UP


def test_of_a_call_that_cannot_be_read_nobody_knows_that_it_is_over(ringing: World, salon: Store) -> None:
    salon.commit(Create(an_answered_request(answer="Yes.")))
    ringing.memory.write_by_hand("orgs/salon/calls/call-1", {"kind": "chat", "ended_at": NOW, "started_at": NOW})
    ringing.now += LONG
    assert swept(ringing).json == done()


def test_what_was_answered_on_a_call_that_is_over_is_owed_to_its_caller(ringing: World, salon: Store) -> None:
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    consent = Callback(number="+15555550199", consents_to_text=True, asked_at=NOW)
    salon.commit(Create(a_question(callback=consent)))
    desk.answer(salon, "request-1", "Yes.", by=ANA, at=NOW)
    ringing.now += LONG
    assert swept(ringing).json == done(ended=1)
    assert texting.due(the_request(salon)) is texting.Which.CALLER


# Nobody has answered, and nobody else was asked


def test_a_question_climbs_when_its_worker_does_not_see_to_it(ringing: World, salon: Store) -> None:
    somebody_is_on_duty(salon)
    at_the_desk(ringing, salon)
    salon.commit(Create(a_question()))
    ringing.now = NOW + timedelta(seconds=LADDER.text_after_s) + WORKER_GOES_FIRST - A_MOMENT
    assert swept(ringing).json == done(), "the worker goes first"
    ringing.now += A_MOMENT
    assert swept(ringing).json == done(climbed=1)
    assert texting.due(the_request(salon)) is texting.Which.DUTY
    assert swept(ringing).json == done()


def test_those_with_the_skill_have_it_alone_at_first(ringing: World, salon: Store) -> None:
    somebody_is_on_duty(salon)
    at_the_desk(ringing, salon, "rosa", "colour")
    salon.commit(Create(a_question(skill="colour", rung=Rung.SKILLED)))
    ringing.now = NOW + WORKER_GOES_FIRST + A_MOMENT
    assert swept(ringing).json == done()
    ringing.now = NOW + WORKER_GOES_FIRST + timedelta(seconds=LADDER.skilled_first_s)
    assert swept(ringing).json == done(climbed=1)
    assert the_request(salon).rung is Rung.ANYONE


def test_where_nobody_ever_used_the_page_whoever_answers_elsewhere_is_asked_first(ringing: World, salon: Store) -> None:
    somebody_is_on_duty(salon)
    salon.commit(Create(a_question()))
    ringing.now = NOW + WORKER_GOES_FIRST + A_MOMENT
    assert swept(ringing).json == done()


def test_with_nobody_at_the_desk_the_person_on_duty_is_asked_as_soon_as_the_worker_had_its_time(
    ringing: World, salon: Store
) -> None:
    the_desk_is_empty(salon)
    somebody_is_on_duty(salon)
    salon.commit(Create(a_question()))
    ringing.now = NOW + WORKER_GOES_FIRST
    assert swept(ringing).json == done()
    ringing.now += A_MOMENT
    assert swept(ringing).json == done(climbed=1)
    assert the_request(salon).rung is Rung.ON_DUTY


def test_where_nobody_can_be_texted_nobody_is_left(ringing: World, salon: Store) -> None:
    the_desk_is_empty(salon)
    salon.commit(Create(a_question()))
    ringing.now += LONG
    assert swept(ringing).json == done(climbed=1)
    assert the_request(salon).rung is Rung.NOBODY


def test_without_an_account_the_person_on_duty_cannot_be_asked(ringing: World, salon: Store) -> None:
    the_desk_is_empty(salon)
    somebody_is_on_duty(salon)
    salon.commit(Create(a_question()))
    ringing.now += LONG
    with replaced(replace(ringing.context(), messages=None)):
        assert swept(ringing).json == done(climbed=1)
    assert the_request(salon).rung is Rung.NOBODY


@pytest.mark.parametrize(
    ("may_repeat", "rung"),
    [(False, Rung.NOBODY), (True, Rung.ON_DUTY)],
)
def test_a_text_that_could_not_be_sent_leaves_nobody_unless_it_is_tried_again(
    ringing: World, salon: Store, may_repeat: bool, rung: Rung
) -> None:
    the_desk_is_empty(salon)
    somebody_is_on_duty(salon)
    failed = TextMessage(to=ANA, status=TextStatus.FAILED, at=NOW, may_repeat=may_repeat)
    salon.commit(Create(a_question(rung=Rung.ON_DUTY, duty_text=failed)))
    ringing.now += LONG
    swept(ringing)
    assert the_request(salon).rung is rung


def test_what_somebody_is_looking_at_stays_where_it_is(ringing: World, salon: Store) -> None:
    salon.commit(Create(a_question(status=Status.CLAIMED, claimed_by=ANA, claimed_until=NOW + 2 * LONG)))
    ringing.now += LONG
    assert swept(ringing).json == done()


# Texts that are stuck


@pytest.mark.parametrize("which", ["duty_text", "caller_text"])
def test_a_text_that_is_under_way_for_too_long_is_given_up(ringing: World, salon: Store, which: str) -> None:
    sending = TextMessage(status=TextStatus.SENDING, at=NOW, version=1)
    salon.commit(Create(a_question(status=Status.EXPIRED, is_texting=True, **{which: sending})))
    ringing.now = NOW + STUCK_AFTER - A_MOMENT
    assert swept(ringing).json == done()
    ringing.now += A_MOMENT
    assert swept(ringing).json == done(texts_given_up=1)
    request = the_request(salon)
    assert getattr(request, which).problem == texting.NOT_KNOWN
    assert not request.is_texting
    assert swept(ringing).json == done()


def test_the_person_on_duty_gets_a_text_that_was_stuck_once_more(ringing: World, salon: Store) -> None:
    somebody_is_on_duty(salon)
    sending = TextMessage(to=ANA, status=TextStatus.SENDING, at=NOW)
    salon.commit(Create(a_question(rung=Rung.ON_DUTY, is_texting=True, duty_text=sending)))
    ringing.now = NOW + STUCK_AFTER
    assert swept(ringing).json == done(texts_given_up=1)
    assert texting.due(the_request(salon)) is texting.Which.DUTY


# Bounds


def test_the_most_urgent_come_first_and_the_rest_with_the_next(ringing: World, salon: Store) -> None:
    for n in range(AT_ONCE + 1):
        salon.commit(Create(a_question(f"request-{n:03}", expires_at=NOW - timedelta(seconds=n))))
    ringing.now += LONG
    assert swept(ringing).json == done(expired=AT_ONCE)
    assert the_request(salon, "request-000").status is Status.WAITING
    assert swept(ringing).json == done(expired=1)


def test_it_stops_within_an_organisation_when_its_time_is_up(world: World, salon: Store) -> None:
    for n in range(10):
        salon.commit(Create(a_request(f"request-{n}")))
    seconds = count(LONG.total_seconds(), TIME_ENOUGH.total_seconds() / 5)
    slow = replace(world.context(), now=lambda: NOW + timedelta(seconds=next(seconds)))
    with replaced(slow):
        response = swept(world)
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["failures"] == ["TimeRanOut"]
    assert 0 < response.json["expired"] < 5


class Seen:
    """A database of which a test sees each query, and in which something may happen right after it."""

    def __init__(self, world: World, after: Callable[[str], object]) -> None:
        self._world = world
        self._after = after

    @property
    def platform(self) -> Store:
        return self._world.memory.platform

    def for_org(self, org: str) -> Store:
        after = self._after

        class SeenStore(MemoryStore):
            def find(self, query: Query[R]) -> Found[R]:
                found = super().find(query)
                after(query.kind.collection)
                return found

        return SeenStore(self._world.memory, org)

    def close(self) -> None: ...


def test_a_question_that_is_answered_or_deleted_in_this_moment_keeps_no_other_from_being_seen_to(
    ringing: World, salon: Store
) -> None:
    for n in (1, 2, 3):
        salon.commit(Create(a_question(f"request-{n}", expires_at=NOW)))

    def meanwhile(collection: str) -> None:
        if collection == HelpRequest.collection and the_request(salon).status is Status.WAITING:
            desk.answer(salon, "request-1", "Yes.", by=ANA, at=NOW)
            ringing.memory.delete_by_hand("orgs/salon/help_requests/request-2")

    ringing.now += LONG
    ringing.database = Seen(ringing, meanwhile)
    assert swept(ringing).json == done(expired=1)
    assert the_request(salon, "request-3").status is Status.EXPIRED


def test_an_organisation_without_questions_costs_three_queries(world: World) -> None:
    asked: list[str] = []
    world.database = Seen(world, asked.append)
    swept(world)
    assert sorted(asked) == sorted([Call.collection, HelpRequest.collection, HelpRequest.collection] * 2)
