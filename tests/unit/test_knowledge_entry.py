"""Knowledge entries: what an admin may write by hand, and who may hear what when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdline.errors import InvalidDocument
from holdline.knowledge import KnowledgeEntry, KnowledgeIndex, KnowledgeVersion, Review, Scope

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(**fields: Any) -> KnowledgeEntry:
    return KnowledgeEntry(
        **{"id": "parking", "question": "Do you have parking?", "answer": "Yes.", "updated_at": NOW, **fields}
    )


def problems(**fields: Any) -> dict[str, str]:
    document = {"question": "Do you have parking?", "answer": "Yes.", "updated_at": NOW, **fields}
    with pytest.raises(InvalidDocument) as refused:
        KnowledgeEntry.from_document("parking", document)
    assert refused.value.path == "knowledge/parking"
    return refused.value.problems


def test_an_entry_reads_back_as_it_was_written() -> None:
    written = entry(phrasings=("is there parking",), scope=Scope.until, until=NOW, version=3, answered_by="Ana")
    assert KnowledgeEntry.from_document("parking", written.document()) == written


def test_question_answer_and_time_are_all_that_an_admin_must_write() -> None:
    written = KnowledgeEntry.from_document("x", {"question": "Is there wifi?", "answer": "Yes.", "updated_at": NOW})
    assert is_spoken(written, NOW, None)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"question": ""}, "question", "must not be empty"),
        ({"question": "   "}, "question", "must not be empty"),
        ({"question": "a" * 301}, "question", "must be at most 300 characters, and has 301"),
        ({"answer": "a" * 501}, "answer", "must be at most 500 characters, and has 501"),
        ({"answer": "Yes.\nNo."}, "answer", "must be one line of plain text, without line breaks or tabs"),
        ({"answer": "Yes.\x07"}, "answer", "must be one line of plain text, without line breaks or tabs"),
        ({"phrasings": ["is there parking", ""]}, "phrasings.1", "must not be empty"),
        ({"scope": "all"}, "scope", "Input should be 'everyone', 'this_caller' or 'until'"),
        ({"review": "yes"}, "review", "Input should be 'approved', 'pending' or 'rejected'"),
        ({"version": 0}, "version", "Input should be greater than or equal to 1"),
        ({"scope": "this_caller"}, "document", "an entry for 'this_caller' needs the field 'caller'"),
        ({"scope": "until"}, "document", "an entry that holds 'until' a time needs the field 'until', a timestamp"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(fields: dict[str, Any], field: str, says: str) -> None:
    assert problems(**fields) == {field: says}


def test_the_longest_question_and_answer_are_allowed() -> None:
    assert entry(question="q" * 300, answer="a" * 500).version == 1


def is_spoken(written: KnowledgeEntry, at: datetime, caller: str | None) -> bool:
    return bool(KnowledgeIndex([written]).look_up(written.question, at=at, caller=caller).nearest)


@pytest.mark.parametrize("review", [Review.pending, Review.rejected])
def test_what_is_not_approved_is_not_spoken(review: Review) -> None:
    assert not is_spoken(entry(review=review), NOW, None)


def test_an_entry_for_one_caller_is_for_nobody_else() -> None:
    theirs = entry(scope=Scope.this_caller, caller="+15550100")
    assert is_spoken(theirs, NOW, "+15550100")
    assert not is_spoken(theirs, NOW, "+15550101")
    assert not is_spoken(theirs, NOW, None)


def test_an_entry_ends_at_its_time() -> None:
    tonight = entry(scope=Scope.until, until=NOW)
    assert is_spoken(tonight, NOW - timedelta(seconds=1), None)
    assert not is_spoken(tonight, NOW, None)


def test_a_version_keeps_what_an_entry_said() -> None:
    kept = KnowledgeVersion.of(entry(version=4, answered_by="Ana"))
    assert (kept.id, kept.entry, kept.version, kept.answer, kept.answered_by) == (
        "parking_4",
        "parking",
        4,
        "Yes.",
        "Ana",
    )
