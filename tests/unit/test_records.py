"""Every kind of document, written and read back; and what is told of one that people broke."""

import logging
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1 import _helpers as client_codec
from pydantic import BaseModel

from holdline.answer_times import AnswerTime, AnswerTimes
from holdline.call import CallKind, Dispatch, KnowledgeUse, Speaker
from holdline.callback import Callback
from holdline.config import ConfigVersion, InForce
from holdline.duty import Asked, DutyPhone, Reply
from holdline.errors import InvalidDocument
from holdline.firestore.documents import plain
from holdline.help_request import ContextTurn, HelpRequest, Status
from holdline.instruction import Instruction
from holdline.knowledge import KnowledgeVersion
from holdline.ladder import Ladder, Rung
from holdline.lease import Lease
from holdline.people import AuditEntry, Organisation, PhoneNumber
from holdline.presence import Presence
from holdline.records import Record, checked_id
from holdline.text_message import TextMessage, TextStatus
from tests.builders import (
    ANA,
    NOW,
    a_call,
    a_person,
    a_phone_number,
    a_request,
    a_turn,
    a_voice_agent,
    an_entry,
    an_organisation,
    later,
)

USE = KnowledgeUse(entry="hours", question="When do you open?", answer="At nine.", score=0.4)
EVERY_KIND: list[Record] = [
    a_request(
        status=Status.CLAIMED,
        confidence=0.25,
        details=("for a van",),
        context=(ContextTurn(who=Speaker.CALLER, text="Hi"),),
        nearest=(USE,),
        claimed_by=ANA,
        claimed_until=later(120),
        latencies_ms={"frame": 90.5},
        rung=Rung.ON_DUTY,
        callback=Callback(number="+15555550142", window="after five", not_before=later(60), asked_at=NOW),
        duty_text=TextMessage(to=ANA, status=TextStatus.SENT, at=NOW, sid="SM1"),
        caller_text=TextMessage(status=TextStatus.FAILED, at=NOW, version=1, problem="no such number"),
        is_texting=True,
    ),
    a_call(ended_at=later(60), outcome="caller_left"),
    a_turn("call-1", 3, knowledge=(USE,), latencies_ms={"llm": 120.0}, cut=True),
    a_voice_agent(progress_every_s=5.5),
    an_organisation(
        quick_responses=("One moment, please.",), consent_line="This call is recorded.", ladder=Ladder(text_after_s=30)
    ),
    a_person(skills=("colour",), phone="+15555550144"),
    DutyPhone(
        id="+15555550144",
        asked=(Asked(request="request-1", code="A2", at=NOW),),
        replies=(Reply(sid="SM2", request="request-1"), Reply(sid="SM3", request=None)),
        count=1,
    ),
    Presence(id="ana", name="Ana", skills=("colour",), is_away=True, until=later(40)),
    AnswerTimes(id="colour", times=(AnswerTime(request="request-1", asked_at=NOW, took_s=20.5),)),
    a_phone_number(web_calls=True),
    an_entry(phrasings=("Until when are you open?",), scope="until", until=later(3600)),
    KnowledgeVersion.of(an_entry()),
    AuditEntry.of(ANA, "claimed", a_request(), at=NOW),
    Lease(id="call-1", org="salon", job="job-1", epoch=2, until=later(10), heard_at=NOW),
    Instruction(id="call-1_ping", call="call-1", kind="ping", sent_at=NOW, delete_at=later(60)),
    ConfigVersion(
        id="voice_agents_reception_v1",
        of="voice_agents_reception",
        version="v1",
        fields={"name": "Vera", "hours": {"mon": ["9", "19"]}, "since": NOW, "nothing": None},
        since=NOW,
    ),
    InForce(id="voice_agents_reception", version="v1"),
]


@pytest.mark.parametrize("record", EVERY_KIND, ids=lambda record: type(record).__name__)
def test_a_document_is_read_back_as_it_was_written(record: Record) -> None:
    assert type(record).from_document(record.id, record.document()) == record
    in_firestore = through_the_client(record.document())
    assert type(record).from_document(record.id, in_firestore) == record


def test_every_kind_of_document_is_among_them() -> None:
    kinds = {kind for kind in _kinds_of(Record) if kind.__module__.startswith("holdline.")}
    assert {type(record) for record in EVERY_KIND} == kinds


def test_what_is_written_is_plain() -> None:
    document = EVERY_KIND[0].document()
    assert "id" not in document
    assert (document["status"], type(document["status"])) == ("claimed", str)
    assert document["claimed_by"] == {"uid": "ana", "name": "Ana"}
    assert document["context"] == [{"who": "caller", "text": "Hi"}]


def test_a_field_of_a_newer_version_is_read_over_and_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="holdline.records"):
        read = HelpRequest.from_document("request-1", {**a_request().document(), "mood": "calm"})
    assert read == a_request()
    assert "help_requests/request-1 has fields we do not know: mood" in caplog.text


