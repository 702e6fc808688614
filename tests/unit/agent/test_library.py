"""The machine's indexes: built once, true to the next call, one organisation's never another's, and never relied on."""

import asyncio
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import known as known_module
from agent.known import Known
from agent.librarian import Librarian
from agent.library import CURRENT, Library
from holdline.knowledge import KnowledgeEntry, KnowledgeIndex, Review, parts
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Delete, Found, Query, R, Store, Update, must_get
from tests.builders import NOW, a_request, an_entry
from tests.unit.agent.fakes import FlakyStore

HOURS = "when do you open"
CALLER = "+15555550142"


class Unread(FlakyStore):
    """A store whose entries nobody may read."""

    def find(self, query: Query[R]) -> Found[R]:
        raise AssertionError("the documents are read although there is an index")


class Machine:
    """A worker's librarian and the calls beside it, which share a folder and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.database = MemoryDatabase()
        self.store = self.database.for_org("salon")
        self.library = Library(folder / "private" / "library")
        self.librarian = Librarian(self.database, self.library)
        self.librarian.look()

    def keep(self) -> None:
        self.librarian.look()
        self.librarian.build()
        self.librarian.look()

    def call(self, org: str = "salon") -> Known:
        return load(self.database.for_org(org), self.library)

    def answer(self, question: str = HOURS) -> str | None:
        """What the next call would say; the documents must not be read for it."""
        hit, _ = load(Unread(self.store), self.library).look_up(question, at=NOW)
        return hit.entry.answer if hit else None

    def base(self, org: str = "salon") -> list[Path]:
        return sorted(self.library.folder_of(org).glob("base-*"))


def load(store: Store, library: Library) -> Known:
    return Known.load(store, caller=CALLER, threshold=None, library=library)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    machine.store.commit(Create(an_entry()))
    machine.call()
    machine.keep()
    yield machine
    machine.librarian.close()


@pytest.fixture
def changes_stay_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with thousands of entries, whose base is not built for every change."""
    monkeypatch.setattr("agent.librarian.REBUILT_UP_TO", 0)
    monkeypatch.setattr(parts, "REBUILT_UP_TO", 0)


def test_the_second_call_of_an_organisation_reads_no_documents(machine: Machine) -> None:
    assert machine.answer() == "We open at nine."


@pytest.mark.usefixtures("changes_stay_beside")
def test_a_change_is_written_beside_the_base_and_holds_for_the_next_call(machine: Machine) -> None:
    base = machine.base()
    before = must_get(machine.store, KnowledgeEntry, "hours")
    machine.store.commit(Update(before, before.record.model_copy(update={"answer": "We open at ten."})))
    machine.store.commit(Create(an_entry(id="parking", question="do you have parking", answer="Yes.")))
    machine.keep()
    assert machine.answer() == "We open at ten."
    assert machine.answer("do you have parking") == "Yes."
    assert machine.base() == base


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("how", ["deleted", "not approved any more"])
def test_what_is_withdrawn_is_not_said_in_the_next_call(
    machine: Machine, how: str, is_large: bool, request: pytest.FixtureRequest
) -> None:
    if is_large:
        request.getfixturevalue("changes_stay_beside")
    before = must_get(machine.store, KnowledgeEntry, "hours")
    if how == "deleted":
        machine.store.commit(Delete(before))
    else:
        machine.store.commit(Update(before, before.record.model_copy(update={"review": Review.rejected})))
    machine.librarian.look()  # the change itself, before anything is built
    assert machine.answer() is None
    machine.keep()
    assert machine.answer() is None


def test_a_base_that_is_replaced_leaves_nothing_behind(machine: Machine) -> None:
    for number in range(3):
        machine.store.commit(Create(an_entry(id=f"more-{number}", question=f"do you have number {number}")))
        machine.keep()
    assert len(machine.base()) == 1
    assert len(list(machine.library.folder_of("salon").iterdir())) == 3  # base, current and wanted


def test_one_organisations_index_is_never_another_s(machine: Machine) -> None:
    assert machine.call("dental").look_up(HOURS, at=NOW) == (None, ())
    machine.keep()
    assert machine.call("dental").look_up(HOURS, at=NOW) == (None, ())
    stolen = (machine.library.folder_of("salon") / CURRENT).read_bytes()
    (machine.library.folder_of("dental") / CURRENT).write_bytes(stolen)
    for base in machine.base():
        base.rename(machine.library.folder_of("dental") / base.name)
    assert machine.library.index_of("dental") is None


def test_nobody_else_may_look_into_the_folders(machine: Machine) -> None:
    root = machine.library.root
    for folder in (root.parent, root, machine.library.folder_of("salon"), *machine.base()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    root.chmod(0o755)
    assert machine.library.index_of("salon") is None


def test_a_folder_that_is_open_to_others_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o755)
    with pytest.raises(PermissionError, match="delete it"):
        Machine(tmp_path)


