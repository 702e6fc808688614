"""What a number leads to is read along with it where it leads as it did last, and never taken from memory."""

import pytest

from functions.binding import Lines
from holdline.errors import NoVoiceAgent
from holdline.memory_store import MemoryDatabase
from holdline.people import Organisation, PhoneNumber
from holdline.records import Record
from holdline.store import Put, Read
from holdline.voice_agent import VoiceAgent
from tests.unit.functions.world import LINE, NOW


class Counted(MemoryDatabase):
    """Counts its round trips."""

    def __init__(self) -> None:
        super().__init__()
        self.readings = 0

    def get_all(self, *wanted: tuple[str | None, type[Record], str]) -> list[Read]:
        self.readings += 1
        return super().get_all(*wanted)


@pytest.fixture
def database() -> Counted:
    database = Counted()
    for org, agent in (("salon", "front_desk"), ("dental", "reception")):
        database.for_org(org).commit(
            Put(Organisation(id=org, name=org, retention_days=30)),
            Put(VoiceAgent(id=agent, name=agent, greeting="Hello.")),
        )
    database.platform.commit(Put(PhoneNumber(id=LINE, org="salon", voice_agent="front_desk")))
    return database


@pytest.fixture
def lines(database: Counted) -> Lines:
    """A number that was rung before."""
    lines = Lines(database)
    assert answered(lines) == ("salon", "front_desk")
    database.readings = 0
    return lines


def answered(lines: Lines) -> tuple[str, str]:
    """By whom a call would be answered now."""
    rung = lines.rung(LINE, at=NOW)
    assert rung is not None
    duty = rung.on_duty(at=NOW)
    return duty.organisation.id, duty.voice_agent.name


def test_a_number_that_leads_where_it_led_last_is_read_in_one_round_trip(lines: Lines, database: Counted) -> None:
    assert answered(lines) == ("salon", "front_desk")
    assert database.readings == 1


def test_a_number_that_was_bound_anew_leads_there_at_once(lines: Lines, database: Counted) -> None:
    database.platform.commit(Put(PhoneNumber(id=LINE, org="dental", voice_agent="reception")))
    database.readings = 0
    assert answered(lines) == ("dental", "reception")
    assert database.readings == 2
    assert answered(lines) == ("dental", "reception")
    assert database.readings == 3


def test_what_was_edited_since_counts_for_the_next_call(lines: Lines, database: Counted) -> None:
    database.for_org("salon").commit(Put(VoiceAgent(id="front_desk", name="Ivy", greeting="Good evening.")))
    assert answered(lines) == ("salon", "Ivy")
    database.write_by_hand("orgs/salon/voice_agents/front_desk", {"greeting": ""})
    assert answered(lines) == ("salon", "Ivy")
    database.write_by_hand("orgs/salon/voice_agents/front_desk", {"greeting": "Hi.", "active": False})
    with pytest.raises(NoVoiceAgent):
        answered(lines)


def test_a_number_that_was_taken_away_leads_nowhere_and_one_that_comes_back_does(
    lines: Lines, database: Counted
) -> None:
    database.delete_by_hand(f"phone_numbers/{LINE}")
    assert lines.rung(LINE, at=NOW) is None
    database.platform.commit(Put(PhoneNumber(id=LINE, org="dental", voice_agent="reception")))
    assert answered(lines) == ("dental", "reception")


def test_a_voice_agent_that_went_away_is_gone_though_the_number_leads_there(lines: Lines, database: Counted) -> None:
    database.delete_by_hand("orgs/salon/voice_agents/front_desk")
    with pytest.raises(NoVoiceAgent):
        answered(lines)
