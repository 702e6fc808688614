"""A phone that rings one of our numbers is connected to a room with an agent in it, or hears why not."""

import logging
import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from functions import twiml
from functions.rooms import RoomNotOpened
from holdline import lease
from holdline.call import Call, CallKind, Dispatch, Outcome
from holdline.memory_store import MemoryDatabase
from holdline.people import PhoneNumber
from holdline.store import Put, Query, Write, must_get, paths_of
from holdline.voice_agent import VoiceAgent
from tests.unit.functions.world import (
    CALL_ID,
    CALL_SID,
    CALLER,
    FUNCTIONS_URL,
    LINE,
    NOW,
    PRACTICE_LINE,
    World,
)


def xml(response: TestResponse) -> ET.Element:
    assert response.status_code == 200
    assert response.mimetype == "text/xml"
    return ET.fromstring(response.text)  # noqa: S314 - our own


def said(response: TestResponse) -> str:
    root = xml(response)
    assert [child.tag for child in root] == ["Say", "Hangup"]
    return root[0].text or ""


def test_a_call_is_written_and_a_room_with_an_agent_is_opened_for_it(world: World) -> None:
    world.ring()
    call = world.call()
    assert call == Call(
        id=CALL_ID,
        kind=CallKind.PHONE,
        caller=CALLER,
        caller_identity=f"sip_{CALLER}",
        line=LINE,
        voice_agent="front_desk",
        voice_agent_version=call.voice_agent_version,
        opened_by=CALL_SID,
        started_at=NOW,
        delete_at=NOW + timedelta(days=90),
    )
    assert world.rooms.opened == [
        Dispatch(
            org="salon",
            call=CALL_ID,
            voice_agent="front_desk",
            version=call.voice_agent_version,
            kind=CallKind.PHONE,
            caller_identity=f"sip_{CALLER}",
        )
    ]


def test_the_call_and_the_lease_of_the_job_that_is_to_come_are_written_together(world: World) -> None:
    written: list[list[str]] = []

    class Watched(MemoryDatabase):
        def commit(self, *writes: tuple[str | None, Write]) -> None:
            written.append(paths_of(writes))
            super().commit(*writes)

    world.ring(CallSid="CAbefore")
    world.database = watched = Watched()
    watched._documents = world.memory._documents
    world.ring()
    assert written == [[f"orgs/salon/calls/{CALL_ID}", f"leases/{CALL_ID}"]]


def test_a_webhook_that_is_sent_twice_leaves_the_job_that_came_meanwhile_its_lease(world: World) -> None:
    world.ring()
    lease.take(world.memory.platform, CALL_ID, org="salon", job="job-1", epoch=1, at=NOW)
    world.ring()
    assert must_get(world.memory.platform, lease.Lease, CALL_ID).record.job == "job-1"


def test_twilio_is_told_to_ring_the_room_over_sip_and_to_tell_us_what_became_of_it(world: World) -> None:
    root = xml(world.ring())
    (dial,) = root
    assert dial.tag == "Dial"
    assert dial.attrib == {
        "answerOnBridge": "true",
        "action": f"{FUNCTIONS_URL}/twilio_status",
        "method": "POST",
        "timeout": str(twiml.RING_TIMEOUT_S),
        "callerId": CALLER,
    }
    (sip,) = dial
    assert sip.tag == "Sip"
    assert sip.attrib == {"username": "holdline", "password": "sip-password"}
    assert sip.text == f"sip:{CALL_ID}@sip.example.com;transport=tcp"


def test_a_webhook_that_is_sent_twice_opens_one_call(world: World) -> None:
    first, again = world.ring(), world.ring()
    assert again.text == first.text
    assert len(world.memory.for_org("salon").find(Query(Call)).records) == 1


def test_two_calls_of_one_caller_are_two_calls(world: World) -> None:
    world.ring()
    world.ring(CallSid="CA" + "f" * 32)
    assert len({dispatch.call for dispatch in world.rooms.opened}) == 2


def test_a_webhook_that_is_sent_again_after_the_call_hangs_up(world: World) -> None:
    world.ring()
    world.twilio("twilio_status", {"CallSid": CALL_SID, "To": LINE, "CallStatus": "completed"})
    assert [child.tag for child in xml(world.ring())] == ["Hangup"]
    assert world.call().outcome is Outcome.CALLER_LEFT


@pytest.mark.parametrize(
    "caller",
    ["", "anonymous", "Anonymous", "Restricted", "+266696687", "+7378742833", "client:alice", "sip:a@b.example", "911"],
)
def test_a_caller_without_a_number_is_anonymous_and_can_still_be_told_apart_in_the_room(
    world: World, caller: str
) -> None:
    root = xml(world.ring(From=caller))
    assert world.call().caller == "anonymous"
    # LiveKit's SIP bridge names a participant after the From header, which Twilio fills with the callerId.
    assert world.call().caller_identity == f"sip_{root[0].attrib['callerId']}" == "sip_anonymous"


