"""The event of a written help request: what is an event, what is learned of it, and what is asked for again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.events.cloud.firestore import Document, DocumentEventData, Value
from werkzeug.test import TestResponse

from holdline import config, desk, line
from holdline.answer_times import EVERY_TOPIC, AnswerTimes
from holdline.call import Outcome
from holdline.errors import Stale, StoreError, Unavailable
from holdline.help_request import HelpRequest, Status
from holdline.knowledge import KnowledgeEntry
from holdline.memory_store import MemoryDatabase, MemoryStore
from holdline.people import Organisation, PersonRef
from holdline.store import Create, R, Store, Stored, must_get
from tests.unit.functions.world import CALL_ID, NOW, World

REQUEST = "call-1_ask-1"
PATH = f"orgs/salon/help_requests/{REQUEST}"
NAME = f"projects/demo-holdline/databases/(default)/documents/{PATH}"
ANA = PersonRef(uid="ana", name="Ana")
PARKING = "Yes, there is free parking behind the building."

HEADERS = {
    "ce-id": "1",
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.firestore.document.v1.written",
    "ce-source": "//firestore.googleapis.com/projects/demo-holdline/databases/(default)",
    "ce-subject": f"documents/{PATH}",
    "ce-document": PATH,
}
WRITTEN = DocumentEventData.serialize(
    DocumentEventData(value=Document(name=NAME, fields={"answer": Value(string_value="an answer of long ago")}))
)
DELETED = DocumentEventData.serialize(DocumentEventData(old_value=Document(name=NAME)))


def deliver(
    world: World, data: bytes = WRITTEN, *, to: str = "learn", headers: Mapping[str, str | None] | None = None
) -> TestResponse:
    merged = {name: value for name, value in (HEADERS | dict(headers or {})).items() if value is not None}
    return world.server(to).post("/", data=data, content_type="application/protobuf", headers=merged)


@pytest.fixture
def request_id(world: World, salon: Store) -> str:
    """A question of a caller on the line."""
    world.ring()
    request = HelpRequest(
        id=REQUEST, call=CALL_ID, question="Do you have parking?", asked_at=NOW, expires_at=NOW + timedelta(minutes=2)
    )
    salon.commit(Create(request))
    return REQUEST


@pytest.mark.parametrize(
    "headers", [{}, {"ce-document": None}, {"ce-subject": None}], ids=["both", "subject", "document"]
)
def test_an_answer_is_learned(world: World, salon: Store, request_id: str, headers: dict[str, None]) -> None:
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    assert deliver(world, headers=headers).status_code == 200
    assert must_get(salon, KnowledgeEntry, request_id).record.answer == PARKING


def test_what_the_event_carries_is_not_believed_but_the_document_as_it_stands(
    world: World, salon: Store, request_id: str
) -> None:
    assert deliver(world).status_code == 200
    assert salon.get(KnowledgeEntry, request_id) is None


def test_the_same_event_twice_writes_once(world: World, salon: Store, request_id: str) -> None:
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    deliver(world)
    before = world.documents()
    world.now += timedelta(hours=1)
    assert deliver(world).status_code == 200
    assert world.documents() == before


def test_the_help_request_is_not_written_to_so_there_is_no_echo(world: World, salon: Store, request_id: str) -> None:
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    before = salon.get(HelpRequest, request_id)
    deliver(world)
    assert salon.get(HelpRequest, request_id) == before


def test_an_answer_typed_after_the_call_becomes_a_follow_up_and_is_learned(
    world: World, salon: Store, request_id: str
) -> None:
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    world.memory.write_by_hand(PATH, {"answer": PARKING})
    assert deliver(world).status_code == 200
    request = must_get(salon, HelpRequest, request_id).record
    assert (request.status, request.accepted_answer, request.answered_by) == (Status.FOLLOW_UP, PARKING, desk.CONSOLE)
    assert must_get(salon, KnowledgeEntry, request_id).record.answer == PARKING
    before = world.documents()
    deliver(world)  # the echo of what we wrote ourselves
    assert world.documents() == before


def test_an_answer_typed_after_the_request_expired_is_taken_in(world: World, salon: Store, request_id: str) -> None:
    line.expire(salon, request_id, at=NOW)
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    world.memory.write_by_hand(PATH, {"answer": PARKING})
    deliver(world)
    assert must_get(salon, HelpRequest, request_id).record.status is Status.FOLLOW_UP


def test_an_answer_that_cannot_be_spoken_is_refused_beside_it_once(world: World, salon: Store, request_id: str) -> None:
    line.expire(salon, request_id, at=NOW)
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    world.memory.write_by_hand(PATH, {"answer": "<b>yes</b>"})
    assert deliver(world).status_code == 200
    request = must_get(salon, HelpRequest, request_id).record
    assert (request.status, request.accepted_answer) == (Status.EXPIRED, None)
    assert "markup" in (request.problem or "")
    before = world.documents()
    deliver(world)
    assert world.documents() == before


def test_a_correction_typed_after_the_call_is_learned_though_the_caller_cannot_hear_it(
    world: World, salon: Store, request_id: str
) -> None:
    desk.answer(salon, request_id, "No.", by=ANA, at=NOW)
    line.speaking_began(salon, request_id, version=1, at=NOW)
    line.heard(salon, request_id, version=1, latencies_ms={}, at=NOW)
    line.close(salon, CALL_ID, outcome=Outcome.CALLER_LEFT, at=NOW)
    deliver(world)
    world.memory.write_by_hand(PATH, {"answer": PARKING})
    deliver(world)
    request = must_get(salon, HelpRequest, request_id).record
    assert (request.status, request.accepted_answer, request.answer_version) == (Status.FOLLOW_UP, PARKING, 2)
    assert must_get(salon, KnowledgeEntry, request_id).record.answer == PARKING


def test_an_answer_typed_while_the_caller_waits_is_left_to_the_worker(
    world: World, salon: Store, request_id: str
) -> None:
    world.memory.write_by_hand(PATH, {"answer": PARKING})
    before = world.documents()
    assert deliver(world).status_code == 200
    assert world.documents() == before


def test_an_answer_typed_after_the_request_expired_waits_for_no_end_of_the_call(
    world: World, salon: Store, request_id: str
) -> None:
    """Its worker may be dead, and whoever answers meanwhile would be refused."""
    line.expire(salon, request_id, at=NOW)
    world.memory.write_by_hand(PATH, {"answer": PARKING})
    assert deliver(world).status_code == 200
    assert must_get(salon, HelpRequest, request_id).record.status is Status.FOLLOW_UP


GARBAGE: dict[str, tuple[bytes, dict[str, str | None]]] = {
    "no protobuf": (b"\xff\xff\xff\xff", {}),
    "json": (b'{"value": {}}', {}),
    "nothing": (b"", {}),
    "of another document": (
        DocumentEventData.serialize(DocumentEventData(value=Document(name=NAME.replace("salon", "dental")))),
        {},
    ),
    "another type": (WRITTEN, {"ce-type": "google.cloud.storage.object.v1.finalized"}),
    "another collection": (WRITTEN, {"ce-document": "orgs/salon/calls/call-1"}),
    "no place": (WRITTEN, {"ce-document": None, "ce-subject": None}),
    "a deeper place": (WRITTEN, {"ce-document": f"{PATH}/notes/1"}),
    "a place outside": (WRITTEN, {"ce-document": f"orgs/../help_requests/{REQUEST}"}),
    "no event": (WRITTEN, dict.fromkeys(HEADERS)),
    "no id": (WRITTEN, {"ce-id": None}),
}


both = pytest.mark.parametrize("function", ["learn", "send_texts"])


@both
@pytest.mark.parametrize(("data", "headers"), GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_refused_and_nothing_is_written(
    world: World, salon: Store, request_id: str, data: bytes, headers: dict[str, str | None], function: str
) -> None:
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    before = world.documents()
    assert deliver(world, data, to=function, headers=headers).status_code >= 400
    assert world.documents() == before


@both
def test_a_place_no_document_can_have_is_refused(world: World, function: str) -> None:
    name = NAME.replace("salon", "..")
    data = DocumentEventData.serialize(DocumentEventData(value=Document(name=name)))
    response = deliver(world, data, to=function, headers={"ce-document": PATH.replace("salon", "..")})
    assert response.status_code == 400


@both
@pytest.mark.parametrize("data", [WRITTEN, DELETED], ids=["written", "deleted"])
def test_a_request_that_is_gone_is_not_asked_for_again(world: World, data: bytes, function: str) -> None:
    before = world.documents()
    assert deliver(world, data, to=function).status_code == 200
    assert world.documents() == before


@both
def test_a_broken_request_is_not_asked_for_again(world: World, request_id: str, function: str) -> None:
    world.memory.write_by_hand(PATH, {"status": "done"})
    assert deliver(world, to=function).status_code == 200


@both
@pytest.mark.parametrize("failure", [Unavailable("no answer"), Stale("it kept changing")])
def test_while_storage_fails_the_event_is_asked_for_again(
    world: World, request_id: str, failure: StoreError, function: str
) -> None:
    world.breaks_with(failure)
    assert deliver(world, to=function).status_code >= 500


@pytest.mark.parametrize("organisation", [{"time_zone": "Mars/Olympus"}, {"name": ""}])
def test_a_broken_organisation_does_not_keep_the_line_from_learning(
    world: World, salon: Store, request_id: str, organisation: dict[str, Any]
) -> None:
    world.memory.write_by_hand("orgs/salon", organisation)
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    deliver(world)
    assert salon.get(KnowledgeEntry, request_id) is not None


# How long it took


def times(store: Store) -> list[float | None]:
    stored = store.get(AnswerTimes, EVERY_TOPIC)
    return [one.took_s for one in stored.record.times] if stored else []


def test_how_long_an_answer_took_is_remembered_once(world: World, salon: Store, request_id: str) -> None:
    deliver(world)
    assert times(salon) == [], "nobody has answered yet"
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW + timedelta(seconds=20))
    deliver(world)
    desk.correct(salon, request_id, "No.", by=ANA, at=NOW + timedelta(seconds=40))
    deliver(world)
    assert times(salon) == [20.0]


def test_that_nobody_answered_is_remembered_too(world: World, salon: Store, request_id: str) -> None:
    line.expire(salon, request_id, at=NOW)
    assert deliver(world).status_code == 200
    assert times(salon) == [None]


def test_answer_times_that_a_hand_broke_keep_nothing_from_being_learned(
    world: World, salon: Store, request_id: str
) -> None:
    world.memory.write_by_hand(f"orgs/salon/answer_times/{EVERY_TOPIC}", {"times": "long"})
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    assert deliver(world).status_code == 200
    assert salon.get(KnowledgeEntry, request_id) is not None


def test_an_entry_that_a_hand_broke_keeps_no_time_from_being_remembered(
    world: World, salon: Store, request_id: str
) -> None:
    world.memory.write_by_hand(f"orgs/salon/knowledge/{request_id}", {"scope": "the world"})
    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    assert deliver(world).status_code == 200
    assert times(salon) == [0.0]


def test_times_that_could_not_be_written_are_asked_for_again_and_the_answer_is_learned(
    world: World, salon: Store, request_id: str
) -> None:
    class NoTimes(MemoryStore):
        def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
            if kind is AnswerTimes:
                raise Unavailable("no answer")
            return super().get(kind, document_id)

    class Database(MemoryDatabase):
        def for_org(self, org: str) -> Store:
            return NoTimes(world.memory, org)

    desk.answer(salon, request_id, PARKING, by=ANA, at=NOW)
    world.database = Database()
    assert deliver(world).status_code >= 500
    assert salon.get(KnowledgeEntry, request_id) is not None


def test_today_is_reckoned_in_the_time_zone_that_was_last_a_good_one(
    world: World, salon: Store, request_id: str
) -> None:
    config.in_force(salon, Organisation, "salon", at=NOW)
    world.memory.write_by_hand("orgs/salon", {"time_zone": "Mars/Olympus"})
    desk.answer(salon, request_id, "Walk-ins are welcome today.", by=ANA, at=NOW)
    deliver(world)
    midnight_in_new_york = datetime(2026, 3, 3, 5, tzinfo=UTC)
    assert must_get(salon, KnowledgeEntry, request_id).record.until == midnight_in_new_york
    assert "time_zone" in str(world.documents()["orgs/salon"]["problem"])
