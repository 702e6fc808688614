"""Everything a call needs to know before its first word."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from agent.known import Known
from agent.library import Library
from holdline import line, next_call
from holdline.call import Call, CallKind, Dispatch, Turn
from holdline.config import at_version, organisation_in_force
from holdline.errors import CallOver
from holdline.help_request import HelpRequest, Status
from holdline.people import Organisation, Person
from holdline.store import Query, Store, must_get
from holdline.voice_agent import VoiceAgent


@dataclass(frozen=True)
class Briefing:
    call: Call
    caller_identity: str
    voice_agent: VoiceAgent
    organisation: Organisation
    known: Known
    people: tuple[Person, ...] = ()
    """Those who work there."""
    owed: tuple[HelpRequest, ...] = ()
    """Answers to what this caller asked on earlier calls, and has not heard."""
    so_far: tuple[Turn, ...] = ()
    """What was said while other jobs had the call."""
    is_resumed: bool = False
    """Another job has spoken with the caller before."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Names that callers say and that a recogniser should expect."""
        people = (person.name for person in self.people)
        return tuple(dict.fromkeys((self.organisation.name, self.voice_agent.name, *people)))

    @property
    def can_text(self) -> bool:
        """Whether somebody is on duty who can be texted."""
        return any(person.id == self.organisation.on_duty and person.phone for person in self.people)

    @property
    def caller_within_s(self) -> int:
        """How long the caller may take to come: a phone may ring, a browser is there already."""
        return 60 if self.call.kind is CallKind.PHONE else 15


async def brief(
    store: Store, dispatch: Dispatch, *, caller: str, at: datetime, library: Library | None = None
) -> Briefing:
    """Read what the dispatch names, in the version it names; raises CallOver and other HoldlineErrors.

    `caller` is who came, which a call from a front end does not know before.
    """
    briefing = await asyncio.to_thread(_read, store, dispatch, caller, at, library)
    if briefing.is_resumed:
        for request in await asyncio.to_thread(_heard, store, dispatch.call):
            await briefing.known.told(request, at=at)
    return briefing


def _read(store: Store, dispatch: Dispatch, caller: str, at: datetime, library: Library | None) -> Briefing:
    call = must_get(store, Call, dispatch.call).record
    if not call.is_live:
        raise CallOver(f"Call {call.id} ended before it was answered.")
    identity = call.caller_identity or line.caller_came(store, call.id, caller).caller_identity or caller
    voice_agent = at_version(store, VoiceAgent, dispatch.voice_agent, version=dispatch.version)
    organisation = organisation_in_force(store, dispatch.org, at=at)
    people = store.find(Query(Person)).records
    owed = tuple(next_call.owed_to(store, call.number, at=at)) if call.number else ()
    is_resumed = dispatch.epoch > 1 and call.answered_at is not None
    turns = store.find(Query(Turn, {"call": call.id})).records if is_resumed else ()
    so_far = tuple(sorted(turns, key=lambda turn: turn.n))
    # Last, since what is opened behind it would take the interpreter from the readings.
    known = Known.load(store, caller=call.caller, threshold=voice_agent.answer_threshold, library=library)
    return Briefing(call, identity, voice_agent, organisation, known, people, owed, so_far, is_resumed)


def _heard(store: Store, call_id: str) -> tuple[HelpRequest, ...]:
    """The questions of this call whose answer the caller has heard."""
    return store.find(Query(HelpRequest, {"call": call_id, "status": Status.DELIVERED})).records
