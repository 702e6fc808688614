"""The demo data: two organisations, their people, lines, voice agents and knowledge, written into the emulators.

Run as a program it writes them and prints what they come to, as JSON. The passwords are for the emulator alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import firebase_admin
from firebase_admin import auth

from holdline.people import Role
from holdline.settings import FirestoreSettings, load
from local.demo_facts import DemoFacts, DemoNumber, DemoPerson

PASSWORD = "holdline-demo"  # noqa: S105 - of the emulator's demo people


@dataclass(frozen=True)
class _Person:
    uid: str
    name: str
    org: str
    role: Role
    skills: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.uid}@{self.org}.example.com"


PEOPLE = (
    _Person("ana", "Ana", "salon", Role.SUPERVISOR, ("bookings", "colour")),
    _Person("rosa", "Rosa", "salon", Role.SUPERVISOR, ("bookings",)),
    _Person("lucy", "Lucy", "salon", Role.ADMIN),
    _Person("david", "David", "dental", Role.SUPERVISOR),
)
NUMBERS = (
    DemoNumber(number="+12125550100", org="salon", voice_agent="front_desk"),
    DemoNumber(number="+12125550200", org="dental", voice_agent="reception"),
)


def write_all() -> DemoFacts:
    """Write everything, over whatever is there."""
    settings = load(FirestoreSettings)
    firebase_admin.initialize_app(options={"projectId": settings.google_cloud_project})
    for person in PEOPLE:
        _write_account(person)
    people = (DemoPerson(email=p.email, password=PASSWORD, org=p.org, role=p.role) for p in PEOPLE)
    return DemoFacts(people=tuple(people), phone_numbers=NUMBERS)


def _write_account(person: _Person) -> None:
    account: Mapping[str, str] = {
        "uid": person.uid,
        "email": person.email,
        "password": PASSWORD,
        "display_name": person.name,
    }
    try:
        auth.create_user(**account)
    except (auth.UidAlreadyExistsError, auth.EmailAlreadyExistsError):
        auth.update_user(**account)
    auth.set_custom_user_claims(person.uid, {"org": person.org, "role": person.role.value})


if __name__ == "__main__":
    print(write_all().model_dump_json())