def test_an_index_that_nobody_confirms_is_left_alone(machine: Machine) -> None:
    long_ago = time.time() - 60
    os.utime(machine.library.folder_of("salon") / CURRENT, (long_ago, long_ago))
    assert machine.library.index_of("salon") is None
    machine.keep()
    assert machine.library.index_of("salon") is not None


def test_a_watch_that_broke_confirms_nothing(machine: Machine) -> None:
    machine.database.close()
    current = machine.library.folder_of("salon") / CURRENT
    os.utime(current, (0, 0))
    machine.keep()
    assert current.stat().st_mtime == 0


@pytest.mark.parametrize("name", ["said.jsonl", "tables.json"])
def test_a_broken_file_is_built_in_the_call_and_again_by_the_worker(machine: Machine, name: str) -> None:
    (machine.base()[0] / name).write_bytes(b"[")
    assert machine.call().look_up(HOURS, at=NOW)[0] is not None
    machine.keep()
    assert machine.answer() == "We open at nine."


def test_a_worker_that_goes_leaves_nothing_to_be_taken_for_current(machine: Machine) -> None:
    machine.librarian.close()
    assert machine.library.index_of("salon") is None
    assert machine.base() == []


def test_another_worker_of_the_machine_steps_in_and_knows_what_is_wanted(machine: Machine) -> None:
    second = Librarian(machine.database, machine.library)
    second.look()
    assert not second._shelves  # there is one already
    machine.librarian.close()
    second.look()
    second.build()
    assert machine.answer() == "We open at nine."
    second.close()


def test_an_organisation_without_calls_is_forgotten(machine: Machine) -> None:
    folder = machine.library.folder_of("salon")
    os.utime(folder / "wanted", (0, 0))
    machine.librarian.look()
    assert not folder.exists()
    machine.call()
    machine.keep()
    assert machine.answer() == "We open at nine."


def test_what_people_broke_is_told_them_once(machine: Machine) -> None:
    machine.database.write_by_hand("orgs/salon/knowledge/hours", {"answer": ""})
    machine.keep()
    machine.keep()
    _, broken = machine.store.find(Query(KnowledgeEntry)), machine.store.find(Query(KnowledgeEntry)).invalid
    assert [error.noted for error in broken] == [error.problem for error in broken] != []
    assert machine.answer() is None


async def test_the_first_call_of_an_organisation_that_knows_much_begins_at_once_and_knows_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_module, "AT_ONCE", 1)
    machine = Machine(tmp_path)
    machine.store.commit(Create(an_entry()), Create(an_entry(id="wifi", question="is there wifi", answer="Yes.")))
    known = machine.call()
    assert known.look_up(HOURS, at=NOW) == (None, ())
    await known.told(a_request(accepted_answer="Yes, behind the house.", answer_version=1), at=NOW)
    await asyncio.to_thread(machine.keep)
    assert await asyncio.to_thread(known.is_complete.wait, 5)
    assert known.look_up(HOURS, at=NOW)[0] is not None
    assert known.look_up("do you have parking", at=NOW)[0] is not None
    machine.librarian.close()


async def test_without_a_worker_that_builds_it_a_call_reads_what_it_must_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_module, "AT_ONCE", 1)
    store = MemoryDatabase().for_org("salon")
    store.commit(Create(an_entry()), Create(an_entry(id="wifi", question="is there wifi", answer="Yes.")))
    known = load(store, Library(tmp_path / "private" / "library"))
    assert await asyncio.to_thread(known.is_complete.wait, 5)
    assert known.look_up(HOURS, at=NOW)[0] is not None


class Heavy(Library):
    """One whose indexes take their time to open."""

    def __init__(self, library: Library) -> None:
        super().__init__(library.root)
        self.may_open = threading.Event()

    def index_of(self, org: str) -> KnowledgeIndex | None:
        assert self.may_open.wait(5)
        return super().index_of(org)


async def test_a_call_begins_while_its_index_is_being_opened_and_asks_it_when_it_is(machine: Machine) -> None:
    heavy = Heavy(machine.library)
    known = load(Unread(machine.store), heavy)
    await known.told(a_request(accepted_answer="Yes, behind the house.", answer_version=1), at=NOW)
    assert not known.is_complete.is_set()
    heavy.may_open.set()
    await known.opened()
    assert known.look_up(HOURS, at=NOW)[0] is not None
    assert known.look_up("do you have parking", at=NOW)[0] is not None


async def test_where_the_index_is_broken_and_storage_away_people_are_asked(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    (machine.base()[0] / "tables.json").write_bytes(b"[")
    storage = FlakyStore(machine.store)
    storage.is_down = True
    known = load(storage, machine.library)
    await known.opened()
    assert known.look_up(HOURS, at=NOW) == (None, ())
    assert not known.is_complete.is_set()
    assert "every question goes to people" in caplog.text
