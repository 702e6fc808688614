"""What a call knows before its first word is what its dispatch names, whatever has become of the documents since."""

import pytest

from agent.briefing import brief
from holdline import line
from holdline.call import Call, CallKind, Dispatch, Outcome
from holdline.config import in_force
from holdline.errors import CallOver, NotFound
from holdline.help_request import Status
from holdline.knowledge import Scope
from holdline.memory_store import MemoryDatabase
from holdline.people import Person, Role
from holdline.store import Create, Put, Store, must_get
from holdline.voice_agent import VoiceAgent
from tests.builders import (
    NOW,
    a_call,
    a_person,
    a_request_that_is,
    a_voice_agent,
    an_entry,
    an_organisation,
    later,
)


def dispatched(store: Store, *, call: str = "call-1") -> Dispatch:
    """As the phone's webhook does it: with the version that is in force now."""
    _, version = in_force(store, VoiceAgent, "reception", at=NOW)
    return Dispatch(
        org="salon", call=call, voice_agent="reception", version=version, kind=CallKind.PHONE, caller_identity="caller"
    )


@pytest.fixture
def salon(store: Store) -> Store:
    store.commit(Create(an_organisation(consent_line="This call is recorded.")), Create(a_voice_agent()))
    return store


async def test_it_is_call_voice_agent_organisation_and_knowledge(salon: Store) -> None:
    salon.commit(Create(an_entry()))
    briefing = await brief(salon, dispatched(salon), caller="caller", at=NOW)
    assert briefing.call.id == "call-1"
    assert briefing.voice_agent.greeting == a_voice_agent().greeting
    assert briefing.organisation.consent_line == "This call is recorded."
    assert briefing.known.look_up("when do you open", at=NOW)[0] is not None


async def test_the_recogniser_is_told_the_names_of_the_business_its_agent_and_its_people(salon: Store) -> None:
    for uid in ("ana", "rosa"):
        salon.commit(Create(Person(id=uid, name=uid.title(), email=f"{uid}@example.com", role=Role.SUPERVISOR)))
    briefing = await brief(salon, dispatched(salon), caller="caller", at=NOW)
    assert briefing.terms == (briefing.organisation.name, "Vera", "Ana", "Rosa")


@pytest.mark.parametrize(
    ("on_duty", "phone", "can_text"),
    [("ana", "+15555550144", True), ("ana", None, False), (None, "+15555550144", False)],
)
async def test_somebody_on_duty_can_be_texted_who_has_a_phone(
    salon: Store, on_duty: str | None, phone: str | None, can_text: bool
) -> None:
    salon.commit(Put(an_organisation(on_duty=on_duty)), Create(a_person(phone=phone)))
    assert (await brief(salon, dispatched(salon), caller="caller", at=NOW)).can_text is can_text


async def test_what_this_caller_has_not_heard_of_earlier_calls_is_known(salon: Store) -> None:
    number = a_call().caller
    for request_id, caller, status in (
        ("mine", number, Status.FOLLOW_UP),
        ("told", number, Status.FOLLOWED_UP),
        ("anothers", "+15555550199", Status.FOLLOW_UP),
    ):
        salon.commit(Create(a_request_that_is(status, request_id, call="call-0", caller_number=caller)))
    briefing = await brief(salon, dispatched(salon), caller="caller", at=NOW)
    assert [request.id for request in briefing.owed] == ["mine"]


async def test_a_caller_without_a_number_is_owed_nothing(salon: Store) -> None:
    salon.commit(Put(a_call(caller="browser")), Create(a_request_that_is(Status.FOLLOW_UP, caller_number=None)))
    assert (await brief(salon, dispatched(salon), caller="caller", at=NOW)).owed == ()


async def test_a_call_that_is_over_is_not_answered(salon: Store) -> None:
    dispatch = dispatched(salon)
    line.close(salon, "call-1", outcome=Outcome.NOT_CONNECTED, at=NOW)
    with pytest.raises(CallOver):
        await brief(salon, dispatch, caller="caller", at=later(1))


