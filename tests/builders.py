"""Records as tests need them: valid, ordinary, and different only in what the test is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from holdline.call import Call, CallKind, Speaker, Turn
from holdline.help_request import Event, HelpRequest, Status
from holdline.knowledge import KnowledgeEntry
from holdline.people import Organisation, Person, PersonRef, PhoneNumber, Role
from holdline.voice_agent import VoiceAgent

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ANA = PersonRef(uid="ana", name="Ana")
BEN = PersonRef(uid="ben", name="Ben")


def later(seconds: float) -> datetime:
    """So many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def a_request(request_id: str = "request-1", /, **fields: Any) -> HelpRequest:
    return HelpRequest(
        **{
            "id": request_id,
            "call": "call-1",
            "question": "Do you have parking?",
            "asked_at": NOW,
            "expires_at": later(120),
            **fields,
        }
    )


def a_claimed_request(request_id: str = "request-1", /, *, by: PersonRef = ANA, until: datetime) -> HelpRequest:
    request = a_request(request_id)
    return request.after(Event.CLAIMED, at=NOW, claimed_by=by, claimed_until=until)


def an_answered_request(request_id: str = "request-1", /, *, by: PersonRef = ANA, answer: str) -> HelpRequest:
    return a_request(request_id).after(
        Event.ANSWERED, at=NOW, answer=answer, accepted_answer=answer, answer_version=1, answered_by=by
    )


def a_request_that_is(status: Status, request_id: str = "request-1", /, **fields: Any) -> HelpRequest:
    """In that status, with no history to explain it."""
    return a_request(request_id, status=status, **fields)


def a_call(call_id: str = "call-1", /, **fields: Any) -> Call:
    return Call(
        **{
            "id": call_id,
            "kind": CallKind.PHONE,
            "caller": "+15555550142",
            "caller_identity": "caller",
            "line": "+15555550100",
            "voice_agent": "reception",
            "voice_agent_version": "v1",
            "opened_by": "CA0001",
            "started_at": NOW,
            **fields,
        }
    )


def a_turn(call: str = "call-1", n: int = 1, /, **fields: Any) -> Turn:
    turn = Turn.of(call, n, who=Speaker.CALLER, text="Do you have parking?", at=NOW)
    return turn.model_copy(update=fields)


def a_voice_agent(voice_agent_id: str = "reception", /, **fields: Any) -> VoiceAgent:
    return VoiceAgent(**{"id": voice_agent_id, "name": "Vera", "greeting": "Luxe Beauty Salon, hello!", **fields})


def an_organisation(org: str = "salon", /, **fields: Any) -> Organisation:
    return Organisation(**{"id": org, "name": "Luxe Beauty Salon", "time_zone": "America/New_York", **fields})


def a_person(uid: str = "ana", /, **fields: Any) -> Person:
    return Person(**{"id": uid, "name": "Ana", "email": f"{uid}@example.com", "role": Role.SUPERVISOR, **fields})


def a_phone_number(number: str = "+15555550100", /, **fields: Any) -> PhoneNumber:
    return PhoneNumber(**{"id": number, "org": "salon", "voice_agent": "reception", **fields})


def an_entry(entry_id: str = "hours", /, **fields: Any) -> KnowledgeEntry:
    return KnowledgeEntry(
        **{
            "id": entry_id,
            "question": "When do you open?",
            "answer": "We open at nine.",
            "updated_at": NOW,
            **fields,
        }
    )
