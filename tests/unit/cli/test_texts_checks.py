"""That texts can be sent is asked where somebody counts on them, and nowhere else."""

from collections.abc import Iterator
from typing import Any

import pytest

from cli.checks import texts
from cli.checks.check import Fault, Fine, NotChecked
from holdline.callback import Callback
from holdline.help_request import Status
from holdline.memory_store import MemoryDatabase
from holdline.store import Put
from tests.builders import NOW, a_person, a_phone_number, a_request_that_is, an_organisation
from tests.twilio_api import ACCOUNT, TOKEN, TwilioApi, running_twilio_api
from tests.unit.cli.examined import PRODUCTION, a_subject

LINE = "+15555550100"
PHONE = "+15555550144"
ON_DUTY = an_organisation(on_duty="ana")


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioApi]:
    """An account that owns the line, and the settings to reach it."""
    with running_twilio_api() as api:
        api.owns(LINE)
        for name, value in (PRODUCTION | given(api)).items():
            monkeypatch.setenv(name, value)
        yield api


def given(api: TwilioApi) -> dict[str, str]:
    return {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_URL": api.url}


def a_database(*records: Any) -> MemoryDatabase:
    database = MemoryDatabase()
    database.platform.commit(Put(a_phone_number(LINE)))
    database.for_org("salon").commit(*(Put(record) for record in records))
    return database


async def test_where_nobody_counts_on_texts_nothing_is_asked() -> None:
    database = a_database(an_organisation(), a_person(phone=PHONE))
    before = dict(database._documents)
    assert isinstance(await texts.texts(a_subject(database=database)), NotChecked)
    assert database._documents == before, "a check leaves nothing behind"


@pytest.mark.parametrize(
    ("person", "said"),
    [({"phone": None}, "has no phone"), ({"uid": "ben", "phone": PHONE}, "does not exist")],
)
async def test_who_is_on_duty_and_cannot_be_texted_is_a_fault(person: dict[str, Any], said: str) -> None:
    uid = person.pop("uid", "ana")
    answer = await texts.texts(a_subject(database=a_database(ON_DUTY, a_person(uid, **person))))
    assert isinstance(answer, Fault)
    assert said in answer.said
    assert "on_duty" in answer.remedy


async def test_without_an_account_what_somebody_counts_on_is_a_fault() -> None:
    answer = await texts.texts(a_subject(database=a_database(ON_DUTY, a_person(phone=PHONE))))
    assert isinstance(answer, Fault)
    assert "Ana is on duty" in answer.said
    assert "TWILIO_ACCOUNT_SID" in answer.remedy
    assert PHONE not in str(answer)


async def test_callers_who_agreed_to_a_text_count_on_it_too() -> None:
    agreed = Callback(number=PHONE, consents_to_text=True, asked_at=NOW)
    database = a_database(
        an_organisation(),
        a_request_that_is(Status.FOLLOW_UP, "one", callback=agreed),
        a_request_that_is(Status.FOLLOW_UP, "two", callback=Callback(number=PHONE, asked_at=NOW)),
    )
    answer = await texts.texts(a_subject(database=database))
    assert isinstance(answer, Fault)
    assert "late answers that are to go by text: 1" in answer.said


async def test_a_line_that_can_send_texts_is_fine(twilio: TwilioApi) -> None:
    database = a_database(ON_DUTY, a_person(phone=PHONE))
    answer = await texts.texts(a_subject(settings=PRODUCTION | given(twilio), database=database))
    assert answer == Fine("salon: Ana is on duty")


@pytest.mark.parametrize("fields", [{"capabilities": {"voice": True, "sms": False}}, {"phone_number": "+15555550101"}])
async def test_an_organisation_whose_numbers_cannot_send_texts_is_named(
    twilio: TwilioApi, fields: dict[str, Any]
) -> None:
    twilio.number(LINE).update(fields)
    database = a_database(ON_DUTY, a_person(phone=PHONE))
    answer = await texts.texts(a_subject(settings=PRODUCTION | given(twilio), database=database))
    assert isinstance(answer, Fault)
    assert "no number of salon can send texts" in answer.said


async def test_what_another_check_tells_is_not_told_again(twilio: TwilioApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
    database = a_database(ON_DUTY, a_person(phone=PHONE))
    answer = await texts.texts(a_subject(settings=PRODUCTION | given(twilio), database=database))
    assert isinstance(answer, NotChecked)
    assert "phone.twilio" in answer.why