@pytest.mark.parametrize(("kind", "within_s"), [(CallKind.PHONE, 60), (CallKind.BROWSER, 15), (CallKind.REHEARSAL, 15)])
async def test_a_caller_from_a_browser_is_given_up_sooner_than_one_from_a_phone(
    salon: Store, kind: CallKind, within_s: int
) -> None:
    salon.commit(Put(a_call(kind=kind)))
    assert (await brief(salon, dispatched(salon), caller="caller", at=NOW)).caller_within_s == within_s


async def test_the_voice_agent_is_as_it_was_when_the_call_was_placed(salon: Store) -> None:
    dispatch = dispatched(salon)
    salon.commit(Put(a_voice_agent(greeting="Changed meanwhile.")))
    in_force(salon, VoiceAgent, "reception", at=later(1))
    briefing = await brief(salon, dispatch, caller="caller", at=later(2))
    assert briefing.voice_agent.greeting == a_voice_agent().greeting


async def test_a_voice_agent_that_was_broken_meanwhile_still_answers(salon: Store, database: MemoryDatabase) -> None:
    dispatch = dispatched(salon)
    database.write_by_hand("orgs/salon/voice_agents/reception", {"greeting": ""})
    assert (await brief(salon, dispatch, caller="caller", at=NOW)).voice_agent.greeting == a_voice_agent().greeting


async def test_a_broken_organisation_is_as_it_was_last_good(salon: Store, database: MemoryDatabase) -> None:
    await brief(salon, dispatched(salon), caller="caller", at=NOW)
    database.write_by_hand("orgs/salon", {"time_zone": "Atlantis"})
    briefing = await brief(salon, dispatched(salon), caller="caller", at=later(1))
    assert briefing.organisation.consent_line == "This call is recorded."


async def test_an_organisation_that_was_never_good_goes_by_its_id(salon: Store, database: MemoryDatabase) -> None:
    database.write_by_hand("orgs/salon", {"time_zone": "Atlantis"})
    assert (await brief(salon, dispatched(salon), caller="caller", at=NOW)).organisation.name == "salon"


async def test_the_threshold_is_the_voice_agents(salon: Store) -> None:
    salon.commit(Create(an_entry()), Put(a_voice_agent(answer_threshold=1.0)))
    briefing = await brief(salon, dispatched(salon), caller="caller", at=NOW)
    assert briefing.known.look_up("when do you open", at=NOW)[0] is None


async def test_what_one_caller_was_told_is_known_to_that_caller(salon: Store) -> None:
    salon.commit(Create(an_entry(scope=Scope.this_caller, caller="+15555550142")))
    briefing = await brief(salon, dispatched(salon), caller="caller", at=NOW)
    assert briefing.known.look_up("when do you open", at=NOW)[0] is not None


async def test_a_call_that_nobody_opened_is_not_answered(salon: Store) -> None:
    with pytest.raises(NotFound, match="calls/none"):
        await brief(salon, dispatched(salon, call="none"), caller="caller", at=NOW)


async def test_a_version_that_never_was_is_not_answered(salon: Store) -> None:
    dispatch = dispatched(salon).model_copy(update={"version": "never"})
    with pytest.raises(NotFound, match="never"):
        await brief(salon, dispatch, caller="caller", at=NOW)


async def test_whoever_came_first_through_a_front_end_is_written_down_as_its_caller(salon: Store) -> None:
    salon.commit(Put(a_call(kind=CallKind.FRONT_END, caller_identity=None)))
    briefing = await brief(salon, dispatched(salon), caller="anna", at=NOW)
    assert briefing.caller_identity == "anna"
    assert must_get(salon, Call, "call-1").record.caller_identity == "anna"


async def test_nobody_else_becomes_the_caller_of_a_call_that_has_one(salon: Store) -> None:
    briefing = await brief(salon, dispatched(salon), caller="anna", at=NOW)
    assert briefing.caller_identity == a_call().caller_identity
