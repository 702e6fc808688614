"""An organisation begins with what its file says, checked to the last field, and what people change is theirs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.organisation import Described, NotAdmitted, NotReadable, read, write
from holdline.config import in_force
from holdline.duty import person_on_duty
from holdline.knowledge import KnowledgeEntry
from holdline.ladder import Ladder
from holdline.memory_store import MemoryDatabase
from holdline.people import Organisation, Person, Role
from holdline.store import Query, must_get
from holdline.voice_agent import VoiceAgent
from local.checkout import ROOT
from tests.builders import NOW

EXAMPLE = ROOT / "deploy" / "organisation.example.toml"


class FakeAccounts:
    """Knows who belongs where."""

    def __init__(self) -> None:
        self.admitted: dict[str, tuple[str, Role]] = {}

    def admit(self, email: str, name: str, *, org: str, role: Role) -> tuple[str, str | None]:
        if self.admitted.get(email, (org, role))[0] != org:
            raise NotAdmitted(f"{email} belongs elsewhere.")
        is_new = email not in self.admitted
        self.admitted[email] = (org, role)
        return f"uid-of-{email}", "https://example.com/choose" if is_new else None


@pytest.fixture
def described() -> Described:
    return read(EXAMPLE, at=NOW)


@pytest.fixture
def accounts() -> FakeAccounts:
    return FakeAccounts()


def test_the_example_makes_an_organisation_that_can_answer_and_be_supervised(
    described: Described, accounts: FakeAccounts, database: MemoryDatabase
) -> None:
    store = database.for_org("corner-bakery")
    told = list(write(described, store, accounts))
    assert in_force(store, Organisation, "corner-bakery", at=NOW)[0].retention_days == 90
    assert in_force(store, VoiceAgent, "front-desk", at=NOW)[0].name == "Vera"
    assert accounts.admitted == {"ana@example.com": ("corner-bakery", Role.ADMIN)}
    assert must_get(store, Person, "uid-of-ana@example.com").record.role is Role.ADMIN
    assert [entry.id for entry in store.find(Query(KnowledgeEntry)).records] == ["opening-hours"]
    assert "ana@example.com chooses a password at https://example.com/choose" in told


def test_writing_it_again_changes_nothing_that_people_have_edited_since(
    described: Described, accounts: FakeAccounts, database: MemoryDatabase
) -> None:
    store = database.for_org("corner-bakery")
    list(write(described, store, accounts))
    database.write_by_hand("orgs/corner-bakery", {"name": "Corner Bakery & Sons"})
    database.delete_by_hand("orgs/corner-bakery/knowledge/opening-hours")
    told = list(write(described, store, accounts))
    assert must_get(store, Organisation, "corner-bakery").record.name == "Corner Bakery & Sons"
    assert told == [
        "people/uid-of-ana@example.com is there already, and stays as it is",
        "orgs/corner-bakery is there already, and stays as it is",
        "voice_agents/front-desk is there already, and stays as it is",
        "knowledge/opening-hours written",
    ]


def test_who_is_on_duty_is_named_in_the_file_by_address_and_in_the_document_by_account(
    described: Described, accounts: FakeAccounts, database: MemoryDatabase
) -> None:
    store = database.for_org("corner-bakery")
    list(write(described, store, accounts))
    organisation = must_get(store, Organisation, "corner-bakery").record
    assert organisation.on_duty == "uid-of-ana@example.com"
    assert organisation.ladder == Ladder(skilled_first_s=20, text_after_s=45)
    assert person_on_duty(store, organisation)[1] == "+15555550144"


def test_nobody_need_be_on_duty(tmp_path: Path, accounts: FakeAccounts, database: MemoryDatabase) -> None:
    file = tmp_path / "organisation.toml"
    file.write_text(EXAMPLE.read_text().replace("on_duty =", "# on_duty ="))
    list(write(read(file, at=NOW), database.for_org("corner-bakery"), accounts))
    assert must_get(database.for_org("corner-bakery"), Organisation, "corner-bakery").record.on_duty is None


def test_somebody_of_another_organisation_is_not_admitted(
    described: Described, accounts: FakeAccounts, database: MemoryDatabase
) -> None:
    accounts.admitted["ana@example.com"] = ("another", Role.ADMIN)
    store = database.for_org("corner-bakery")
    with pytest.raises(NotAdmitted, match=r"ana@example\.com"):
        list(write(described, store, accounts))
    assert store.find(Query(Person)).records == ()
    assert store.get(Organisation, "corner-bakery") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ('time_zone = "America/New_York"', 'time_zone = "Mars"'),
            r"orgs/corner-bakery: time_zone: .*New_York",
        ),
        (('greeting = "Corner', 'greetings = "Corner'), r"voice_agents/front-desk: greetings: there is no such field"),
        (('role = "admin"', 'role = "boss"'), r"people/ana@example.com: role: .*'supervisor' or 'admin'"),
        (('answer = "We', 'answer = "\\nWe'), r"knowledge/opening-hours: answer: must be one line"),
        (('id = "corner-bakery"', 'id = "corner/bakery"'), "id: .*without '/'"),
        (("[organisation]", "[organization]"), "organisation: Field required; organization: "),
        (
            ('on_duty = "ana@example.com"', 'on_duty = "rosa@example.com"'),
            r"organisation: on_duty: rosa@example\.com is none of the people.* ana@example\.com",
        ),
        (('on_duty = "ana@example.com"', "on_duty = 7"), "organisation: on_duty: 7 is none of the people"),
        (('phone = "+15555550144"\n', ""), r"on_duty: ana@example\.com has no phone.*\+15555550144"),
        (('phone = "+15555550144"', 'phone = "555 0144"'), r"people/ana@example\.com: phone: "),
        (("text_after_s = 45", "text_after_s = -1"), r"orgs/corner-bakery: ladder\.text_after_s: .*greater than"),
        (("text_after_s", "text_after"), r"ladder\.text_after: there is no such field; there are .*text_after_s"),
        (("[organisation]", "[organisation"), "line .*example.toml"),
        (("[voice_agents.front-desk]", "[voice_agents]\n[extra]"), "extra: "),
    ],
    ids=[
        "zone",
        "field",
        "role",
        "answer",
        "id",
        "section",
        "nobody on duty",
        "no address",
        "no phone",
        "phone",
        "ladder",
        "rung",
        "toml",
        "part",
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    file = tmp_path / "organisation.toml"
    text = EXAMPLE.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change))
    with pytest.raises(NotReadable, match=said) as refused:
        read(file, at=NOW)
    assert str(file) in str(refused.value)


def test_an_organisation_without_a_voice_agent_is_none(tmp_path: Path) -> None:
    file = tmp_path / "organisation.toml"
    file.write_text('id = "empty"\n[organisation]\nname = "Empty"\n[voice_agents]\n')
    with pytest.raises(NotReadable, match="voice_agents: there is none"):
        read(file, at=NOW)


def test_nobody_stands_there_twice_with_two_roles(tmp_path: Path) -> None:
    file = tmp_path / "organisation.toml"
    again = '[[people]]\nname = "Ana"\nemail = "Ana@Example.com"\nrole = "supervisor"\n'
    file.write_text(EXAMPLE.read_text() + again)
    with pytest.raises(NotReadable, match=r"ana@example\.com stands there twice"):
        read(file, at=NOW)


def test_a_role_that_changed_in_the_file_holds_for_account_and_document(
    described: Described, accounts: FakeAccounts, database: MemoryDatabase
) -> None:
    store = database.for_org("corner-bakery")
    list(write(described, store, accounts))
    demoted = described.people[0].model_copy(update={"role": Role.SUPERVISOR})
    told = list(write(replace(described, people=(demoted,)), store, accounts))
    assert accounts.admitted["ana@example.com"] == ("corner-bakery", Role.SUPERVISOR)
    assert must_get(store, Person, "uid-of-ana@example.com").record.role is Role.SUPERVISOR
    assert "ana@example.com is supervisor from now on" in told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match="no-such-file"):
        read(tmp_path / "no-such-file", at=NOW)


def test_every_field_of_the_example_is_a_field(described: Described) -> None:
    written: dict[str, Any] = described.organisation.document()
    assert written["consent_line"].startswith("This call is answered by an AI")
    assert described.knowledge[0].updated_at == NOW
