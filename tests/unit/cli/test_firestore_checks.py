"""Documents as production would refuse them: each refusal has its remedy, each index a query that needs it."""

import json
from typing import Any

import pytest

from cli.checks import firestore, lines
from cli.checks.check import Fault, Fine, NotChecked
from holdline.errors import NoCredentials, Unavailable
from holdline.memory_store import MemoryDatabase
from holdline.records import Record
from holdline.store import Create, Found, Put, Query, Store
from local.checkout import ROOT
from tests.builders import a_phone_number, a_voice_agent, an_organisation
from tests.unit.cli.examined import PRODUCTION, a_subject

INDEXES = json.loads((ROOT / "firestore.indexes.json").read_text())["indexes"]


class Refusing:
    """Storage that answers every query in these words, and a database of nothing else."""

    org = None

    def __init__(self, words: str) -> None:
        self._error = Unavailable(words)

    @property
    def platform(self) -> "Refusing":
        return self

    def for_org(self, org: str) -> "Refusing":
        return self

    def get(self, *_: Any) -> None:
        raise self._error

    def find(self, *_: Any) -> Found[Record]:
        raise self._error

    def commit(self, *_: Any) -> None:
        raise self._error


def subject_of(database: Any) -> Any:
    return a_subject(database=database)


async def test_documents_are_read_and_a_write_is_tried_that_leaves_nothing(database: MemoryDatabase) -> None:
    assert isinstance(await firestore.answers(subject_of(database)), Fine)
    assert isinstance(await firestore.writes(subject_of(database)), Fine)
    assert database.platform.find(Query(type(a_phone_number()))).stored == ()


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("Firestore: 403 Missing or insufficient permissions.", "roles/datastore.user"),
        (
            "Firestore: 404 The database (default) does not exist for project holdline-live",
            "firestore databases create",
        ),
        ("Firestore: 504 Deadline Exceeded", "status.cloud.google.com"),
        (
            "Firestore: 403 Cloud Firestore API has not been used in project acme before or it is disabled.",
            "services enable firestore",
        ),
        ("Firestore: 503 Getting metadata from plugin failed with error: expired", "application-default login"),
    ],
)
async def test_a_refusal_has_its_remedy(words: str, remedy: str) -> None:
    for check in (firestore.answers, firestore.writes):
        fault = await check(subject_of(Refusing(words)))
        assert isinstance(fault, Fault) and remedy in fault.remedy


async def test_a_machine_without_credentials_is_told_how_to_get_them() -> None:
    class Uncredentialed:
        @property
        def platform(self) -> Store:
            raise NoCredentials("none")

    fault = await firestore.answers(subject_of(Uncredentialed()))
    assert isinstance(fault, Fault) and "gcloud auth application-default login" in fault.remedy


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: "+".join(field["fieldPath"] for field in index["fields"]))
def test_every_index_has_a_query_that_it_alone_serves(index: dict[str, Any]) -> None:
    """Equality alone would be served without it: the last field is what the result is ordered by."""
    query = firestore.query_for(index)
    assert query.kind.collection == index["collectionGroup"]
    assert [*query.where, query.order_by] == [field["fieldPath"] for field in index["fields"]]
    assert query.descending == (index["fields"][-1]["order"] == "DESCENDING")
    assert query.limit == 1


async def test_a_missing_index_is_named_with_the_command_that_deploys_it() -> None:
    refusal = "Firestore: 400 The query requires an index. You can create it here: https://console.example.com"
    fault = await firestore.indexes(subject_of(Refusing(refusal)))
    assert isinstance(fault, Fault)
    assert "calls by opened_by, ended_at" in fault.said
    assert "firebase deploy --only firestore:indexes" in fault.remedy


async def test_indexes_that_are_there_are_counted_and_the_emulator_needs_none(database: MemoryDatabase) -> None:
    assert await firestore.indexes(subject_of(database)) == Fine(
        f"{len(INDEXES)} composite indexes serve their queries"
    )
    local = a_subject(settings=PRODUCTION | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"})
    assert isinstance(await firestore.indexes(local), NotChecked)


async def test_numbers_that_lead_somewhere_are_counted_and_looked_at_without_a_trace(database: MemoryDatabase) -> None:
    salon = database.for_org("salon")
    salon.commit(Create(an_organisation()), Create(a_voice_agent()))
    database.platform.commit(Create(a_phone_number()))
    before = repr(salon.get(type(a_voice_agent()), "reception"))
    assert await lines.bindings(subject_of(database)) == Fine("1 number leads to a voice agent in force")
    assert repr(salon.get(type(a_voice_agent()), "reception")) == before


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "organisation salon, which does not exist"),
        ([an_organisation()], "voice agent reception of salon, which does not exist"),
        ([an_organisation(), a_voice_agent(active=False)], "which is switched off"),
    ],
)
async def test_a_number_that_leads_nowhere_says_what_is_not_there(
    there: list[Record], said: str, database: MemoryDatabase
) -> None:
    database.platform.commit(Create(a_phone_number()))
    if there:
        database.for_org("salon").commit(*(Put(record) for record in there))
    fault = await lines.bindings(subject_of(database))
    assert isinstance(fault, Fault) and said in fault.said
    assert a_phone_number().id not in fault.said


async def test_a_product_without_any_number_is_told_of(database: MemoryDatabase) -> None:
    fault = await lines.bindings(subject_of(database))
    assert isinstance(fault, Fault) and "holdline number bind" in fault.remedy
