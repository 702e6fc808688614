"""What Twilio tells of a call closes it once, under the right outcome, and a caller still on the line hears words."""

import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from functions import twiml
from functions.rooms import RoomNotClosed
from holdline import line
from holdline.call import Outcome
from holdline.store import Store
from tests.unit.functions.world import CALL_ID, CALL_SID, CALLER, LINE, NOW, World


def tell(world: World, **news: str) -> TestResponse:
    return world.twilio("twilio_status", {"CallSid": CALL_SID, "From": CALLER, "To": LINE} | news)


def verbs(response: TestResponse) -> list[str]:
    assert response.status_code == 200
    assert response.mimetype == "text/xml"
    return [child.tag for child in ET.fromstring(response.text)]  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("dial", "outcome", "heard"),
    [
        ("completed", Outcome.CALLER_LEFT, ["Hangup"]),
        ("answered", Outcome.CALLER_LEFT, ["Hangup"]),
        ("canceled", Outcome.CALLER_LEFT, ["Hangup"]),
        ("busy", Outcome.NOT_CONNECTED, ["Say", "Hangup"]),
        ("no-answer", Outcome.NOT_CONNECTED, ["Say", "Hangup"]),
        ("failed", Outcome.NOT_CONNECTED, ["Say", "Hangup"]),
        ("a status of the future", Outcome.NOT_CONNECTED, ["Say", "Hangup"]),
    ],
)
def test_a_dial_that_ended_closes_the_call_and_is_answered_with_twiml(
    world: World, dial: str, outcome: Outcome, heard: list[str]
) -> None:
    world.ring()
    world.now += timedelta(seconds=40)
    assert verbs(tell(world, DialCallStatus=dial, CallStatus="in-progress")) == heard
    call = world.call()
    assert (call.outcome, call.outcome_detail, call.ended_at) == (outcome, dial, world.now)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("completed", Outcome.CALLER_LEFT),
        ("canceled", Outcome.CALLER_LEFT),
        ("no-answer", Outcome.CALLER_LEFT),
        ("busy", Outcome.FAILED),
        ("failed", Outcome.FAILED),
    ],
)
def test_a_phone_call_that_is_over_closes_the_call(world: World, status: str, outcome: Outcome) -> None:
    world.ring()
    response = tell(world, CallStatus=status)
    assert (response.status_code, response.text) == (204, "")
    assert world.call().outcome is outcome


@pytest.mark.parametrize(
    ("news", "is_closed"),
    [
        ({"DialCallStatus": "no-answer", "CallStatus": "in-progress"}, True),
        ({"DialCallStatus": "failed", "CallStatus": "in-progress"}, True),
        ({"DialCallStatus": "busy", "CallStatus": "in-progress"}, True),
        ({"DialCallStatus": "canceled", "CallStatus": "canceled"}, True),
        ({"DialCallStatus": "a status of the future", "CallStatus": "in-progress"}, True),
        ({"DialCallStatus": "completed", "CallStatus": "in-progress"}, False),
        ({"DialCallStatus": "answered", "CallStatus": "in-progress"}, False),
        ({"CallStatus": "canceled"}, True),
        ({"CallStatus": "no-answer"}, True),
        ({"CallStatus": "failed"}, True),
        ({"CallStatus": "completed"}, False),
        ({"CallStatus": "ringing"}, False),
    ],
)
def test_the_agent_is_not_left_alone_in_a_room_that_the_caller_never_reached(
    world: World, news: dict[str, str], is_closed: bool
) -> None:
    world.ring()
    tell(world, **news)
    assert world.rooms.closed == ([CALL_ID] if is_closed else [])


def test_a_room_that_cannot_be_closed_keeps_neither_the_call_open_nor_the_caller_from_twiml(world: World) -> None:
    world.ring()
    world.rooms.failure = RoomNotClosed("LiveKit is down.")
    assert verbs(tell(world, DialCallStatus="failed", CallStatus="in-progress")) == ["Say", "Hangup"]
    assert world.call().outcome is Outcome.NOT_CONNECTED


def test_no_room_is_closed_that_is_of_no_call_of_ours(world: World) -> None:
    tell(world, DialCallStatus="failed", CallStatus="in-progress")
    assert world.rooms.closed == []


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "a status of the future", ""])
def test_a_phone_call_under_way_stays_open(world: World, status: str) -> None:
    world.ring()
    assert tell(world, CallStatus=status).status_code == 204
    assert world.call().is_live


def test_news_that_comes_twice_or_in_another_order_changes_nothing_more(world: World) -> None:
    world.ring()
    tell(world, DialCallStatus="no-answer", CallStatus="in-progress")
    before = world.documents()
    world.now += timedelta(seconds=5)
    tell(world, DialCallStatus="no-answer", CallStatus="in-progress")
    tell(world, CallStatus="completed")
    tell(world, CallStatus="ringing")
    assert world.documents() == before


def test_a_call_that_the_agent_ended_keeps_that_outcome(world: World, salon: Store) -> None:
    world.ring()
    line.close(salon, CALL_ID, outcome=Outcome.AGENT_ENDED, at=NOW)
    assert verbs(tell(world, DialCallStatus="completed")) == ["Hangup"]
    assert world.call().outcome is Outcome.AGENT_ENDED


@pytest.mark.parametrize(
    "news",
    [
        {"CallSid": "CAunheardof"},
        {"To": "+12125550999"},
        {"To": ""},
        {"CallSid": ""},
    ],
    ids=["unknown call", "unknown number", "no number", "no id"],
)
def test_news_of_a_call_that_is_not_ours_is_no_error(world: World, news: dict[str, str]) -> None:
    world.ring()
    before = world.documents()
    assert tell(world, CallStatus="completed", **news).status_code == 204
    assert verbs(tell(world, DialCallStatus="completed", **news)) == ["Hangup"]
    assert world.documents() == before


def test_without_storage_a_caller_still_gets_twiml_and_other_news_is_asked_for_again(world: World) -> None:
    world.ring()
    world.without_storage()
    assert verbs(tell(world, DialCallStatus="failed")) == ["Say", "Hangup"]
    assert verbs(tell(world, DialCallStatus="completed")) == ["Hangup"]
    assert tell(world, CallStatus="completed").status_code == 503


def test_a_surprise_of_ours_does_not_keep_the_caller_from_twiml(world: World) -> None:
    world.ring()
    world.breaks_with(RuntimeError("a surprise"))
    assert verbs(tell(world, DialCallStatus="failed")) == ["Say", "Hangup"]
    assert tell(world, CallStatus="completed").status_code == 204


def test_a_number_that_was_broken_meanwhile_does_not_keep_its_call_open(world: World) -> None:
    world.ring()
    world.memory.write_by_hand(f"phone_numbers/{LINE}", {"org": ""})
    assert tell(world, CallStatus="completed").status_code == 204
    assert world.call().outcome is Outcome.CALLER_LEFT


def test_a_broken_document_does_not_keep_the_caller_from_twiml(world: World) -> None:
    world.ring()
    world.memory.write_by_hand(f"orgs/salon/calls/{CALL_ID}", {"started_at": "yesterday"})
    assert verbs(tell(world, DialCallStatus="busy")) == ["Say", "Hangup"]
    assert twiml.OUR_FAILURE in tell(world, DialCallStatus="busy").text
    assert tell(world, CallStatus="completed").status_code == 204
