"""The demo data: two organisations, their people, lines, voice agents and knowledge, written into the emulators.

Run as a program it writes them and prints what they come to, as JSON. What the organisations know is in
local/knowledge/, one file each. The passwords are for the emulator alone.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import firebase_admin
from firebase_admin import auth

from holdline.firestore import connect
from holdline.knowledge.entry import KnowledgeEntry, Source
from holdline.people import Organisation, Person, PhoneNumber, Role
from holdline.records import Record
from holdline.settings import FirestoreSettings, load
from holdline.store import Database, Put
from holdline.voice_agent import VoiceAgent
from local.checkout import ROOT
from local.demo_facts import DemoFacts, DemoNumber, DemoPerson

PASSWORD = "holdline-demo"  # noqa: S105 - of the emulator's demo people


@dataclass(frozen=True)
class Tenant:
    """One organisation with everything but its knowledge."""

    organisation: Organisation
    number: PhoneNumber
    voice_agent: VoiceAgent
    people: tuple[Person, ...]


SALON = Tenant(
    organisation=Organisation(
        id="luxe-beauty-salon",
        name="Luxe Beauty Salon",
        time_zone="America/New_York",
        quick_responses=(
            "Yes, we do.",
            "No, I'm sorry, we don't.",
            "Walk-ins are welcome today.",
            "We'll call you back within the hour.",
        ),
        on_duty="lucia",
    ),
    number=PhoneNumber(id="+12125550100", org="luxe-beauty-salon", voice_agent="front-desk", web_calls=True),
    voice_agent=VoiceAgent(
        id="front-desk",
        name="Sofia",
        greeting="Thank you for calling Luxe Beauty Salon. This is Sofia. How can I help you?",
        instructions="Warm and brief. The stylists are Maria and Emma.",
    ),
    people=(
        Person(id="ana", name="Ana", email="ana@luxe.example.com", role=Role.SUPERVISOR, skills=("bookings",)),
        Person(
            id="rosa",
            name="Rosa",
            email="rosa@luxe.example.com",
            role=Role.SUPERVISOR,
            skills=("colour",),
            phone="+12125550143",
        ),
        Person(id="lucia", name="Lucia", email="lucia@luxe.example.com", role=Role.ADMIN, phone="+12125550144"),
    ),
)
PRACTICE = Tenant(
    organisation=Organisation(
        id="bright-smile-dental",
        name="Bright Smile Dental",
        time_zone="America/Chicago",
        consent_line="I am an AI assistant, and this call is recorded.",
        quick_responses=("Yes, we do.", "No, I'm sorry, we don't.", "The dentist will call you back today."),
    ),
    number=PhoneNumber(id="+13125550100", org="bright-smile-dental", voice_agent="reception", web_calls=True),
    voice_agent=VoiceAgent(
        id="reception",
        name="Grace",
        greeting="Bright Smile Dental, this is Grace. How can I help you?",
        instructions="Calm and clear. Never give medical advice.",
    ),
    people=(Person(id="daniel", name="Daniel", email="daniel@brightsmile.example.com", role=Role.SUPERVISOR),),
)
TENANTS = (SALON, PRACTICE)


def knowledge_of(org: str, *, at: datetime) -> list[KnowledgeEntry]:
    """What an organisation knows on its first day."""
    entries = json.loads((ROOT / "local" / "knowledge" / f"{org}.json").read_text())["entries"]
    return [KnowledgeEntry(**entry, source=Source.seed, updated_at=at) for entry in entries]


def facts() -> DemoFacts:
    """Who can sign in, which lines can be called, and who is texted."""
    return DemoFacts(
        people=tuple(
            DemoPerson(email=person.email, password=PASSWORD, org=tenant.organisation.id, role=person.role)
            for tenant in TENANTS
            for person in tenant.people
        ),
        phone_numbers=tuple(
            DemoNumber(number=tenant.number.id, org=tenant.number.org, voice_agent=tenant.number.voice_agent)
            for tenant in TENANTS
        ),
        duty_phones=tuple(
            person.phone
            for tenant in TENANTS
            for person in tenant.people
            if person.id == tenant.organisation.on_duty and person.phone is not None
        ),
    )


def write_all(database: Database, *, at: datetime) -> None:
    """Write every document and every account, over whatever is there."""
    write_documents(database, at=at)
    for tenant in TENANTS:
        for person in tenant.people:
            _write_account(person, tenant.organisation.id)


def write_documents(database: Database, *, at: datetime) -> None:
    for tenant in TENANTS:
        org = tenant.organisation.id
        documents: list[Record] = [tenant.organisation, tenant.voice_agent, *tenant.people]
        database.for_org(org).commit(*(Put(record) for record in [*documents, *knowledge_of(org, at=at)]))
        database.platform.commit(Put(tenant.number))


def _write_account(person: Person, org: str) -> None:
    """An account in the Auth emulator; what its owner may do is in its claims."""
    fields = {"uid": person.id, "email": person.email, "password": PASSWORD, "display_name": person.name}
    try:
        auth.create_user(**fields)
    except (auth.UidAlreadyExistsError, auth.EmailAlreadyExistsError):
        auth.update_user(**fields)
    auth.set_custom_user_claims(person.id, {"org": org, "role": person.role.value})


def main() -> None:
    settings = load(FirestoreSettings)
    firebase_admin.initialize_app(options={"projectId": settings.google_cloud_project})
    database = connect(settings)
    write_all(database, at=datetime.now(UTC))
    database.close()
    print(facts().model_dump_json())


if __name__ == "__main__":
    main()
