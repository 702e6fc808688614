"""An index in files says what the one in memory says, and a change says what building anew would say."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from holdline.knowledge import DEFAULT_THRESHOLD, KnowledgeEntry, KnowledgeIndex, Review, Scope, files, parts
from tests.builders import NOW

ROOT = Path(__file__).parents[2]
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests" / "data" / "escalation" / "held_out.json").read_text())
CALLER = "+15555550142"


def demo(organisation: str) -> list[KnowledgeEntry]:
    written = json.loads((ROOT / "local" / "knowledge" / f"{organisation}.json").read_text())["entries"]
    return [KnowledgeEntry(updated_at=NOW, **fields) for fields in written]


def entry(name: str, question: str, **fields: Any) -> KnowledgeEntry:
    return KnowledgeEntry(**{"id": name, "question": question, "answer": "Yes.", "updated_at": NOW, **fields})


def from_files(index: KnowledgeIndex, folder: Path) -> KnowledgeIndex:
    files.write(index.parts, folder)
    return KnowledgeIndex.of(files.read(folder))


def answer(index: KnowledgeIndex, question: str, *, caller: str | None = None) -> str | None:
    best = index.look_up(question, at=NOW, caller=caller).best
    return best.entry.id if best and best.score >= DEFAULT_THRESHOLD else None


@pytest.fixture
def always_extended(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with thousands of entries: what is there is kept as it is."""
    monkeypatch.setattr(parts, "REBUILT_UP_TO", 0)


@pytest.mark.parametrize("organisation", ["luxe-beauty-salon", "bright-smile-dental"])
def test_what_is_read_from_files_scores_every_question_the_same_to_the_last_decimal(
    organisation: str, tmp_path: Path
) -> None:
    built = KnowledgeIndex(demo(organisation))
    read = from_files(built, tmp_path)
    for case in CASES:
        for question in (case["question"], case["heard"]["confused"]):
            assert read.look_up(question, at=NOW) == built.look_up(question, at=NOW)


def test_a_change_to_few_entries_is_what_building_anew_makes(tmp_path: Path) -> None:
    entries = demo("luxe-beauty-salon")
    changed = entries[3].model_copy(update={"answer": "Not any more."})
    told = entry("told", "do you have parking")
    after = from_files(KnowledgeIndex(entries), tmp_path).changed([changed, told], gone={entries[5].id})
    anew = KnowledgeIndex([*entries[:3], changed, entries[4], *entries[6:], told])
    for case in CASES:
        assert after.look_up(case["question"], at=NOW) == anew.look_up(case["question"], at=NOW)


def test_an_entry_beside_many_finds_its_answer_as_building_anew_would(always_extended: None) -> None:
    entries = demo("bright-smile-dental")
    for at, put in enumerate(entries):
        others = [*entries[:at], *entries[at + 1 :]]
        after, anew = KnowledgeIndex(others).changed([put]), KnowledgeIndex([*others, put])
        for question in (put.question, *put.phrasings):
            assert answer(after, question) == answer(anew, question) == put.id


def test_what_is_gone_changed_or_no_longer_approved_is_not_said(always_extended: None, tmp_path: Path) -> None:
    index = from_files(
        KnowledgeIndex([entry("parking", "do you have parking"), entry("wifi", "is there wifi")]), tmp_path
    )
    assert answer(index.changed([], gone={"parking"}), "do you have parking") is None
    unapproved = entry("parking", "do you have parking", review=Review.pending)
    assert answer(index.changed([unapproved]), "do you have parking") is None
    twice = index.changed([entry("parking", "do you have parking", answer="No.")]).changed(
        [entry("parking", "do you have parking", answer="It is full.")]
    )
    found = twice.look_up("do you have parking", at=NOW)
    assert [match.entry.answer for match in found.nearest] == ["It is full."]
    assert twice.parts.number_of.keys() == {"parking", "wifi"}


def test_whom_and_how_long_an_entry_is_for_holds_in_files_and_beside_them(
    always_extended: None, tmp_path: Path
) -> None:
    mine = entry("mine", "when is my appointment", scope=Scope.this_caller, caller=CALLER)
    past = entry("past", "do you have parking", scope=Scope.until, until=NOW)
    soon = entry("soon", "is there wifi", scope=Scope.until, until=NOW + timedelta(seconds=1))
    for index in (
        from_files(KnowledgeIndex([mine, past, soon]), tmp_path),
        KnowledgeIndex([entry("x", "what is your address")]).changed([mine, past, soon]),
    ):
        assert answer(index, "when is my appointment", caller=CALLER) == "mine"
        assert answer(index, "when is my appointment", caller="+15555550199") is None
        assert answer(index, "when is my appointment") is None
        assert answer(index, "do you have parking") is None
        assert answer(index, "is there wifi") == "soon"


def test_an_organisation_that_knows_nothing_has_files_too(tmp_path: Path) -> None:
    index = from_files(KnowledgeIndex([]), tmp_path)
    assert index.look_up("do you have parking", at=NOW).nearest == ()
    assert answer(index.changed([entry("parking", "do you have parking")]), "do you have parking") == "parking"


@pytest.mark.parametrize("name", ["tables.json", "said.jsonl", "entries.jsonl", "sizes.npy", "sums.json"])
@pytest.mark.parametrize("damage", ["cut", "turned", "missing"])
def test_a_damaged_file_is_found_out_on_opening(name: str, damage: str, tmp_path: Path) -> None:
    files.write(KnowledgeIndex(demo("luxe-beauty-salon")).parts, tmp_path)
    was = (tmp_path / name).read_bytes()
    if damage == "missing":
        (tmp_path / name).unlink()
    else:
        half = len(was) // 2
        (tmp_path / name).write_bytes(
            was[:half] + (b"" if damage == "cut" else bytes([was[half] ^ 1]) + was[half + 1 :])
        )
    with pytest.raises(files.BrokenFiles):
        files.read(tmp_path)


def test_indexes_are_built_and_asked_in_many_threads_at_once() -> None:
    def built(thread: int) -> list[str | None]:
        entries = [entry(f"e{n}", f"do you sell {n} blossoming {thread}wanderings {n}ings") for n in range(150)]
        index = KnowledgeIndex(entries)
        return [answer(index, one.question) for one in entries]

    with ThreadPoolExecutor(8) as threads:
        assert all(None not in found for found in threads.map(built, range(8)))
