"""What the line learns of an answer, and what it leaves alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from holdline import desk, line
from holdline.call import Call, CallKind, Outcome
from holdline.errors import InvalidDocument
from holdline.help_request import HelpRequest
from holdline.knowledge import KnowledgeEntry, KnowledgeVersion, Review, Scope, Source
from holdline.learning import learn
from holdline.memory_store import MemoryDatabase
from holdline.people import PersonRef
from holdline.store import Create, Put, Query, Store, must_get

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TZ = ZoneInfo("America/New_York")
CALLER = "+15555550142"
ANA = PersonRef(uid="ana", name="Ana")
REQUEST = "call-1_ask-1"
PARKING = "Yes, there is free parking behind the building."


def asked(store: Store, question: str = "Do you have parking?", *, caller: str = CALLER) -> HelpRequest:
    call = Call(
        id="call-1",
        kind=CallKind.PHONE,
        caller=caller,
        caller_identity="sip_caller",
        line="+12125550100",
        voice_agent="front_desk",
        voice_agent_version="v1",
        opened_by="CA1",
        started_at=NOW,
    )
    store.commit(Put(call))
    request = HelpRequest(
        id=REQUEST, call=call.id, question=question, asked_at=NOW, expires_at=NOW + timedelta(minutes=2)
    )
    store.commit(Create(request))
    return request


def answered(store: Store, text: str = PARKING, *, at: datetime = NOW) -> HelpRequest:
    return desk.answer(store, REQUEST, text, by=ANA, at=at)


def corrected(store: Store, database: MemoryDatabase, text: str, *, at: datetime = LATER) -> HelpRequest:
    database.write_by_hand(f"orgs/salon/help_requests/{REQUEST}", {"answer": text})
    return desk.accept_hand_written_answer(store, REQUEST, at=at)


def learned(store: Store) -> KnowledgeEntry:
    return must_get(store, KnowledgeEntry, REQUEST).record


def test_a_version_that_a_hand_broke_is_said_to_be_broken_and_not_tried_for_ever(
    store: Store, database: MemoryDatabase
) -> None:
    asked(store)
    request = answered(store)
    database.write_by_hand(f"orgs/salon/knowledge_versions/{REQUEST}_1", {"version": "one"})
    with pytest.raises(InvalidDocument):
        learn(store, request, tz=TZ, at=NOW)


def test_what_was_said_to_a_caller_who_only_wanted_a_person_is_not_learned(store: Store) -> None:
    request = asked(store, "The caller asks to speak to a person.").model_copy(update={"teaches": False})
    store.commit(Put(request))
    assert learn(store, answered(store, "Maria speaks with callers at the front desk."), tz=TZ, at=NOW) is None
    assert store.get(KnowledgeEntry, REQUEST) is None


def test_an_answer_becomes_an_entry_under_the_requests_own_id(store: Store) -> None:
    asked(store)
    entry = learn(store, answered(store), tz=TZ, at=NOW + timedelta(hours=1))
    assert entry == learned(store)
    assert entry == KnowledgeEntry(
        id=REQUEST,
        question="Do you have parking?",
        answer=PARKING,
        scope=Scope.everyone,
        review=Review.approved,
        source=Source.learned,
        source_request=REQUEST,
        answered_by="Ana",
        version=1,
        updated_at=NOW,  # when it was said, which is when it was true
    )


def test_a_question_without_an_accepted_answer_teaches_nothing(store: Store, database: MemoryDatabase) -> None:
    asked(store)
    database.write_by_hand(f"orgs/salon/help_requests/{REQUEST}", {"answer": "typed, and not looked at yet"})
    assert learn(store, must_get(store, HelpRequest, REQUEST).record, tz=TZ, at=NOW) is None
    assert store.get(KnowledgeEntry, REQUEST) is None


def test_an_answer_is_learned_before_its_caller_has_heard_it_and_after_the_caller_left(store: Store) -> None:
    asked(store)
    answered(store)
    line.close(store, "call-1", outcome=Outcome.CALLER_LEFT, at=NOW)
    assert learn(store, must_get(store, HelpRequest, REQUEST).record, tz=TZ, at=NOW) is not None


def test_what_was_learned_is_not_learned_again(store: Store, database: MemoryDatabase) -> None:
    asked(store)
    request = answered(store)
    learn(store, request, tz=TZ, at=NOW)
    before = dict(database._documents)
    assert learn(store, request, tz=TZ, at=NOW + timedelta(days=1)) is None
    assert learn(store, line.speaking_began(store, REQUEST, version=1, at=NOW), tz=TZ, at=NOW) is None
    assert {path: rev for path, rev in database._documents.items() if "knowledge" in path} == {
        path: rev for path, rev in before.items() if "knowledge" in path
    }


def test_a_correction_becomes_the_next_version_and_the_old_one_is_kept(store: Store, database: MemoryDatabase) -> None:
    asked(store)
    learn(store, answered(store), tz=TZ, at=NOW)
    learn(store, corrected(store, database, "Parking is five dollars."), tz=TZ, at=LATER)
    entry = learned(store)
    assert (entry.answer, entry.version, entry.updated_at) == ("Parking is five dollars.", 2, LATER)
    kept = store.find(Query(KnowledgeVersion, {"entry": REQUEST})).records
    assert [(version.version, version.answer) for version in kept] == [(1, PARKING), (2, "Parking is five dollars.")]


def test_an_older_version_that_comes_late_does_not_undo_a_newer_one(store: Store, database: MemoryDatabase) -> None:
    asked(store)
    old = answered(store)
    learn(store, corrected(store, database, "Parking is five dollars."), tz=TZ, at=NOW)
    assert learn(store, old, tz=TZ, at=NOW) is None
    assert learned(store).answer == "Parking is five dollars."


@pytest.mark.parametrize(
    "edit",
    [
        {"answer": "No, there is none."},
        {"question": "Is there parking for vans?"},
        {"phrasings": ["where can I leave my car"]},
        {"review": "rejected"},
        {"source": "admin"},
        {"scope": "this_caller", "caller": CALLER},
        {"scope": "until", "until": NOW + timedelta(days=7)},
        {"version": 7},
    ],
    ids=lambda edit: "+".join(edit),
)
def test_an_entry_that_an_admin_edited_or_rejected_is_left_alone(
    store: Store, database: MemoryDatabase, edit: dict[str, object]
) -> None:
    asked(store)
    learn(store, answered(store), tz=TZ, at=NOW)
    database.write_by_hand(f"orgs/salon/knowledge/{REQUEST}", edit)
    edited = learned(store)
    assert learn(store, corrected(store, database, "Parking is five dollars."), tz=TZ, at=NOW) is None
    assert learned(store) == edited


def test_an_entry_that_an_admin_approved_still_takes_a_correction(store: Store, database: MemoryDatabase) -> None:
    asked(store)
    learn(store, answered(store, "I think there is a garage around the corner."), tz=TZ, at=NOW)
    assert learned(store).review is Review.pending
    database.write_by_hand(f"orgs/salon/knowledge/{REQUEST}", {"review": "approved"})
    learn(store, corrected(store, database, PARKING), tz=TZ, at=NOW)
    assert (learned(store).answer, learned(store).version) == (PARKING, 2)


def test_an_entry_that_an_admin_deleted_stays_deleted(store: Store, database: MemoryDatabase) -> None:
    asked(store)
    request = answered(store)
    learn(store, request, tz=TZ, at=NOW)
    database.delete_by_hand(f"orgs/salon/knowledge/{REQUEST}")
    assert learn(store, request, tz=TZ, at=NOW) is None
    assert learn(store, corrected(store, database, "Parking is five dollars."), tz=TZ, at=NOW) is None
    assert store.get(KnowledgeEntry, REQUEST) is None


def test_an_answer_that_concerns_its_caller_alone_is_kept_for_that_caller(store: Store) -> None:
    asked(store, "When is my appointment?")
    entry = learn(store, answered(store, "Your appointment is at three."), tz=TZ, at=NOW)
    assert entry is not None
    assert (entry.scope, entry.caller) == (Scope.this_caller, CALLER)


@pytest.mark.parametrize("caller", ["browser", "anonymous"])
def test_a_caller_without_a_number_is_nobody_in_particular(store: Store, caller: str) -> None:
    asked(store, "When is my appointment?", caller=caller)
    entry = learn(store, answered(store, "Your appointment is at three."), tz=TZ, at=NOW)
    assert entry is not None
    assert (entry.scope, entry.caller, entry.review) == (Scope.everyone, None, Review.pending)


def test_today_is_the_organisations_day_and_the_day_of_the_answer(store: Store) -> None:
    evening_in_new_york = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
    asked(store, "Are you open?")
    request = answered(store, "We are closed today for staff training.", at=evening_in_new_york)
    entry = learn(store, request, tz=TZ, at=evening_in_new_york + timedelta(days=3))
    assert entry is not None
    assert (entry.scope, entry.until) == (Scope.until, datetime(2026, 3, 3, 5, 0, tzinfo=UTC))


def test_a_question_too_long_for_an_entry_teaches_nothing(store: Store) -> None:
    asked(store, "do you have parking " * 20)
    assert learn(store, answered(store), tz=TZ, at=NOW) is None
    assert store.get(KnowledgeEntry, REQUEST) is None


def test_line_breaks_in_a_question_become_spaces(store: Store) -> None:
    asked(store, "Do you\nhave  parking?")
    learn(store, answered(store), tz=TZ, at=NOW)
    assert learned(store).question == "Do you have parking?"