def test_a_broken_document_names_itself_each_field_and_what_is_allowed() -> None:
    broken = {**a_phone_number().document(), "org": "a/b", "web_calls": "perhaps"}
    del broken["voice_agent"]
    with pytest.raises(InvalidDocument) as refused:
        PhoneNumber.from_document("+15555550100", broken)
    assert refused.value.path == "phone_numbers/+15555550100"
    assert refused.value.problems.keys() == {"org", "voice_agent", "web_calls"}
    assert "without '/'" in refused.value.problems["org"]
    assert refused.value.problem in str(refused.value)


def test_a_fault_deep_inside_is_named_by_its_path() -> None:
    broken = {**a_request().document(), "claimed_by": {"uid": "ana"}}
    with pytest.raises(InvalidDocument, match=r"claimed_by\.name: Field required"):
        HelpRequest.from_document("request-1", broken)


def test_an_unknown_time_zone_is_refused_with_an_example() -> None:
    with pytest.raises(InvalidDocument, match="America/New_York"):
        Organisation.from_document("salon", {"name": "Luxe", "time_zone": "Mars/Olympus"})


@pytest.mark.parametrize("days", [0, -1, 3651, "90 days"])
def test_calls_are_kept_for_a_day_at_least_and_ten_years_at_most(days: Any) -> None:
    with pytest.raises(InvalidDocument, match="retention_days"):
        Organisation.from_document("salon", {"name": "Luxe", "retention_days": days})


def test_a_time_without_a_zone_is_refused_and_one_with_a_zone_is_kept_in_utc() -> None:
    with pytest.raises(InvalidDocument, match="asked_at"):
        HelpRequest.from_document("r", {**a_request().document(), "asked_at": datetime(2026, 3, 2, 15, 0)})
    in_tokyo = datetime(2026, 3, 3, 0, 0, tzinfo=timezone(timedelta(hours=9)))
    read = HelpRequest.from_document("r", {**a_request().document(), "asked_at": in_tokyo})
    assert read.asked_at.isoformat() == "2026-03-02T15:00:00+00:00"


def test_a_value_that_no_document_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="memoryview"):
        through_the_client({"value": memoryview(b"")})


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, -(2**62), 1.5, float("inf"), "", "ü\n", b"\x00", [], {}, [{"a": [1]}], {"a": {"b": None}}],
)
def test_a_value_is_the_same_after_the_protocol(value: Any) -> None:
    (back,) = through_the_client({"value": value}).values()
    assert (back, type(back)) == (value, type(value))


def test_an_instant_keeps_its_microseconds_before_and_after_1970() -> None:
    for at in (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)):
        back = through_the_client({"at": at})["at"]
        assert (back, type(back)) == (at, datetime)


def test_what_only_the_client_knows_is_read_as_plain_values() -> None:
    client: Any = firestore.Client(project="demo", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    at = DatetimeWithNanoseconds(2026, 1, 1, 12, nanosecond=1_500, tzinfo=UTC)  # type: ignore[no-untyped-call]
    read = plain({"place": firestore.GeoPoint(1.5, 2), "links": [client.document("people/ana")], "map": {"at": at}})
    assert read == {
        "place": {"latitude": 1.5, "longitude": 2},
        "links": ["people/ana"],
        "map": {"at": datetime(2026, 1, 1, 12, microsecond=1, tzinfo=UTC)},
    }
    assert type(read["map"]["at"]) is datetime


def test_a_records_id_cannot_leave_its_collection() -> None:
    for bad in ("a/b", "..", ".", "", "__id__", "a\nb"):
        with pytest.raises(ValueError, match="without '/'"):
            checked_id(bad)
    assert checked_id("+15555550142") == "+15555550142"


def test_a_dispatch_survives_the_wire_and_takes_no_id_that_leaves_its_organisation() -> None:
    dispatch = Dispatch(
        org="salon",
        call="call-1",
        voice_agent="reception",
        version="v1",
        kind=CallKind.BROWSER,
        caller_identity="caller",
    )
    assert Dispatch.model_validate_json(dispatch.model_dump_json()) == dispatch
    with pytest.raises(ValueError, match="org"):
        Dispatch.model_validate({**dispatch.model_dump(), "org": "../dental"})


def test_a_record_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        a_request().status = Status.DELIVERED  # type: ignore[misc]


def _kinds_of(base: type[BaseModel]) -> set[type[BaseModel]]:
    return {kind for child in base.__subclasses__() for kind in {child, *_kinds_of(child)}}


def through_the_client(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they come back from Firestore: through the client's protocol messages, and made plain."""
    back: dict[str, Any] = plain(client_codec.decode_dict(client_codec.encode_dict(fields), None))
    return back
