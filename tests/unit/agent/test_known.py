"""What the line knows in one call: the organisation's approved entries, and what this caller has just been told."""

import pytest

from agent.known import Known
from holdline.errors import Unavailable
from holdline.knowledge import KnowledgeEntry, Review, Scope
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Put, Query, Store, Write
from tests.builders import NOW, a_request, an_entry
from tests.unit.agent.fakes import FlakyStore

CALLER = "+15555550142"
PARKING = "Do you have parking?"


class ReadOnly(FlakyStore):
    """A store that takes no writes."""

    def commit(self, *writes: Write) -> None:
        raise Unavailable("storage does not answer")


def load(store: Store, *, threshold: float | None = None) -> Known:
    return Known.load(store, caller=CALLER, threshold=threshold)


async def test_an_approved_entry_is_the_answer(store: Store) -> None:
    store.commit(Create(an_entry()))
    hit, uses = load(store).look_up("when do you open", at=NOW)
    assert hit is not None
    assert hit.entry.answer == "We open at nine."
    assert [(use.entry, use.answer) for use in uses] == [("hours", "We open at nine.")]
    assert 0 <= uses[0].score <= 1


@pytest.mark.parametrize("review", [Review.pending, Review.rejected])
async def test_an_entry_that_nobody_approved_is_not_known(store: Store, review: Review) -> None:
    store.commit(Create(an_entry(review=review)))
    assert load(store).look_up("when do you open", at=NOW) == (None, ())


async def test_another_callers_entry_is_not_known(store: Store) -> None:
    store.commit(Create(an_entry(scope=Scope.this_caller, caller="+15555550199")))
    assert load(store).look_up("when do you open", at=NOW) == (None, ())


async def test_what_is_near_but_not_sure_is_shown_and_not_said(store: Store) -> None:
    store.commit(Create(an_entry()))
    hit, uses = load(store, threshold=1.0).look_up("when do you open", at=NOW)
    assert hit is None
    assert [use.entry for use in uses] == ["hours"]


async def test_what_the_caller_was_told_is_known_for_the_rest_of_the_call(store: Store) -> None:
    known = load(store)
    assert known.look_up("do you have parking", at=NOW)[0] is None
    await known.told(a_request(accepted_answer="Yes, behind the house.", answer_version=1), at=NOW)
    hit, _ = known.look_up("do you have parking", at=NOW)
    assert hit is not None
    assert hit.entry.answer == "Yes, behind the house."


async def test_a_correction_takes_the_place_of_what_was_told(store: Store) -> None:
    known = load(store)
    await known.told(a_request(accepted_answer="Yes, behind the house.", answer_version=1), at=NOW)
    await known.told(a_request(accepted_answer="No, it is full.", answer_version=2), at=NOW)
    hit, uses = known.look_up("do you have parking", at=NOW)
    assert hit is not None
    assert hit.entry.answer == "No, it is full."
    assert len(uses) == 1


async def test_a_request_without_an_answer_teaches_nothing(store: Store) -> None:
    known = load(store)
    await known.told(a_request(), at=NOW)
    assert known.look_up("do you have parking", at=NOW) == (None, ())


async def test_a_question_longer_than_an_entry_may_have_is_still_learned(store: Store) -> None:
    known = load(store)
    question = "Do you have parking behind the house? " + "I come with a large car. " * 15
    await known.told(a_request(question=question, accepted_answer="Yes.", answer_version=1), at=NOW)
    assert known.look_up(question, at=NOW)[1] != ()


async def test_a_broken_entry_does_not_keep_the_others(store: Store) -> None:
    store.commit(Create(an_entry()))
    store.commit(Put(an_entry("broken").model_copy(update={"answer": ""})))
    assert load(store).look_up("when do you open", at=NOW)[0] is not None
    broken = store.find(Query(KnowledgeEntry, {"review": Review.approved})).invalid
    assert [(error.path, error.noted == error.problem) for error in broken] == [("knowledge/broken", True)]


async def test_a_remark_that_cannot_be_written_does_not_keep_the_call_waiting(store: Store) -> None:
    store.commit(Create(an_entry()), Put(an_entry("broken").model_copy(update={"answer": ""})))
    assert load(ReadOnly(store)).look_up("when do you open", at=NOW)[0] is not None


# What is said is what is written now


async def test_what_was_looked_up_is_said_as_it_is_written_now(store: Store) -> None:
    store.commit(Create(an_entry()))
    known = load(store)
    store.commit(Put(an_entry(answer="We open at ten.")))
    hit, _ = known.look_up("when do you open", at=NOW)
    assert hit is not None
    now = await known.as_it_stands(hit)
    assert now is not None
    assert (now.entry.answer, now.score) == ("We open at ten.", hit.score)


@pytest.mark.parametrize(
    "change",
    [{"review": Review.rejected}, {"question": "When do you close?"}, {"scope": Scope.this_caller, "caller": "x"}],
)
async def test_what_was_withdrawn_or_is_about_something_else_now_is_not_said(
    store: Store, change: dict[str, object]
) -> None:
    store.commit(Create(an_entry()))
    known = load(store)
    store.commit(Put(an_entry(**change)))
    hit, _ = known.look_up("when do you open", at=NOW)
    assert hit is not None
    assert await known.as_it_stands(hit) is None


async def test_what_was_deleted_or_broken_by_hand_is_not_said(store: Store, database: MemoryDatabase) -> None:
    store.commit(Create(an_entry()))
    known = load(store)
    hit, _ = known.look_up("when do you open", at=NOW)
    assert hit is not None
    database.write_by_hand("orgs/salon/knowledge/hours", {"answer": ""})
    assert await known.as_it_stands(hit) is None
    database.delete_by_hand("orgs/salon/knowledge/hours")
    assert await known.as_it_stands(hit) is None


async def test_without_storage_the_index_is_trusted(store: Store) -> None:
    store.commit(Create(an_entry()))
    storage = FlakyStore(store)
    known = load(storage)
    hit, _ = known.look_up("when do you open", at=NOW)
    assert hit is not None
    storage.is_down = True
    assert await known.as_it_stands(hit) is hit


async def test_what_this_call_was_told_needs_no_document(store: Store) -> None:
    known = load(store)
    await known.told(a_request(accepted_answer="Yes, behind the house.", answer_version=1), at=NOW)
    hit, _ = known.look_up("do you have parking", at=NOW)
    assert hit is not None
    assert await known.as_it_stands(hit) is hit
