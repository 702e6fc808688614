"""Our own side of a number: the document that says which voice agent it rings."""

from deploy.phone_step import CannotGoOn, Step
from holdline.errors import AlreadyExists, InvalidDocument, Stale
from holdline.people import Organisation, PhoneNumber
from holdline.records import checked_id
from holdline.store import Create, Database, Delete, Query, R, Store, Stored, Update, Write
from holdline.voice_agent import VoiceAgent

WHERE = "Firestore"
_SHOWN = 20


def require_voice_agent(database: Database, org: str, voice_agent: str) -> None:
    """Raises CannotGoOn where calls would find nobody to answer them; it names what there is instead."""
    _require(database.platform, Organisation, org, called="organisation")
    agents = database.for_org(org)
    agent = _require(agents, VoiceAgent, voice_agent, called="voice agent", of=f" of {org}")
    if not agent.active:
        raise CannotGoOn(
            f"The voice agent {voice_agent} of {org} is switched off: set `active` in "
            f"orgs/{org}/voice_agents/{voice_agent}."
        )


def binding_of(database: Database, number: str) -> Stored[PhoneNumber] | None:
    """The number's document; raises CannotGoOn where people broke it."""
    try:
        return database.platform.get(PhoneNumber, number)
    except InvalidDocument as error:
        raise CannotGoOn(f"{error}. Mend or delete that document first.") from error


def bind_step(database: Database, number: str, *, org: str, voice_agent: str, may_move: bool) -> Step:
    """Let the number ring this voice agent; raises CannotGoOn where it rings another organisation's."""
    what = f"{number} rings {voice_agent} of {org}"
    document = f"{PhoneNumber.collection}/{number}"
    stored = binding_of(database, number)
    if stored is None:
        fresh = PhoneNumber(id=number, org=org, voice_agent=voice_agent)
        call = f"create {document} org={org} voice_agent={voice_agent}"
        return Step(WHERE, what, call, lambda: _write(database, Create(fresh)))
    bound = stored.record
    if (bound.org, bound.voice_agent) == (org, voice_agent):
        return Step(WHERE, what)
    if bound.org != org and not may_move:
        raise CannotGoOn(
            f"{number} is bound to {bound.voice_agent} of {bound.org}. To take it away from there, say --move."
        )
    moved = bound.model_copy(update={"org": org, "voice_agent": voice_agent})
    call = f"update {document} org={org} voice_agent={voice_agent} (was {bound.org}, {bound.voice_agent})"
    return Step(WHERE, what, call, lambda: _write(database, Update(stored, moved)))


def unbind_step(database: Database, number: str) -> Step:
    what = f"{number} rings no voice agent"
    stored = binding_of(database, number)
    if stored is None:
        return Step(WHERE, what)
    call = f"delete {PhoneNumber.collection}/{number} (was {stored.record.org}, {stored.record.voice_agent})"
    return Step(WHERE, what, call, lambda: _write(database, Delete(stored)))


def _write(database: Database, write: Write) -> None:
    try:
        database.platform.commit(write)
    except (AlreadyExists, Stale) as error:
        raise CannotGoOn(
            "Somebody else changed the binding just now: look at it, and run the command again."
        ) from error


def _require(store: Store, kind: type[R], wanted: str, *, called: str, of: str = "") -> R:
    try:
        stored = store.get(kind, checked_id(wanted))
    except ValueError as error:
        raise CannotGoOn(f"{wanted!r} cannot be the id of a document: it {error}.") from error
    except InvalidDocument as error:
        raise CannotGoOn(f"{error}. Mend that document first.") from error
    if stored is None:
        there = ", ".join(record.id for record in store.find(Query(kind, limit=_SHOWN)).records)
        raise CannotGoOn(f"There is no {called} {wanted}{of}. There is: {there or 'none yet'}.")
    return stored.record
