import json
from datetime import UTC, datetime

import pytest

from holdline.front_end import Line
from local.checkout import ROOT
from local.demo import TENANTS, Tenant, facts, knowledge_of
from local.demo_facts import FRONT_DESK

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.organisation.id)
def test_an_organisation_knows_twenty_things_on_its_first_day(tenant: Tenant) -> None:
    assert len(knowledge_of(tenant.organisation.id, at=NOW)) >= 20


def test_the_salon_knows_nothing_about_parking() -> None:
    known = [entry.model_dump_json().lower() for entry in knowledge_of("luxe-beauty-salon", at=NOW)]

    assert not [entry for entry in known if "park" in entry]


def test_nobody_and_no_line_belongs_to_two_organisations() -> None:
    people = [person.id for tenant in TENANTS for person in tenant.people]
    numbers = [tenant.number.id for tenant in TENANTS]

    assert len(people) == len(set(people))
    assert len(numbers) == len(set(numbers))
    assert all(tenant.number.org == tenant.organisation.id for tenant in TENANTS)


def test_every_line_leads_to_a_voice_agent_that_exists() -> None:
    assert all(tenant.number.voice_agent == tenant.voice_agent.id for tenant in TENANTS)


def test_livekits_playground_reaches_a_voice_agent_that_exists() -> None:
    wanted = Line.of(FRONT_DESK)

    assert wanted in [Line(tenant.organisation.id, tenant.voice_agent.id) for tenant in TENANTS]


def test_the_salon_has_two_supervisors_and_an_admin_and_the_practice_one_supervisor() -> None:
    roles = [(person.org, person.role) for person in facts().people]

    assert sorted(roles) == [
        ("bright-smile-dental", "supervisor"),
        ("luxe-beauty-salon", "admin"),
        ("luxe-beauty-salon", "supervisor"),
        ("luxe-beauty-salon", "supervisor"),
    ]


def test_the_rules_that_firebase_json_names_exist() -> None:
    firestore = json.loads((ROOT / "firebase.json").read_text())["firestore"]

    assert (ROOT / firestore["rules"]).is_file()
    assert json.loads((ROOT / firestore["indexes"]).read_text()).keys() == {"indexes", "fieldOverrides"}
