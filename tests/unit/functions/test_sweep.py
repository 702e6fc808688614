"""What no event ended is ended by the sweep: no earlier than it may, everywhere, and whatever fails beside it."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from werkzeug.test import TestResponse

from functions.context import replaced
from functions.rooms import RoomsUnknown
from functions.sweep import CONSOLE_IS_OVER_AFTER, in_turn, organisations
from functions.sweep_questions import WORKER_GOES_FIRST
from functions.swept import AT_ONCE, SETTLES_WITHIN, TIME_ENOUGH
from holdline import line
from holdline.call import Call, CallKind, Outcome
from holdline.help_request import HelpRequest, Status
from holdline.ladder import Rung
from holdline.store import Create, Put, Query, Store, must_get
from tests.builders import a_call, a_phone_number, a_request, an_answered_request
from tests.unit.functions.world import CALL_ID, NOW, World, a_dispatch

EXPIRES = a_request().expires_at
A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def ringing(world: World) -> World:
    """A caller is in a room with an agent."""
    world.ring()
    line.agent_joined(world.database.for_org("salon"), CALL_ID, at=NOW)
    return world


def swept(world: World) -> TestResponse:
    return world.server("sweep").post("/")


def done(**figures: Any) -> dict[str, Any]:
    """What it says when this is all that it did."""
    nothing = {"closed": 0, "expired": 0, "ended": 0, "climbed": 0, "texts_given_up": 0, "failures": []}
    return {**nothing, **figures}


def test_a_call_whose_room_is_gone_is_closed(ringing: World) -> None:
    ringing.rooms.lost.add(CALL_ID)
    ringing.now += SETTLES_WITHIN + A_MOMENT
    response = swept(ringing)
    assert (response.status_code, response.json) == (200, done(closed=1))
    call = ringing.call()
    assert (call.outcome, call.outcome_detail, call.ended_at) == (Outcome.CALLER_LEFT, "the room is gone", ringing.now)


def test_a_call_that_nobody_answered_did_not_connect(world: World) -> None:
    world.ring()
    world.rooms.lost.add(CALL_ID)
    world.now += SETTLES_WITHIN + A_MOMENT
    swept(world)
    assert world.call().outcome is Outcome.NOT_CONNECTED


def test_a_call_whose_room_is_there_goes_on_however_long(ringing: World) -> None:
    ringing.now += timedelta(hours=3)
    before = ringing.documents()
    assert swept(ringing).json == done()
    assert ringing.documents() == before


def test_the_room_of_a_front_end_has_a_name_of_its_own(world: World, salon: Store) -> None:
    salon.commit(
        Create(a_call("here", room="call_salon_front_desk_1", kind=CallKind.FRONT_END)),
        Create(a_call("gone", room="call_salon_front_desk_2", kind=CallKind.FRONT_END)),
    )
    world.rooms.open(a_dispatch("call_salon_front_desk_1"))
    world.now += timedelta(hours=1)
    assert swept(world).json == done(closed=1)
    assert world.call("here").is_live


def test_a_call_that_is_typed_in_a_terminal_needs_no_room_but_does_not_last_for_ever(
    world: World, salon: Store
) -> None:
    salon.commit(Create(a_call("typed", kind=CallKind.CONSOLE)))
    world.now += CONSOLE_IS_OVER_AFTER
    assert swept(world).json == done()
    world.now += A_MOMENT
    assert swept(world).json == done(closed=1)


def test_a_young_call_may_still_be_waiting_for_its_room(ringing: World) -> None:
    ringing.rooms.lost.add(CALL_ID)
    ringing.now += SETTLES_WITHIN
    swept(ringing)
    assert ringing.call().is_live


def test_the_questions_of_a_closed_call_say_that_the_caller_left(ringing: World, salon: Store) -> None:
    salon.commit(Create(a_request(call=CALL_ID)))
    ringing.rooms.lost.add(CALL_ID)
    ringing.now += timedelta(hours=1)
    assert swept(ringing).json == done(closed=1)
    assert must_get(salon, HelpRequest, "request-1").record.status is Status.CALLER_LEFT


@pytest.mark.parametrize("status", [Status.WAITING, Status.CLAIMED])
def test_a_question_that_ran_out_of_time_expires_when_its_worker_does_not_say_so(
    ringing: World, salon: Store, status: Status
) -> None:
    salon.commit(Create(a_request(call=CALL_ID, status=status, rung=Rung.NOBODY)))
    ringing.now = EXPIRES + WORKER_GOES_FIRST
    assert swept(ringing).json == done(), "the worker goes first"
    ringing.now += A_MOMENT
    assert swept(ringing).json == done(expired=1)
    request = must_get(salon, HelpRequest, "request-1").record
    assert (request.status, request.closed_at) == (Status.EXPIRED, ringing.now)


def test_an_answered_question_whose_call_goes_on_does_not_expire(ringing: World, salon: Store) -> None:
    salon.commit(Create(an_answered_request(answer="Yes.").model_copy(update={"call": CALL_ID})))
    ringing.now = EXPIRES + timedelta(hours=1)
    before = ringing.documents()
    swept(ringing)
    assert ringing.documents() == before


def test_sweeping_again_changes_nothing(ringing: World, salon: Store) -> None:
    salon.commit(Create(a_request()))
    ringing.rooms.lost.add(CALL_ID)
    ringing.now += timedelta(hours=1)
    assert swept(ringing).json == done(closed=1, expired=1)
    before = ringing.documents()
    assert swept(ringing).json == done()
    assert ringing.documents() == before


def test_every_organisation_is_swept(world: World) -> None:
    for org in ("salon", "dental"):
        world.database.for_org(org).commit(Create(a_call()), Create(a_request()))
    world.now += timedelta(hours=1)
    assert swept(world).json == done(closed=2)


def test_an_organisation_without_a_readable_document_is_swept_too(world: World) -> None:
    platform = world.memory.platform
    world.memory.write_by_hand("orgs/broken", {"name": 7})
    platform.commit(Put(a_phone_number("+12125550300", org="undescribed")))
    assert organisations(platform) == ["broken", "dental", "salon", "undescribed"]


def test_without_livekit_no_call_is_closed_but_questions_expire(ringing: World, salon: Store) -> None:
    salon.commit(Create(a_request()))
    ringing.rooms.failure = RoomsUnknown("down")
    ringing.now += timedelta(hours=1)
    response = swept(ringing)
    assert (response.status_code, response.json) == (503, done(expired=1, failures=["RoomsUnknown"]))
    assert ringing.call().is_live


def test_without_storage_it_says_so(world: World) -> None:
    world.without_storage()
    response = swept(world)
    assert (response.status_code, response.json) == (503, done(failures=["Unavailable"]))


def test_a_broken_document_keeps_nothing_else_from_being_swept(world: World, salon: Store) -> None:
    world.memory.write_by_hand("orgs/salon/calls/a-broken-one", {"ended_at": None, "started_at": NOW})
    salon.commit(Create(a_call()))
    world.now += timedelta(hours=1)
    assert swept(world).json == done(closed=1)


def test_the_oldest_come_first_and_the_rest_in_the_next_minute(world: World, salon: Store) -> None:
    for n in range(AT_ONCE + 1):
        salon.commit(Create(a_call(f"call-{n:03}", started_at=NOW - timedelta(seconds=n))))
    world.now += timedelta(hours=1)
    assert swept(world).json == done(closed=AT_ONCE)
    assert [call.id for call in salon.find(Query(Call, {"ended_at": None})).records] == ["call-000"]
    assert swept(world).json == done(closed=1)


def test_it_ends_before_its_time_does_and_says_what_was_left(world: World) -> None:
    for org in ("salon", "dental"):
        world.database.for_org(org).commit(Create(a_call(started_at=NOW - timedelta(hours=1))))
    seconds = count(0, TIME_ENOUGH.total_seconds() * 0.4)
    slow = replace(world.context(), now=lambda: NOW + timedelta(seconds=next(seconds)))
    with replaced(slow):
        response = swept(world)
    assert (response.status_code, response.json) == (503, done(closed=1, failures=["TimeRanOut"]))


def test_time_does_not_always_run_out_on_the_same_organisation() -> None:
    orgs = ["a", "b", "c"]
    first = [in_turn(orgs, at=NOW + timedelta(minutes=minute))[0] for minute in range(3)]
    assert sorted(first) == orgs
    assert sorted(in_turn(orgs, at=NOW)) == orgs
    assert in_turn([], at=NOW) == []


def test_only_a_post_sweeps(ringing: World) -> None:
    ringing.rooms.lost.add(CALL_ID)
    ringing.now += timedelta(hours=1)
    assert ringing.server("sweep").get("/").status_code == 405
    assert ringing.call().is_live
