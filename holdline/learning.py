"""How the line learns: an accepted answer to a help request becomes a knowledge entry, if the gate allows.

It is learned as soon as a person has given it, and not only once its caller has heard it: what is true does not depend
on whether the caller stayed on the line, and the next one may ask within the minute.

Each version learned is kept as a KnowledgeVersion, which also remembers that it was learned once: an entry that an
admin deleted, rejected or edited since is theirs, and is left alone.
"""

import logging
from datetime import datetime, tzinfo

from pydantic import ValidationError

from holdline.call import Call
from holdline.errors import AlreadyExists, Stale
from holdline.help_request import HelpRequest
from holdline.knowledge import KnowledgeEntry, KnowledgeVersion, Review, Scope, Source, gate
from holdline.store import CHANGE_ATTEMPTS, Create, Query, Store, Stored, Update

log = logging.getLogger(__name__)


def learn(store: Store, request: HelpRequest, *, tz: tzinfo, at: datetime) -> KnowledgeEntry | None:
    """The entry that was written, under the request's own id, or None where there is nothing (new) to learn.

    `tz` is the organisation's time zone, in which an answer says "today". Raises Unavailable, and InvalidDocument where
    people broke the entry, its version or the call.
    """
    if request.accepted_answer is None or not request.teaches:
        return None
    for _ in range(CHANGE_ATTEMPTS):
        stored = store.get(KnowledgeEntry, request.id)
        if not _may_write(store, stored, request, tz=tz):
            return None
        entry = _entry(store, request, tz=tz, at=request.answered_at or at)
        if entry is None:
            return None
        try:
            store.commit(
                Create(entry) if stored is None else Update(stored, entry),
                Create(KnowledgeVersion.of(entry)),
            )
        except (AlreadyExists, Stale):  # somebody was faster: look again at what stands there now
            store.get(KnowledgeVersion, KnowledgeVersion.of(entry).id)  # which a hand may have broken
            continue
        return entry
    raise Stale(f"{KnowledgeEntry.collection}/{request.id} kept changing")


def _may_write(store: Store, stored: Stored[KnowledgeEntry] | None, request: HelpRequest, *, tz: tzinfo) -> bool:
    learned = {kept.version: kept for kept in store.find(Query(KnowledgeVersion, {"entry": request.id})).records}
    if request.answer_version in learned:
        return False
    if stored is None:
        return not learned  # an entry that was there once was deleted by an admin
    entry = stored.record
    if entry.version >= request.answer_version:
        return False
    if entry.review is Review.rejected or not _is_as_learned(entry, learned.get(entry.version), tz=tz):
        log.info("request %s has a newer answer, but its entry is in an admin's hands", request.id)
        return False
    return True


def _entry(store: Store, request: HelpRequest, *, tz: tzinfo, at: datetime) -> KnowledgeEntry | None:
    question, answer = " ".join(request.question.split()), request.accepted_answer or ""
    caller = _caller(store, request)
    decision = gate(question, answer, caller=caller, at=at, tz=tz)
    if decision.reason is not None:
        log.info("what request %s teaches has to be reviewed: %s", request.id, decision.reason)
    try:
        return KnowledgeEntry(
            id=request.id,
            question=question,
            answer=answer,
            scope=decision.scope,
            caller=caller if decision.scope is Scope.this_caller else None,
            until=decision.until,
            review=decision.review,
            source=Source.learned,
            source_request=request.id,
            answered_by=request.answered_by.name if request.answered_by else None,
            version=request.answer_version,
            updated_at=at,
        )
    except ValidationError as error:
        log.warning("request %s cannot become an entry: %s", request.id, error.errors()[0]["msg"])
        return None


def _is_as_learned(entry: KnowledgeEntry, kept: KnowledgeVersion | None, *, tz: tzinfo) -> bool:
    """Whether the entry still has the words, the audience and the period with which it was learned."""
    if entry.source is not Source.learned or kept != KnowledgeVersion.of(entry):
        return False
    decision = gate(entry.question, entry.answer, caller=entry.caller, at=entry.updated_at, tz=tz)
    return (entry.scope, entry.until) == (decision.scope, decision.until)


def _caller(store: Store, request: HelpRequest) -> str | None:
    """The caller's number, if it is known: a browser or a withheld number is not one caller but any."""
    call = store.get(Call, request.call)
    return call.record.number if call else None
