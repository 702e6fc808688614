"""What the line knows during one call: the organisation's entries, and what this call has been told since."""

import asyncio
import logging
from datetime import datetime

from holdline.call import KnowledgeUse
from holdline.errors import HoldlineError
from holdline.help_request import HelpRequest
from holdline.knowledge import DEFAULT_THRESHOLD, KnowledgeEntry, KnowledgeIndex, LookUp, Match, Review, Scope, Source
from holdline.knowledge.entry import MAX_QUESTION
from holdline.store import Query, Store, remarks_on

log = logging.getLogger(__name__)

WORTH_SHOWING = 0.02
"""Below it an entry shares a word with the question and no more; a person who is asked has no use for it."""


class Known:
    """An index of the usable entries; look-ups are in memory."""

    def __init__(self, entries: tuple[KnowledgeEntry, ...], *, caller: str, threshold: float | None) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self._caller = caller
        self._threshold = threshold or DEFAULT_THRESHOLD
        self._index = KnowledgeIndex(entries)

    @classmethod
    def load(cls, store: Store, *, caller: str, threshold: float | None) -> "Known":
        """Read what is approved now, and tell whoever broke an entry what is wrong with it; raises Unavailable."""
        found = store.find(Query(KnowledgeEntry, {"review": Review.approved}))
        for remark in remarks_on(found, KnowledgeEntry):
            try:
                store.commit(remark)
            except HoldlineError as error:  # the call is answered all the same
                log.warning("knowledge/%s is broken, which could not be written beside it: %s", remark.id, error)
        return cls(found.records, caller=caller, threshold=threshold)

    def look_up(self, question: str, *, at: datetime) -> tuple[Match | None, tuple[KnowledgeUse, ...]]:
        """The entry to say, if one is sure enough, and the nearest ones with their scores."""
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
        self._entries[entry.id] = entry
        self._index = await asyncio.to_thread(KnowledgeIndex, tuple(self._entries.values()))
