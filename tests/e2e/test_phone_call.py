"""A phone call as Twilio brings it: a signed webhook, TwiML into a room, and a caller by telephone in that room."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from holdline import config, desk
from holdline.call import Call, CallKind, Outcome
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.people import PersonRef, PhoneNumber
from holdline.store import Put, Query, Store
from holdline.voice_agent import VoiceAgent
from local.caller import Caller
from tests.e2e.documents import Console, awaited
from tests.e2e.door import Door
from tests.e2e.on_the_line import SALON_LINE, OnTheLine, relayed
from tests.e2e.twilio import Ringing, twiml

OWN_LINE = "+12125550177"
ANSWERS = (
    "Yes, there is a ramp at the front door.",
    "Yes, there is a ramp at the side entrance.",
    "Yes, and the door opens by itself.",
    "No, but there are no steps at the front door.",
    "No, but we will gladly help you up the steps.",
    "There is a lift in the lobby instead.",
)
ROSA = PersonRef(uid="rosa", name="Rosa")

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@asynccontextmanager
async def by_telephone(ringing: Ringing, store: Store) -> AsyncIterator[OnTheLine]:
    """The SIP leg of a call that Twilio dialled into its room: a telephone's voice, under the caller's own identity."""
    call = await awaited(store, Query(Call, {"opened_by": ringing.sid}))
    door = Door(**ringing.stack["livekit"])
    assert call.caller_identity is not None
    token = door.token(call.id, call.caller_identity, kind="sip", phone_number=ringing.caller)
    async with await Caller.join(door.url, token, narrow_band=True) as caller:
        yield OnTheLine(call.id, caller, store)


@pytest.fixture
def own_line(
    database: FirestoreDatabase, salon: Store, console: Console, stack: dict[str, Any]
) -> Iterator[VoiceAgent]:
    """A line of its own with a voice agent that a test may spoil; both are gone afterwards."""
    voice_agent = VoiceAgent(id="spoilt-desk", name="Nora", greeting="You have reached the evening desk of the salon.")
    salon.commit(Put(voice_agent))
    database.platform.commit(Put(PhoneNumber(id=OWN_LINE, org="luxe-beauty-salon", voice_agent=voice_agent.id)))
    yield voice_agent
    Console(stack, None).delete("phone_numbers", OWN_LINE)
    console.delete("voice_agents", voice_agent.id)


async def test_a_telephone_caller_gets_a_persons_words_and_the_call_ends_with_them(
    stack: dict[str, Any], salon: Store
) -> None:
    answer = random.choice(ANSWERS)
    candidates = [relayed(each) for each in ANSWERS]
    ringing = Ringing.on(stack, SALON_LINE)
    [dial] = twiml(await asyncio.to_thread(ringing.tell, "twilio_voice", CallStatus="ringing"))
    [sip] = list(dial)
    room = (sip.text or "").removeprefix("sip:").partition("@")[0]
    assert (dial.tag, dial.get("answerOnBridge"), dial.get("method")) == ("Dial", "true", "POST")
    assert dial.get("action") == stack["functions"]["twilio_status"]
    assert sip.tag == "Sip"
    assert sip.get("username")
    assert sip.get("password")

    async with by_telephone(ringing, salon) as call:
        assert call.call == room
        await call.greeted()
        greetings = ["Thank you for calling Luxe Beauty Salon. This is Sofia. How can I help you?", *candidates]
        greeted = await call.heard(greetings, since=0)
        await call.ask("is there a wheelchair ramp")
        request = await call.asked()
        assert request.caller == "+1555***0142"
        sent_at = time.time()
        await asyncio.to_thread(desk.answer, salon, request.id, answer, by=ROSA, at=datetime.now(UTC))
        await call.becomes(request, Status.DELIVERED)
        heard = await call.heard(candidates, since=sent_at)
    assert greeted.best == greetings[0], greeted.matches
    assert heard.best == relayed(answer), heard.matches

    ended = await awaited(salon, Query(Call, {"opened_by": ringing.sid}), lambda one: not one.is_live)
    assert (ended.kind, ended.caller, ended.outcome) == (CallKind.PHONE, ringing.caller, Outcome.CALLER_LEFT)
    verbs = twiml(await asyncio.to_thread(ringing.tell, "twilio_status", DialCallStatus="completed"))
    assert [verb.tag for verb in verbs] == ["Hangup"]
    assert salon.find(Query(Call, {"opened_by": ringing.sid})).records == (ended,)


async def test_an_answer_that_comes_after_the_hang_up_is_the_first_thing_its_caller_hears_on_the_next_call(
    stack: dict[str, Any], salon: Store, console: Console
) -> None:
    number = "+15555550163"
    owed = f"You called us before, and asked: is there a wheelchair ramp. {relayed(ANSWERS[0])}"
    first = Ringing.on(stack, SALON_LINE, caller=number)
    twiml(await asyncio.to_thread(first.tell, "twilio_voice", CallStatus="ringing"))
    async with by_telephone(first, salon) as call:
        await call.greeted()
        await call.ask("is there a wheelchair ramp")
        request = await call.asked()
    await call.becomes(request, Status.CALLER_LEFT)
    # Its words as they should have been heard; a recogniser by telephone may write others.
    console.edit("help_requests", request.id, question="is there a wheelchair ramp", answer=ANSWERS[0])
    late = await call.becomes(request, Status.FOLLOW_UP)
    assert late.caller_number == number

    again = Ringing.on(stack, SALON_LINE, caller=number)
    twiml(await asyncio.to_thread(again.tell, "twilio_voice", CallStatus="ringing"))
    async with by_telephone(again, salon) as call:
        told = await awaited(salon, Query(HelpRequest, {"call": request.call}), _is_followed_up)
        heard = await call.heard([owed, *map(relayed, ANSWERS[1:])], since=0)
    assert (told.id, told.closed_at is not None) == (request.id, True)
    assert heard.best == owed, heard.matches


def _is_followed_up(request: HelpRequest) -> bool:
    return request.status is Status.FOLLOWED_UP


async def test_a_voice_agent_that_an_admin_broke_answers_as_it_last_did_and_the_error_stands_beside_it(
    stack: dict[str, Any], salon: Store, console: Console, own_line: VoiceAgent
) -> None:
    config.in_force(salon, VoiceAgent, own_line.id, at=datetime.now(UTC))  # an earlier call used it
    console.edit("voice_agents", own_line.id, greeting=7)
    ringing = Ringing.on(stack, OWN_LINE)
    [dial] = twiml(await asyncio.to_thread(ringing.tell, "twilio_voice", CallStatus="ringing"))
    assert dial.tag == "Dial"
    async with by_telephone(ringing, salon) as call:
        await call.greeted()
        heard = await call.heard([own_line.greeting, "Thank you for calling Luxe Beauty Salon."], since=0)
    assert heard.best == own_line.greeting, heard.matches
    beside = console.read("voice_agents", own_line.id)
    assert "greeting" in beside["problem"]["stringValue"]
    assert beside["greeting"] == {"integerValue": "7"}


@pytest.mark.parametrize("signature", ["", "bm90IHR3aWxpbydz"], ids=["missing", "wrong"])
def test_a_call_that_twilio_did_not_sign_is_refused_and_nothing_is_written(
    stack: dict[str, Any], salon: Store, signature: str
) -> None:
    for function in ("twilio_voice", "twilio_status"):
        ringing = Ringing.on(stack, SALON_LINE)
        assert ringing.tell(function, signature=signature, CallStatus="ringing").status_code == 403
        assert salon.find(Query(Call, {"opened_by": ringing.sid})).records == ()


def test_a_number_that_leads_nowhere_is_told_so_in_words(stack: dict[str, Any], salon: Store) -> None:
    ringing = Ringing.on(stack, "+19995550199")
    say, hangup = twiml(ringing.tell("twilio_voice", CallStatus="ringing"))
    assert (say.tag, hangup.tag) == ("Say", "Hangup")
    assert "not in service" in (say.text or "")
    assert salon.find(Query(Call, {"opened_by": ringing.sid})).records == ()


def test_a_line_that_is_switched_off_is_told_so_in_words(
    stack: dict[str, Any], salon: Store, own_line: VoiceAgent
) -> None:
    salon.commit(Put(own_line.model_copy(update={"active": False})))
    ringing = Ringing.on(stack, OWN_LINE)
    say, hangup = twiml(ringing.tell("twilio_voice", CallStatus="ringing"))
    assert (say.tag, hangup.tag) == ("Say", "Hangup")
    assert "call again later" in (say.text or "")
    assert salon.find(Query(Call, {"opened_by": ringing.sid})).records == ()
