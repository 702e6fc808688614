"""What the demo data comes to, for those who use it: who can sign in, which lines can be called, who is texted."""

from pydantic import BaseModel, ConfigDict

FRONT_DESK = "luxe-beauty-salon/front-desk"
"""Who answers LiveKit's playground here."""


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class DemoPerson(_Fact):
    email: str
    password: str
    org: str
    role: str


class DemoNumber(_Fact):
    number: str
    org: str
    voice_agent: str


class DemoFacts(_Fact):
    people: tuple[DemoPerson, ...]
    phone_numbers: tuple[DemoNumber, ...]
    duty_phones: tuple[str, ...]
    """Of those who are texted when nobody at the desk answers."""
