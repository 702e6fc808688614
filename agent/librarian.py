"""Keeps the machine's indexes: watches what organisations with recent calls know, and builds each version once.

Runs in the worker's main process, in threads. One a machine: the lock says who, and another worker steps in when that
one goes. A change is written at once as a change; the base is built again behind it when that is worth it.
"""

import asyncio
import fcntl
import logging
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from agent.known import APPROVED, tell_what_is_broken
from agent.library import ATTENDED, CURRENT, WANTED, Current, Library, private
from holdline.knowledge import KnowledgeEntry, KnowledgeIndex, files
from holdline.knowledge.parts import REBUILT_UP_TO
from holdline.store import Database, Found, Store

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
WANTED_FOR_S = 3600.0
"""An organisation without a call for so long is watched no more, and its files go."""
KEPT_AT_MOST = 40
"""So many organisations, those with the latest calls: each is a watch, its entries in memory and some megabytes."""
CHANGES_AT_MOST = 100
"""Beyond, the base is built again."""


class Librarian:
    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library
        self._shelves: dict[str, Shelf] = {}
        self._lock: TextIO | None = None

    async def run(self) -> None:
        """Look on a rhythm until cancelled; then nothing is left that somebody could take for current."""
        building: asyncio.Future[None] | None = None
        try:
            while True:
                try:
                    await asyncio.to_thread(self.look)
                    if building is None or building.done():
                        building = asyncio.ensure_future(asyncio.to_thread(self.build))
                except Exception:  # calls read the documents themselves meanwhile; the next look may fare better
                    log.exception("the indexes are not kept")
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self.close()

    def look(self) -> None:
        """Take up what is wanted, write what changed and confirm what holds."""
        if not self._is_ours():
            return
        (self._library.root / ATTENDED).touch(mode=0o600)
        wanted = self._wanted()
        for org in [org for org in self._shelves if org not in wanted]:
            self._shelves.pop(org).remove()
        for org in wanted:
            if org not in self._shelves:
                self._shelves[org] = Shelf(self._database.for_org(org), self._library.folder_of(org), org=org)
            self._shelves[org].keep()

    def build(self) -> None:
        """Build the bases that are missing or have too much beside them; takes seconds where there are thousands."""
        for shelf in list(self._shelves.values()):
            try:
                shelf.build()
            except Exception:  # one organisation's trouble is not another's
                log.exception("the index of %s is not built", shelf.org)

    def close(self) -> None:
        for shelf in self._shelves.values():
            shelf.close()
        self._shelves = {}
        if self._lock is not None:
            (self._library.root / ATTENDED).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def _is_ours(self) -> bool:
        """Hold the folder; what the one before us left is not looked at, but for what was wanted."""
        if self._lock is not None:
            return True
        root = self._library.root
        private(root.parent)
        lock = (private(root) / "lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        for folder in (path for path in root.iterdir() if path.is_dir()):
            _clear(folder)
        self._lock = lock
        return True

    def _wanted(self) -> list[str]:
        """Those with calls of late, the latest first."""
        since = time.time() - WANTED_FOR_S
        marks = [(mark.stat().st_mtime, mark) for mark in self._library.root.glob(f"*/{WANTED}")]
        latest = sorted((one for one in marks if one[0] >= since), reverse=True)[:KEPT_AT_MOST]
        orgs = [mark.read_text(encoding="utf-8") for _, mark in latest]
        return [org for org, (_, mark) in zip(orgs, latest, strict=True) if self._library.folder_of(org) == mark.parent]


class Shelf:
    """One organisation's entries, in memory as the watch tells them and in its folder as calls read them."""

    def __init__(self, store: Store, folder: Path, *, org: str) -> None:
        self.org = org
        self._store = store
        self._folder = folder
        self._told: Found[KnowledgeEntry] | None = None
        self._written: Found[KnowledgeEntry] | None = None
        self._remarked: Found[KnowledgeEntry] | None = None
        self._base: tuple[str, dict[str, Any]] | None = None
        """Its folder, and the revision of each entry in it."""
        self._closed = threading.Event()
        self._writing = threading.Lock()
        self._watch = store.watch(APPROVED, self._tell)

    def keep(self) -> None:
        """Write what changed, or confirm that nothing did."""
        with self._writing:
            told, current = self._told, self._folder / CURRENT
            if told is None or self._base is None or self._closed.is_set() or not current.exists():
                return  # the last of these: a call found it broken, and it will be built again
            if told is not self._written:
                self._write(told, *self._base)
            elif self._watch.is_live:
                os.utime(current)

    def build(self) -> None:
        told = self._told
        if told is None or self._closed.is_set():
            return
        self._remark(told)
        if not self._is_worth_it(told):
            return
        made = Path(tempfile.mkdtemp(prefix="base-", dir=self._folder))
        files.write(KnowledgeIndex(told.records).parts, made)
        with self._writing:
            if self._closed.is_set():
                return
            self._base = made.name, {stored.record.id: stored.revision for stored in told.stored}
            self._write(self._told or told, *self._base)
        for old in self._folder.glob("base-*"):
            if old != made:
                shutil.rmtree(old, ignore_errors=True)

    def close(self) -> None:
        """Nothing here is confirmed any more."""
        with self._writing:
            self._closed.set()
        self._watch.close()
        _clear(self._folder)

    def remove(self) -> None:
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tell(self, found: Found[KnowledgeEntry]) -> None:
        self._told = found

    def _is_worth_it(self, told: Found[KnowledgeEntry]) -> bool:
        if self._base is None or not (self._folder / CURRENT).exists():  # a call found it broken, and took it away
            return True
        put, gone = _changes(told, self._base[1])
        return len(put) + len(gone) > (0 if len(told.stored) <= REBUILT_UP_TO else CHANGES_AT_MOST)

    def _write(self, told: Found[KnowledgeEntry], base: str, built: dict[str, Any]) -> None:
        put, gone = _changes(told, built)
        now = Current(org=self.org, base=base, put=tuple(put), gone=tuple(gone))
        descriptor, temporary = tempfile.mkstemp(dir=self._folder)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(now.model_dump_json())
        os.replace(temporary, self._folder / CURRENT)
        self._written = told

    def _remark(self, told: Found[KnowledgeEntry]) -> None:
        if told is self._remarked:
            return
        self._remarked = told
        tell_what_is_broken(self._store, told)


def _changes(told: Found[KnowledgeEntry], built: dict[str, Any]) -> tuple[list[KnowledgeEntry], set[str]]:
    put = [stored.record for stored in told.stored if built.get(stored.record.id) != stored.revision]
    return put, built.keys() - {stored.record.id for stored in told.stored}


def _clear(folder: Path) -> None:
    """All but the mark that says that it is wanted."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != WANTED:
            path.unlink(missing_ok=True)
