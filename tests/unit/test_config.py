"""Configuration edited by hand: which version is in force, and what an admin is told."""

import pytest

from holdline.config import ConfigVersion, at_version, in_force, organisation_in_force
from holdline.errors import InvalidDocument, NotFound
from holdline.memory_store import MemoryDatabase
from holdline.people import Organisation
from holdline.store import Create, Put, Query, Store
from holdline.voice_agent import VoiceAgent, on_duty
from tests.builders import NOW, a_voice_agent, an_organisation, later
from tests.doubles import CountingStore

PATH = "orgs/salon/voice_agents/reception"


@pytest.fixture
def store(store: Store) -> Store:
    store.commit(Create(a_voice_agent()))
    return store


def kept(store: Store) -> list[ConfigVersion]:
    return list(store.find(Query(ConfigVersion, order_by="since")).records)


def problem_beside(store: Store) -> str | None:
    try:
        stored = store.get(VoiceAgent, "reception")
    except InvalidDocument as error:
        return error.noted
    assert stored is not None
    return stored.record.problem


def test_the_first_call_keeps_the_configuration_as_a_version(store: Store) -> None:
    agent, version = in_force(store, VoiceAgent, "reception", at=NOW)
    assert agent == a_voice_agent()
    assert [(one.version, one.since, one.of) for one in kept(store)] == [(version, NOW, "voice_agents_reception")]


def test_an_unchanged_configuration_is_the_same_version_and_nothing_is_written(store: Store) -> None:
    _, first = in_force(store, VoiceAgent, "reception", at=NOW)
    before = kept(store)
    _, second = in_force(store, VoiceAgent, "reception", at=later(60))
    assert (second, kept(store)) == (first, before)


def test_what_is_in_force_is_read_in_one_round_trip(database: MemoryDatabase, store: Store) -> None:
    store.commit(Create(an_organisation()))
    on_duty(store, "reception", at=NOW)
    counting = CountingStore(database)
    on_duty(counting, "reception", at=later(1))
    assert (counting.reads, counting.batches) == (1, [])


def test_what_is_said_to_be_in_force_may_be_broken_too_and_is_mended_by_the_next_call(
    database: MemoryDatabase, store: Store
) -> None:
    first = in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand("orgs/salon/config_in_force/voice_agents_reception", {"version": "a/b"})
    assert in_force(store, VoiceAgent, "reception", at=later(1)) == first
    database.write_by_hand(PATH, {"greeting": 7})
    assert in_force(store, VoiceAgent, "reception", at=later(2)) == first


def test_a_valid_edit_is_a_new_version_for_the_next_call(database: MemoryDatabase, store: Store) -> None:
    _, first = in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand(PATH, {"greeting": "Good evening!"})
    agent, second = in_force(store, VoiceAgent, "reception", at=later(60))
    assert agent.greeting == "Good evening!"
    assert first != second
    assert [one.version for one in kept(store)] == [first, second]


def test_a_call_goes_on_with_the_version_it_began_with(database: MemoryDatabase, store: Store) -> None:
    began_with, version = in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand(PATH, {"greeting": "Good evening!"})
    in_force(store, VoiceAgent, "reception", at=later(60))
    assert at_version(store, VoiceAgent, "reception", version=version) == began_with
    with pytest.raises(NotFound):
        at_version(store, VoiceAgent, "reception", version="never")


def test_an_invalid_edit_gets_its_reason_beside_it_and_the_last_good_version_stays_in_force(
    database: MemoryDatabase, store: Store
) -> None:
    last_good = in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand(PATH, {"answer_timeout_s": 1, "greeting": ""})
    assert in_force(store, VoiceAgent, "reception", at=later(60)) == last_good
    problem = problem_beside(store)
    assert problem is not None
    assert "answer_timeout_s: Input should be greater than or equal to 5" in problem
    assert "greeting: " in problem


def test_of_two_good_versions_the_later_is_in_force_behind_an_invalid_edit(
    database: MemoryDatabase, store: Store
) -> None:
    for seconds, greeting in enumerate(["One.", "Two.", "One."]):
        database.write_by_hand(PATH, {"greeting": greeting})
        in_force(store, VoiceAgent, "reception", at=later(seconds))
    database.write_by_hand(PATH, {"greeting": 7})
    assert in_force(store, VoiceAgent, "reception", at=later(60))[0].greeting == "One."


def test_the_reason_is_written_once_and_anew_when_the_mistake_is_another(
    database: MemoryDatabase, store: Store
) -> None:
    in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand(PATH, {"answer_timeout_s": "soon"})
    counting = CountingStore(database)
    for _ in range(3):
        in_force(counting, VoiceAgent, "reception", at=later(1))
    first = problem_beside(store)
    assert len(counting.batches) == 1
    database.write_by_hand(PATH, {"answer_timeout_s": 99999})
    in_force(store, VoiceAgent, "reception", at=later(2))
    assert problem_beside(store) not in (None, first)


def test_a_mended_edit_takes_the_reason_away_and_counts_from_the_next_call(
    database: MemoryDatabase, store: Store
) -> None:
    in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand(PATH, {"answer_timeout_s": 1})
    in_force(store, VoiceAgent, "reception", at=later(1))
    database.write_by_hand(PATH, {"answer_timeout_s": 60})
    agent, _ = in_force(store, VoiceAgent, "reception", at=later(2))
    assert agent.answer_timeout_s == 60
    assert problem_beside(store) is None


def test_taking_an_invalid_edit_back_is_the_version_it_was(database: MemoryDatabase, store: Store) -> None:
    _, first = in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand(PATH, {"answer_timeout_s": 1})
    in_force(store, VoiceAgent, "reception", at=later(1))
    database.write_by_hand(PATH, {"answer_timeout_s": 120})
    assert in_force(store, VoiceAgent, "reception", at=later(2))[1] == first
    assert len(kept(store)) == 1
    assert problem_beside(store) is None


def test_what_was_never_valid_is_not_found_and_says_why_beside_it(database: MemoryDatabase) -> None:
    store = database.for_org("salon")
    database.write_by_hand(PATH, {"name": "Vera"})
    with pytest.raises(NotFound, match="voice_agents/reception"):
        in_force(store, VoiceAgent, "reception", at=NOW)
    assert problem_beside(store) == "greeting: Field required"


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="voice_agents/nobody"):
        in_force(store, VoiceAgent, "nobody", at=NOW)


def test_a_configuration_outlives_an_invalid_edit_but_not_its_deletion(database: MemoryDatabase, store: Store) -> None:
    last_good = in_force(store, VoiceAgent, "reception", at=NOW)
    database.write_by_hand(PATH, {"answer_timeout_s": 1})
    assert in_force(store, VoiceAgent, "reception", at=later(1)) == last_good
    database.delete_by_hand(PATH)
    with pytest.raises(NotFound):
        in_force(store, VoiceAgent, "reception", at=later(2))


def test_an_organisation_that_nobody_configured_well_goes_by_its_id(database: MemoryDatabase, store: Store) -> None:
    assert organisation_in_force(store, "salon", at=NOW) == Organisation(id="salon", name="salon")
    store.commit(Put(an_organisation(time_zone="America/New_York")))
    assert organisation_in_force(store, "salon", at=NOW).time_zone == "America/New_York"
    database.write_by_hand("orgs/salon", {"time_zone": "Mars/Olympus"})
    assert organisation_in_force(store, "salon", at=later(1)).time_zone == "America/New_York"
