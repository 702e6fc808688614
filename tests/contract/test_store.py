"""What every store promises, shown on both: reading, writing, and the walls between organisations."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar

import pytest
from pydantic import Field

from holdline import desk
from holdline.call import Call
from holdline.errors import AlreadyExists, AlreadyTaken, InvalidDocument, NotFound, Stale, StoreError
from holdline.help_request import HelpRequest, Status
from holdline.people import AuditEntry, Organisation, PersonRef, PhoneNumber
from holdline.records import Record
from holdline.store import Create, Delete, Put, Query, Remark, Store, Update, change, must_get
from holdline.voice_agent import VoiceAgent
from tests.builders import ANA, NOW, a_call, a_phone_number, a_request, a_voice_agent, an_organisation, later
from tests.contract.conftest import House


def test_what_was_written_is_read_back_equal(store: Store) -> None:
    request = a_request(details=("for a van",), latencies_ms={"frame": 12.5, "text": 3.0}, claimed_by=ANA, confidence=1)
    store.commit(Create(request))
    assert must_get(store, HelpRequest, request.id).record == request


def test_a_time_is_the_same_instant_in_utc_to_the_microsecond(store: Store) -> None:
    new_york = timezone(timedelta(hours=-5))
    store.commit(Create(a_request(asked_at=datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=new_york))))
    read = must_get(store, HelpRequest, "request-1").record.asked_at
    assert read == datetime(2026, 3, 2, 15, 0, 0, 123456, tzinfo=UTC)
    assert type(read) is datetime
    assert read.utcoffset() == timedelta(0)


def test_a_document_that_is_not_there_is_none_and_must_get_says_so(store: Store) -> None:
    assert store.get(HelpRequest, "nobody") is None
    with pytest.raises(NotFound, match="help_requests/nobody"):
        must_get(store, HelpRequest, "nobody")


def test_several_documents_are_read_at_once_in_the_order_of_asking(store: Store, house: House) -> None:
    store.commit(Create(a_request()), Create(a_voice_agent()))
    request, nobody, agent = store.get_all(
        (HelpRequest, "request-1"), (VoiceAgent, "nobody"), (VoiceAgent, "reception")
    )
    assert (request, nobody) == (must_get(store, HelpRequest, "request-1"), None)
    assert agent == must_get(store, VoiceAgent, "reception")
    assert store.get_all() == []


def test_documents_of_several_stores_are_read_at_once(house: House) -> None:
    database = house.database
    database.commit((None, Create(a_phone_number())), ("salon", Create(a_call())), ("dental", Create(a_voice_agent())))
    number, call, other, agent = database.get_all(
        (None, PhoneNumber, a_phone_number().id),
        ("salon", Call, "call-1"),
        ("dental", Call, "call-1"),
        ("dental", VoiceAgent, "reception"),
    )
    assert number == must_get(database.platform, PhoneNumber, a_phone_number().id)
    assert (call, other) == (must_get(database.for_org("salon"), Call, "call-1"), None)
    assert agent == must_get(database.for_org("dental"), VoiceAgent, "reception")
    with pytest.raises(ValueError, match="organisation"):
        database.get_all(("salon", Organisation, "dental"))


def test_of_several_documents_a_broken_one_hides_no_other(store: Store, house: House) -> None:
    store.commit(Create(a_request()))
    house.write_by_hand("orgs/salon/voice_agents/reception", {"name": 7, "problem": "known"})
    broken, request = store.get_all((VoiceAgent, "reception"), (HelpRequest, "request-1"))
    assert isinstance(broken, InvalidDocument)
    assert broken.noted == "known"
    assert request == must_get(store, HelpRequest, "request-1")


def test_create_meets_a_document_and_leaves_it(store: Store) -> None:
    store.commit(Create(a_request()))
    with pytest.raises(AlreadyExists, match="help_requests/request-1"):
        store.commit(Create(a_request(question="Something else?")))
    assert must_get(store, HelpRequest, "request-1").record == a_request()


def test_put_writes_the_whole_document_whatever_was_there(store: Store, house: House) -> None:
    house.write_by_hand("orgs/salon/voice_agents/reception", {"name": "Old", "colour": "red"})
    store.commit(Put(a_voice_agent()))
    assert must_get(store, VoiceAgent, "reception").record == a_voice_agent()


def test_update_writes_only_what_differs_and_leaves_unknown_fields_alone(store: Store, house: House) -> None:
    store.commit(Create(a_request(latencies_ms={"text": 3.0, "frame": 9.0})))
    house.write_by_hand("orgs/salon/help_requests/request-1", {"from_a_newer_version": {"a": 1}, "skill": "colour"})
    before = must_get(store, HelpRequest, "request-1")
    after = before.record.model_copy(update={"status": Status.CLAIMED, "latencies_ms": {"text": 4.0}})
    store.commit(Update(before, after))
    assert must_get(store, HelpRequest, "request-1").record == after
    kept = must_get(store, _NewerRequest, "request-1").record
    assert kept.from_a_newer_version == {"a": 1}
    assert kept.latencies_ms == {"text": 4.0}, "a map is replaced whole"


def test_an_update_of_what_changed_since_it_was_read_is_stale_and_changes_nothing(store: Store) -> None:
    store.commit(Create(a_request()))
    before = must_get(store, HelpRequest, "request-1")
    first = before.record.model_copy(update={"question": "Is there parking for a van?"})
    store.commit(Update(before, first))
    with pytest.raises(Stale, match="help_requests/request-1"):
        store.commit(Update(before, before.record.model_copy(update={"question": "Lost"})))
    assert must_get(store, HelpRequest, "request-1").record == first


def test_an_update_of_what_went_away_is_stale(store: Store, house: House) -> None:
    store.commit(Create(a_request()))
    before = must_get(store, HelpRequest, "request-1")
    house.delete_by_hand("orgs/salon/help_requests/request-1")
    with pytest.raises(Stale):
        store.commit(Update(before, before.record.model_copy(update={"question": "Lost"})))
    assert store.get(HelpRequest, "request-1") is None


def test_what_was_deleted_is_gone_and_may_be_created_again(store: Store) -> None:
    store.commit(Create(a_request()), Create(a_request("another")))
    store.commit(Delete(must_get(store, HelpRequest, "request-1")))
    assert [request.id for request in store.find(Query(HelpRequest)).records] == ["another"]
    store.commit(Create(a_request()))


def test_a_document_that_changed_since_it_was_read_is_not_deleted(store: Store) -> None:
    store.commit(Create(a_request()))
    before = must_get(store, HelpRequest, "request-1")
    store.commit(Update(before, before.record.model_copy(update={"question": "Is there parking for a van?"})))
    with pytest.raises(Stale, match="help_requests/request-1"):
        store.commit(Delete(before))
    assert must_get(store, HelpRequest, "request-1").record.question == "Is there parking for a van?"


def test_what_went_away_is_not_deleted_again(store: Store) -> None:
    store.commit(Create(a_request()))
    before = must_get(store, HelpRequest, "request-1")
    store.commit(Delete(before))
    with pytest.raises(Stale, match="help_requests/request-1"):
        store.commit(Delete(before))


def test_a_write_that_changes_nothing_is_no_new_revision(store: Store) -> None:
    store.commit(Create(a_request()))
    before = must_get(store, HelpRequest, "request-1")
    store.commit(Put(a_request()))
    store.commit(Update(before, before.record))
    assert must_get(store, HelpRequest, "request-1") == before


def test_a_remark_stands_beside_whatever_the_document_holds_and_can_be_taken_away(store: Store, house: House) -> None:
    house.write_by_hand("orgs/salon/voice_agents/reception", {"name": 7, "colour": "red"})
    store.commit(Remark(VoiceAgent, "reception", "name: must be text"))
    with pytest.raises(InvalidDocument) as refused:
        store.get(VoiceAgent, "reception")
    assert refused.value.noted == "name: must be text"
    store.commit(Remark(VoiceAgent, "reception", None))
    with pytest.raises(InvalidDocument) as refused:
        store.get(VoiceAgent, "reception")
    assert refused.value.noted is None


def test_a_remark_on_nothing_is_refused_and_makes_no_document(store: Store) -> None:
    with pytest.raises(NotFound, match="voice_agents/nobody"):
        store.commit(Remark(VoiceAgent, "nobody", "?"))
    assert store.get(VoiceAgent, "nobody") is None


def test_a_batch_is_written_whole_or_not_at_all(store: Store) -> None:
    store.commit(Create(a_request()))
    before = must_get(store, HelpRequest, "request-1")
    changed = before.record.model_copy(update={"question": "Changed?"})
    entry = AuditEntry.of(ANA, "claimed", changed, at=NOW)
    store.commit(Create(a_call()))
    with pytest.raises(AlreadyExists, match="calls/call-1"):
        store.commit(Update(before, changed), Create(entry), Create(a_call()))
    assert must_get(store, HelpRequest, "request-1") == before
    assert store.get(AuditEntry, entry.id) is None
    store.commit(Update(before, changed), Create(entry))
    assert must_get(store, HelpRequest, "request-1").record == changed
    assert must_get(store, AuditEntry, entry.id).record == entry


def test_a_batch_over_several_stores_is_written_whole_or_not_at_all(house: House) -> None:
    database, salon = house.database, house.database.for_org("salon")
    writes = ("salon", Create(a_call())), ("dental", Create(a_call())), (None, Create(a_phone_number()))
    salon.commit(Create(a_call()))
    with pytest.raises(AlreadyExists, match="orgs/salon/calls/call-1"):
        database.commit(*writes)
    assert database.for_org("dental").get(Call, "call-1") is None
    assert database.platform.get(PhoneNumber, a_phone_number().id) is None
    salon.commit(Delete(must_get(salon, Call, "call-1")))
    database.commit(*writes)
    assert must_get(salon, Call, "call-1").record == must_get(database.for_org("dental"), Call, "call-1").record
    assert must_get(database.platform, PhoneNumber, a_phone_number().id).record == a_phone_number()
    with pytest.raises(ValueError, match="once"):
        database.commit(("salon", Put(a_call())), ("salon", Put(a_call())))


def test_each_write_of_a_batch_has_its_own_precondition(store: Store) -> None:
    store.commit(Create(a_request("one")), Create(a_request("two")))
    one, two = must_get(store, HelpRequest, "one"), must_get(store, HelpRequest, "two")
    store.commit(Update(two, two.record.model_copy(update={"question": "Moved on?"})))
    with pytest.raises(Stale, match="two"):
        store.commit(
            Update(one, one.record.model_copy(update={"question": "Lost?"})),
            Update(two, two.record.model_copy(update={"question": "Lost?"})),
        )
    assert must_get(store, HelpRequest, "one") == one


def test_a_batch_that_writes_a_document_twice_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="once"):
        store.commit(Create(a_request()), Put(a_request()))
    assert store.get(HelpRequest, "request-1") is None


def test_an_empty_batch_is_nothing(store: Store) -> None:
    store.commit()


def test_two_organisations_do_not_see_each_other(house: House) -> None:
    salon, dental = house.database.for_org("salon"), house.database.for_org("dental")
    salon.commit(Create(a_request()))
    assert dental.get(HelpRequest, "request-1") is None
    assert dental.find(Query(HelpRequest)).records == ()
    dental.commit(Create(a_request(question="Do you take walk-ins?")))
    assert must_get(salon, HelpRequest, "request-1").record.question == "Do you have parking?"
    assert house.database.platform.find(Query(HelpRequest)).records == ()


def test_an_organisation_whose_name_begins_like_another_is_another(house: House) -> None:
    house.database.for_org("salon-2").commit(Create(a_request()))
    assert house.database.for_org("salon").find(Query(HelpRequest)).records == ()


@pytest.mark.parametrize("bad", ["a/b", "../dental", "..", ".", "", "__x__", "a\x00b", "x" * 201])
def test_an_id_that_could_leave_its_collection_is_refused(house: House, store: Store, bad: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        store.get(HelpRequest, bad)
    with pytest.raises(ValueError, match="control characters"):
        house.database.for_org(bad).find(Query(HelpRequest))
    with pytest.raises(ValueError, match="control characters"):
        store.commit(Remark(HelpRequest, bad, "?"))


def test_an_organisation_reads_its_own_document_and_no_other(house: House) -> None:
    for org in ("salon", "dental"):
        house.database.for_org(org).commit(Create(an_organisation(org)))
    salon = house.database.for_org("salon")
    assert must_get(salon, Organisation, "salon").record.id == "salon"
    for attempt in (
        lambda: salon.get(Organisation, "dental"),
        lambda: salon.get_all((Organisation, "dental")),
        lambda: salon.commit(Put(an_organisation("dental"))),
        lambda: salon.commit(Remark(Organisation, "dental", "?")),
        lambda: salon.find(Query(Organisation)),
        lambda: salon.watch(Query(Organisation), lambda _: None),
    ):
        with pytest.raises(ValueError, match="organisation"):
            attempt()


def test_the_platform_sees_organisations_and_numbers(house: House) -> None:
    platform = house.database.platform
    platform.commit(Create(an_organisation("salon")), Create(a_phone_number()))
    assert must_get(platform, PhoneNumber, "+15555550100").record == a_phone_number()
    assert [org.id for org in platform.find(Query(Organisation)).records] == ["salon"]
    assert must_get(house.database.for_org("salon"), Organisation, "salon").record == an_organisation("salon")
    assert (platform.org, house.database.for_org("salon").org) == (None, "salon")


def test_find_meets_all_conditions_and_a_tuple_means_any_of_them(store: Store) -> None:
    store.commit(
        Create(a_request("a")),
        Create(a_request("b", status=Status.CLAIMED)),
        Create(a_request("c", status=Status.DELIVERED)),
        Create(a_request("d", call="call-2")),
    )

    def ids(**where: object) -> list[str]:
        return [request.id for request in store.find(Query(HelpRequest, where)).records]

    assert ids() == ["a", "b", "c", "d"]
    assert ids(call="call-1", status=(Status.WAITING, Status.CLAIMED)) == ["a", "b"]
    assert ids(status=Status.WAITING) == ["a", "d"]
    assert ids(call="call-3") == []


def test_a_field_that_is_null_is_found_as_none_and_one_that_is_missing_is_not(store: Store, house: House) -> None:
    store.commit(Create(a_call("live")), Create(a_call("over", ended_at=NOW)))
    without = {name: value for name, value in a_call("old").document().items() if name != "ended_at"}
    house.write_by_hand("orgs/salon/calls/old", without)
    assert [call.id for call in store.find(Query(type(a_call()), {"ended_at": None})).records] == ["live"]


def test_any_of_no_values_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Query(HelpRequest, {"status": ()})


@pytest.mark.parametrize(("descending", "expected"), [(False, ["b", "a", "c", "d"]), (True, ["d", "c", "a", "b"])])
def test_find_orders_by_a_field_and_then_by_id_in_the_same_direction(
    store: Store, descending: bool, expected: list[str]
) -> None:
    for name, seconds in {"d": 20, "c": 10, "a": 10, "b": 5}.items():
        store.commit(Create(a_request(name, asked_at=later(seconds))))
    query = Query(HelpRequest, order_by="asked_at", descending=descending)
    assert [request.id for request in store.find(query).records] == expected
    first = Query(HelpRequest, order_by="asked_at", descending=descending, limit=2)
    assert [request.id for request in store.find(first).records] == expected[:2]


def test_order_puts_null_first_and_leaves_out_what_has_no_such_field(store: Store, house: House) -> None:
    store.commit(Create(a_request("late", claimed_at=NOW)), Create(a_request("never")))
    without = {name: value for name, value in a_request().document().items() if name != "claimed_at"}
    house.write_by_hand("orgs/salon/help_requests/old", without)
    found = store.find(Query(HelpRequest, order_by="claimed_at"))
    assert [request.id for request in found.records] == ["never", "late"]


def test_order_holds_over_whatever_types_people_typed(store: Store, house: House) -> None:
    typed = {"a": "soon", "b": 7, "c": NOW, "d": True, "e": None, "f": 6.5}
    for name, value in typed.items():
        house.write_by_hand(f"orgs/salon/anything/{name}", {"value": value})
    query = Query(_Anything, order_by="value", descending=True)
    assert [record.id for record in store.find(query).records] == ["a", "c", "b", "f", "d", "e"]


@pytest.mark.parametrize("limit", [None, 1500, 1000, 2500])
def test_however_many_documents_there_are_all_are_found_once_and_in_order(store: Store, limit: int | None) -> None:
    names = [f"turn-{number:04}" for number in range(2001)]
    for start in range(0, len(names), 500):
        many = names[start : start + 500]
        store.commit(*(Create(a_request(name, asked_at=later(int(name[-4:]) // 700))) for name in many))
    by_id = store.find(Query(HelpRequest, {"call": "call-1"}, limit=limit))
    assert [request.id for request in by_id.records] == names[:limit]
    by_time = store.find(Query(HelpRequest, order_by="asked_at", descending=True, limit=limit))
    assert [request.id for request in by_time.records] == names[::-1][:limit]


def test_a_broken_document_is_found_as_invalid_and_hides_no_other(store: Store, house: House) -> None:
    store.commit(Create(a_request("good")))
    house.write_by_hand("orgs/salon/help_requests/bad", {"question": ""})
    found = store.find(Query(HelpRequest))
    assert [request.id for request in found.records] == ["good"]
    (invalid,) = found.invalid
    assert invalid.path == "help_requests/bad"
    assert {"question", "call", "asked_at"} <= invalid.problems.keys()


def test_whatever_kinds_of_values_people_type_are_read(store: Store, house: House) -> None:
    house.write_by_hand(
        "orgs/salon/voice_agents/reception",
        {**a_voice_agent().document(), "bytes": b"\x00", "list": [1, {"a": [None]}], "map": {"b": 1.5}, "no": None},
    )
    assert must_get(store, VoiceAgent, "reception").record == a_voice_agent()


def test_twenty_writers_of_one_document_win_once_per_revision(store: Store) -> None:
    store.commit(Create(a_request()))
    outcomes = _at_once(
        20,
        lambda n: change(
            store, HelpRequest, "request-1", lambda request: request.model_copy(update={"cuts": request.cuts + 1})
        ),
    )
    lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(outcome, Stale) for outcome in lost)
    assert must_get(store, HelpRequest, "request-1").record.cuts == 20 - len(lost)
    wins = [outcome.cuts for outcome in outcomes if isinstance(outcome, HelpRequest)]
    assert sorted(wins) == list(range(1, len(wins) + 1))


def test_of_twenty_people_who_claim_at_once_one_has_it_and_the_others_are_told_who(store: Store) -> None:
    store.commit(Create(a_request()))
    people = [PersonRef(uid=f"person-{n}", name=f"Person {n}") for n in range(20)]
    outcomes = _at_once(20, lambda n: desk.claim(store, "request-1", by=people[n], at=NOW))
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, HelpRequest)]
    assert winner.claimed_by is not None
    losers = [outcome for outcome in outcomes if isinstance(outcome, AlreadyTaken)]
    assert [loser.by for loser in losers] == [winner.claimed_by.name] * 19
    assert len(store.find(Query(AuditEntry)).records) == 1


def test_a_revision_serves_for_one_update_only(store: Store) -> None:
    store.commit(Create(a_request()))
    before = must_get(store, HelpRequest, "request-1")
    outcomes = _at_once(
        20,
        lambda n: store.commit(Update(before, before.record.model_copy(update={"question": f"Asked by {n}?"}))),
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StoreError) for outcome in outcomes) == 19


def _at_once(count: int, act: Callable[[int], object]) -> list[object]:
    outcomes: list[object] = [None] * count
    start = threading.Barrier(count)

    def run(n: int) -> None:
        start.wait()
        try:
            outcomes[n] = act(n)
        except (StoreError, AlreadyTaken) as error:
            outcomes[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


class _NewerRequest(HelpRequest):
    """A help request as a later version of the product might have it."""

    from_a_newer_version: dict[str, int] = Field(default_factory=dict)


class _Anything(Record):
    collection: ClassVar[str] = "anything"

    value: Any = None
