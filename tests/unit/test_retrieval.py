"""Finding the entry that answers, and answering nothing when none does."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdline.knowledge import DEFAULT_THRESHOLD, KnowledgeEntry, KnowledgeIndex, Review, Scope

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KNOWLEDGE = Path(__file__).parents[2] / "local" / "knowledge"
DEMO = {path.stem: json.loads(path.read_text())["entries"] for path in sorted(KNOWLEDGE.glob("*.json"))}
WORDINGS = [
    (organisation, entry["id"], wording)
    for organisation, entries in DEMO.items()
    for entry in entries
    for wording in (entry["question"], *entry["phrasings"])
]


def entry(name: str, question: str, *phrasings: str, **fields: Any) -> KnowledgeEntry:
    return KnowledgeEntry(
        **{"id": name, "question": question, "phrasings": phrasings, "answer": "Yes.", "updated_at": NOW, **fields}
    )


def answer(index: KnowledgeIndex, question: str, *, at: datetime = NOW, caller: str | None = None) -> str | None:
    best = index.look_up(question, at=at, caller=caller).best
    return best.entry.id if best and best.score >= DEFAULT_THRESHOLD else None


PARKING = entry("parking", "do you have parking")
DEMO_INDEXES = {
    organisation: KnowledgeIndex([KnowledgeEntry(updated_at=NOW, **fields) for fields in entries])
    for organisation, entries in DEMO.items()
}


@pytest.mark.parametrize(
    "question",
    [
        "do you have parking",
        "Do you have parking?",
        "dew ewe have park king",
        "is there parking there",
        "um hi i was wondering if you guys have parking",
        "is there somewhere to park my car",
        "do you have any parking please",
    ],
)
def test_what_was_learned_from_one_caller_answers_the_next(question: str) -> None:
    assert answer(KnowledgeIndex([PARKING]), question) == "parking"


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("do you do men as well", "mens-haircut"),
        ("do you do males as well", None),  # "nails", for all we know
        ("do you cut hair for males", "mens-haircut"),
        ("what is your address", "location"),
        ("do you do walk ins", "need-appointment"),
    ],
)
def test_a_word_that_stands_alone_is_trusted_where_the_entries_use_it(heard: str, expected: str | None) -> None:
    assert answer(DEMO_INDEXES["luxe-beauty-salon"], heard) == expected


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("how much is a hare cut", "haircut-price"),
        ("how much is a hair cut", "haircut-price"),
        ("how of much is a haircuts", "haircut-price"),
        ("how match is a haircut", "haircut-price"),
        ("or you open on sundays", "sunday-hours"),
        ("due you take walk ins", "need-appointment"),
        ("do you half gift cards", "gift-cards"),
        ("how long does color in take", "colour-duration"),
        ("what are you're stylist names", "stylists"),
    ],
)
def test_what_a_recogniser_garbles_is_read_as_what_was_said(heard: str, expected: str) -> None:
    assert answer(DEMO_INDEXES["luxe-beauty-salon"], heard) == expected


@pytest.mark.parametrize(
    ("led_up_to", "expected"),
    [
        ("i'm new in town do you take new patients", "new-patients"),
        ("my friend told me about you how much is a cleaning", "cleaning-price"),
        ("i have two dogs do you do their teeth", None),
        ("i am in the parking lot", None),
        ("i had a cleaning last week", None),
    ],
)
def test_what_leads_up_to_a_question_is_not_the_question(led_up_to: str, expected: str | None) -> None:
    assert answer(DEMO_INDEXES["bright-smile-dental"], led_up_to) == expected


@pytest.mark.parametrize(
    "question",
    [
        "how much is parking",
        "do you have wifi",
        "do you have disabled parking",
        "when does the parking open",
        "do you have",
        "can i park my horse",
        "",
        "um",
        "?!",
    ],
)
def test_one_learned_entry_answers_nothing_else(question: str) -> None:
    assert answer(KnowledgeIndex([PARKING]), question) is None


@pytest.mark.parametrize(("organisation", "expected", "wording"), WORDINGS)
def test_every_wording_of_an_entry_finds_it(organisation: str, expected: str, wording: str) -> None:
    assert answer(DEMO_INDEXES[organisation], wording) == expected


@pytest.mark.parametrize(
    ("organisation", "question"),
    [
        ("luxe-beauty-salon", "do you have parking"),
        ("luxe-beauty-salon", "do you cut dogs hair"),
        ("luxe-beauty-salon", "is maria single"),
        ("luxe-beauty-salon", "how much is a perm"),
        ("luxe-beauty-salon", "what time does emma finish"),
        ("luxe-beauty-salon", "are you open on christmas day"),
        ("luxe-beauty-salon", "when is my appointment"),
        ("luxe-beauty-salon", "when did you open"),
        ("bright-smile-dental", "do you do dental implants"),
        ("bright-smile-dental", "how long does a crown last"),
        ("bright-smile-dental", "do you do fillings for dogs"),
        ("bright-smile-dental", "do you have a second location"),
    ],
)
def test_the_same_words_in_another_question_are_not_answered(organisation: str, question: str) -> None:
    assert answer(DEMO_INDEXES[organisation], question) is None


def test_only_approved_entries_are_found() -> None:
    kept = [entry(review, "do you have parking", review=review) for review in (Review.pending, Review.rejected)]
    assert KnowledgeIndex(kept).look_up("do you have parking", at=NOW).nearest == ()


def test_an_entry_for_one_caller_answers_nobody_else() -> None:
    index = KnowledgeIndex(
        [entry("mine", "when is my appointment", scope=Scope.this_caller, caller="+15550100"), PARKING]
    )
    assert answer(index, "when is my appointment", caller="+15550100") == "mine"
    assert answer(index, "when is my appointment", caller="+15550101") is None
    assert answer(index, "when is my appointment") is None


def test_an_entry_is_found_until_its_time() -> None:
    index = KnowledgeIndex([entry("tonight", "do you have parking", scope=Scope.until, until=NOW)])
    assert answer(index, "do you have parking", at=NOW - timedelta(seconds=1)) == "tonight"
    assert answer(index, "do you have parking", at=NOW) is None


def test_the_nearest_three_come_best_first_with_probabilities() -> None:
    found = DEMO_INDEXES["luxe-beauty-salon"].look_up("how much is a haircut for a child", at=NOW)
    scores = [match.score for match in found.nearest]
    assert found.best is found.nearest[0]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_an_empty_knowledge_base_knows_nothing() -> None:
    assert KnowledgeIndex([]).look_up("do you have parking", at=NOW).best is None


def test_an_over_long_question_is_looked_up_all_the_same() -> None:
    assert answer(KnowledgeIndex([PARKING]), "do you have parking " * 500) == "parking"


def test_questions_in_another_script_are_found_too() -> None:
    index = KnowledgeIndex([PARKING, entry("greek", "έχετε πάρκινγκ")])
    assert answer(index, "Έχετε πάρκινγκ;") == "greek"
    assert answer(index, "πόσο κάνει") is None
