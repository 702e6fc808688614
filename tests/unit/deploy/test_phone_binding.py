"""The document that binds a number: who may have it, and what stands in the way."""

import pytest

from deploy.phone_binding import bind_step, require_voice_agent, unbind_step
from deploy.phone_step import CannotGoOn, Step
from holdline.memory_store import MemoryDatabase
from holdline.people import PhoneNumber
from holdline.store import Create, must_get
from tests.builders import a_phone_number, a_voice_agent, an_organisation

LINE = "+15555550100"


@pytest.fixture
def database() -> MemoryDatabase:
    database = MemoryDatabase()
    database.platform.commit(Create(an_organisation("salon")))
    database.for_org("salon").commit(Create(a_voice_agent()))
    return database


def bind(
    database: MemoryDatabase, *, org: str = "salon", voice_agent: str = "reception", may_move: bool = False
) -> Step:
    return bind_step(database, LINE, org=org, voice_agent=voice_agent, may_move=may_move)


def test_another_voice_agent_of_the_same_organisation_takes_the_number_and_its_settings_stay(
    database: MemoryDatabase,
) -> None:
    database.platform.commit(Create(a_phone_number(web_calls=True)))
    bind(database, voice_agent="bookings").do()
    bound = must_get(database.platform, PhoneNumber, LINE).record
    assert (bound.voice_agent, bound.web_calls) == ("bookings", True)


def test_who_was_faster_keeps_the_number(database: MemoryDatabase) -> None:
    step = bind(database)
    database.platform.commit(Create(a_phone_number(org="dental")))
    with pytest.raises(CannotGoOn, match="Somebody else changed the binding"):
        step.do()
    assert must_get(database.platform, PhoneNumber, LINE).record.org == "dental"


def test_a_binding_that_changed_since_it_was_looked_at_is_not_deleted(database: MemoryDatabase) -> None:
    database.platform.commit(Create(a_phone_number()))
    step = unbind_step(database, LINE)
    bind(database, org="dental", may_move=True).do()
    with pytest.raises(CannotGoOn, match="Somebody else changed the binding"):
        step.do()
    assert must_get(database.platform, PhoneNumber, LINE).record.org == "dental"


def test_documents_that_people_broke_are_named_with_what_is_wrong(database: MemoryDatabase) -> None:
    database.write_by_hand("orgs/salon/voice_agents/reception", {"name": 7})
    with pytest.raises(CannotGoOn, match=r"voice_agents/reception: name: .*Mend that document first"):
        require_voice_agent(database, "salon", "reception")
    database.write_by_hand(f"phone_numbers/{LINE}", {"org": 7})
    with pytest.raises(CannotGoOn, match=r"phone_numbers/\+15555550100: "):
        bind(database)


def test_where_nobody_is_yet_that_is_said() -> None:
    with pytest.raises(CannotGoOn, match=r"There is no organisation salon\. There is: none yet\."):
        require_voice_agent(MemoryDatabase(), "salon", "reception")