@pytest.mark.parametrize("line", ["+12125550999", "", "client:front_desk", "+1/../orgs/salon", "orgs/salon"])
def test_an_unknown_number_is_told_to_the_caller(world: World, line: str) -> None:
    before = world.documents()
    assert said(world.ring(To=line)) == twiml.UNKNOWN_LINE
    assert world.documents() == before


def test_a_voice_agent_that_is_switched_off_is_an_apology(world: World) -> None:
    world.memory.write_by_hand("orgs/salon/voice_agents/front_desk", {"active": False})
    assert said(world.ring()) == twiml.CLOSED_LINE
    assert world.rooms.opened == []


def test_a_voice_agent_that_never_was_valid_is_an_apology(world: World) -> None:
    world.memory.write_by_hand("orgs/salon/voice_agents/front_desk", {"name": ""})
    assert said(world.ring()) == twiml.CLOSED_LINE


def test_a_line_that_leads_to_no_voice_agent_is_an_apology(world: World) -> None:
    world.memory.platform.commit(Put(PhoneNumber(id=LINE, org="salon", voice_agent="nobody")))
    assert said(world.ring()) == twiml.CLOSED_LINE


def test_a_voice_agent_broken_by_an_edit_leaves_the_last_good_version_in_force(world: World) -> None:
    world.ring()
    good = world.call().voice_agent_version
    world.memory.write_by_hand("orgs/salon/voice_agents/front_desk", {"answer_timeout_s": "soon"})
    world.ring(CallSid="CAafterwards")
    assert world.rooms.opened[-1].version == good
    assert "answer_timeout_s" in str(world.documents()["orgs/salon/voice_agents/front_desk"]["problem"])


def test_without_storage_the_caller_hears_an_apology(world: World) -> None:
    world.without_storage()
    assert said(world.ring()) == twiml.OUR_FAILURE
    assert world.rooms.opened == []


@pytest.mark.parametrize("failure", [RoomNotOpened("LiveKit is down."), RuntimeError("a surprise")])
def test_without_a_room_the_caller_hears_an_apology_and_the_call_is_closed_as_failed(
    world: World, failure: Exception
) -> None:
    world.rooms.failure = failure
    assert said(world.ring()) == twiml.OUR_FAILURE
    call = world.call()
    assert (call.outcome, call.outcome_detail, call.ended_at) == (Outcome.FAILED, "the room could not be opened", NOW)


def test_a_number_that_was_never_well_bound_is_an_apology_with_the_reason_beside_it(world: World) -> None:
    world.memory.write_by_hand(f"phone_numbers/{LINE}", {"org": ""})
    assert said(world.ring()) == twiml.OUR_FAILURE
    assert "org" in str(world.documents()[f"phone_numbers/{LINE}"]["problem"])


def test_a_number_broken_by_an_edit_goes_on_leading_where_it_last_led(world: World) -> None:
    world.ring()
    world.memory.write_by_hand(f"phone_numbers/{LINE}", {"voice_agent": "a/b"})
    assert xml(world.ring(CallSid="CAafterwards"))[0].tag == "Dial"
    assert world.rooms.opened[-1].voice_agent == "front_desk"
    assert "voice_agent" in str(world.documents()[f"phone_numbers/{LINE}"]["problem"])


def test_a_number_that_was_taken_away_leads_nowhere(world: World) -> None:
    world.ring()
    world.memory.delete_by_hand(f"phone_numbers/{LINE}")
    assert said(world.ring(CallSid="CAafterwards")) == twiml.UNKNOWN_LINE


@pytest.mark.parametrize("sid", ["", "../../orgs", "a b", "x" * 65])
def test_a_call_without_a_usable_id_is_an_apology(world: World, sid: str) -> None:
    assert said(world.ring(CallSid=sid)) == twiml.OUR_FAILURE


def test_each_line_rings_its_own_organisation(world: World) -> None:
    world.ring(To=PRACTICE_LINE)
    assert world.rooms.opened[0].org == "dental"
    assert world.call(org="dental").line == PRACTICE_LINE
    assert world.memory.for_org("salon").find(Query(Call)).records == ()


@pytest.mark.parametrize("outage", ["none", "storage", "rooms", "unknown line"])
def test_the_log_holds_no_whole_number(world: World, caplog: pytest.LogCaptureFixture, outage: str) -> None:
    caplog.set_level(logging.DEBUG)
    if outage == "storage":
        world.without_storage()
    world.rooms.failure = RoomNotOpened("LiveKit is down.") if outage == "rooms" else None
    line = "+12125550999" if outage == "unknown line" else LINE
    world.ring(To=line)
    assert caplog.text
    assert CALLER not in caplog.text
    assert line not in caplog.text


def test_an_agent_that_is_active_again_takes_calls_again(world: World) -> None:
    world.memory.for_org("salon").commit(Put(VoiceAgent(id="front_desk", name="Lux", greeting="Hi.", active=False)))
    world.ring()
    world.memory.for_org("salon").commit(Put(VoiceAgent(id="front_desk", name="Lux", greeting="Hi.", active=True)))
    assert xml(world.ring())[0].tag == "Dial"
