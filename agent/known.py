"""What the line knows during one call: the organisation's entries, and what this call has been told since."""

import asyncio
import logging
import threading
import time
from dataclasses import replace
from datetime import datetime

from agent.library import Library
from holdline.call import KnowledgeUse
from holdline.errors import HoldlineError, InvalidDocument, StoreError
from holdline.help_request import HelpRequest
from holdline.knowledge import DEFAULT_THRESHOLD, KnowledgeEntry, KnowledgeIndex, LookUp, Match, Review, Scope, Source
from holdline.knowledge.entry import MAX_QUESTION
from holdline.store import Found, Query, Store, remarks_on

log = logging.getLogger(__name__)

WORTH_SHOWING = 0.02
"""Below it an entry shares a word with the question and no more; a person who is asked has no use for it."""


APPROVED = Query(KnowledgeEntry, {"review": Review.approved})
AT_ONCE = 300
"""So many entries are read and built before the call's first word. More of them, where no index is at hand, come behind
it: until then the line knows nothing, and asks people."""
BUILT_WITHIN_S = 20.0
CONFIRMED_WITHIN_S = 0.25


class Known:
    """An index of the usable entries; look-ups are in memory."""

    def __init__(
        self, index: KnowledgeIndex, *, caller: str, threshold: float | None, store: Store | None = None
    ) -> None:
        """With a `store` an entry is read once more before it is said."""
        self._store = store
        self._index = index
        self._told: dict[str, KnowledgeEntry] = {}
        self._changing = threading.Lock()
        self._is_open = threading.Event()
        self._is_open.set()
        self.is_complete = threading.Event()
        """Set once everything is here that the organisation knows."""
        self.is_complete.set()
        self._caller = caller
        self._threshold = threshold or DEFAULT_THRESHOLD

    @classmethod
    def load(cls, store: Store, *, caller: str, threshold: float | None, library: Library | None = None) -> "Known":
        """What is approved now; raises Unavailable. From the machine's library, else from the documents themselves.

        The library's index is opened behind the call's start, which takes as long with many entries as with few.
        """
        known = cls(KnowledgeIndex(()), caller=caller, threshold=threshold, store=store)
        known.is_complete.clear()
        if library is not None and library.keeps(store.org or ""):
            known._is_open.clear()
            threading.Thread(target=known._open, args=(store, library), name="knowledge", daemon=True).start()
        else:
            known._read(store, library)
        return known

    async def opened(self) -> None:
        """Wait for the library's index; it is there long before a caller has asked anything."""
        if not self._is_open.is_set():
            await asyncio.to_thread(self._is_open.wait)

    def _open(self, store: Store, library: Library) -> None:
        try:
            index = library.index_of(store.org or "")
            if index is not None:
                self._take(index)
            else:  # it is broken, or was confirmed no more in this moment
                self._read(store, library)
        except HoldlineError as error:
            log.warning("what the organisation knows cannot be read, and every question goes to people: %s", error)
        finally:
            self._is_open.set()

    def _read(self, store: Store, library: Library | None) -> None:
        found = store.find(replace(APPROVED, limit=AT_ONCE + 1))
        if len(found.stored) + len(found.invalid) <= AT_ONCE:
            tell_what_is_broken(store, found)
            self._take(KnowledgeIndex(found.records))
        else:
            threading.Thread(target=self._catch_up, args=(store, library), name="knowledge", daemon=True).start()

    def _catch_up(self, store: Store, library: Library | None) -> None:
        """Take the index that the worker builds meanwhile; where nobody does, build it here."""
        index, until = None, time.monotonic() + BUILT_WITHIN_S
        while index is None and library and library.is_attended() and time.monotonic() < until:
            time.sleep(0.1)
            index = library.index_of(store.org or "")
        try:
            self._take(index or _built_from(store))
        except HoldlineError as error:
            log.warning("what the organisation knows cannot be read, and every question goes to people: %s", error)

    def _take(self, index: KnowledgeIndex) -> None:
        with self._changing:
            self._index = index.changed(self._told.values()) if self._told else index
        self.is_complete.set()

    def look_up(self, question: str, *, at: datetime) -> tuple[Match | None, tuple[KnowledgeUse, ...]]:
        """The entry to say, if one is sure enough, and the nearest ones with their scores."""
        self._is_open.wait()
        found: LookUp = self._index.look_up(question, at=at, caller=self._caller)
        hit = found.best if found.best is not None and found.best.score >= self._threshold else None
        uses = tuple(
            KnowledgeUse(
                entry=match.entry.id,
                question=match.entry.question,
                answer=match.entry.answer,
                score=round(match.score, 3),
            )
            for match in found.nearest
            if match.score >= WORTH_SHOWING
        )
        return hit, uses

    async def as_it_stands(self, hit: Match) -> Match | None:
        """The hit with the entry as it is written now; None where that is not what was looked up, or is gone.

        An index may be some seconds old, and what was withdrawn must not be said. Where storage is slow or away, the
        index is trusted: what it holds was approved, and somebody waits.
        """
        if self._store is None or hit.entry.id in self._told:
            return hit
        try:
            reading = asyncio.to_thread(self._store.get, KnowledgeEntry, hit.entry.id)
            stored = await asyncio.wait_for(reading, CONFIRMED_WITHIN_S)
        except InvalidDocument:
            return None
        except (StoreError, TimeoutError):
            return hit
        if stored is None or _asked_and_for_whom(stored.record) != _asked_and_for_whom(hit.entry):
            return None
        return Match(stored.record, hit.score)

    async def told(self, request: HelpRequest, *, at: datetime) -> None:
        """Know for the rest of this call what a person answered in it, whatever the gate decides for others."""
        if request.accepted_answer is None or not request.teaches:
            return
        entry = KnowledgeEntry(
            id=request.id,
            question=" ".join(request.question.split())[:MAX_QUESTION],
            answer=request.accepted_answer,
            scope=Scope.this_caller,
            caller=self._caller,
            review=Review.approved,
            source=Source.learned,
            source_request=request.id,
            version=request.answer_version,
            updated_at=at,
        )
        await asyncio.to_thread(self._add, entry)

    def _add(self, entry: KnowledgeEntry) -> None:
        with self._changing:
            self._told[entry.id] = entry
            self._index = self._index.changed([entry])


def _asked_and_for_whom(entry: KnowledgeEntry) -> tuple[object, ...]:
    return entry.question, entry.phrasings, entry.scope, entry.caller, entry.until, entry.review


def _built_from(store: Store) -> KnowledgeIndex:
    found = store.find(APPROVED)
    tell_what_is_broken(store, found)
    return KnowledgeIndex(found.records)


def tell_what_is_broken(store: Store, found: Found[KnowledgeEntry]) -> None:
    """Tell whoever broke an entry what is wrong with it."""
    for remark in remarks_on(found, KnowledgeEntry):
        try:
            store.commit(remark)
        except HoldlineError as error:  # calls are answered all the same
            log.warning("knowledge/%s is broken, which could not be written beside it: %s", remark.id, error)
