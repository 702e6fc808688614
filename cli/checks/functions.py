"""Are the functions deployed, do they refuse strangers, and do they know Twilio and LiveKit by our keys?"""

import asyncio
import base64
import hashlib

import httpx
from livekit.api import AccessToken
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from cli.checks.asking import no_answer
from cli.checks.check import Answer, Check, Fault, Fine, Subject
from cli.checks.firestore import NO_NUMBER
from deploy.functions_table import TARGETS, Public
from functions.twiml import UNKNOWN_LINE

GOOGLE_REFUSES = "does not have permission to get URL"
"""Words of the page that Google shows in front of a function that strangers may not call at all."""
UNREACHABLE = "is behind Google's own refusal, where its callers do not come through"
PUBLIC = tuple(target.name for target in TARGETS if isinstance(target.trigger, Public))
PRIVATE = tuple(target.name for target in TARGETS if target.name not in PUBLIC)
"""Called by Cloud Scheduler and by Firestore, who show Google who they are."""
EVENT = b'{"event":"ingress_ended","id":"EV_doctor"}'
"""Of a kind that nothing follows from, and of no room."""


async def answers(subject: Subject) -> Answer:
    try:
        answer = await subject.http.get(subject.url("FUNCTIONS_URL"))
    except httpx.HTTPError as error:
        remedy = f"{_deploy(subject)}, or correct FUNCTIONS_URL."
        return no_answer(error, whom="it", setting="FUNCTIONS_URL", remedy=remedy)
    return Fine(f"{answer.url.host} answers")


async def deployed(subject: Subject) -> Answer:
    """What the world may call must refuse what is not signed; the others are not to be reached by strangers at all."""
    asked = {
        **{name: subject.http.post(subject.url("FUNCTIONS_URL", f"/{name}"), json={}) for name in PUBLIC},
        # Not to be called: only asked for, by a method that none of them takes.
        **{name: subject.http.get(subject.url("FUNCTIONS_URL", f"/{name}")) for name in PRIVATE},
    }
    replies = dict(zip(asked, await asyncio.gather(*asked.values(), return_exceptions=True), strict=True))
    if all(_status(reply) in (404, 405) for reply in replies.values()):
        return Fault(
            "none of the functions is at FUNCTIONS_URL", f"Correct FUNCTIONS_URL. {_deploy(subject)} otherwise."
        )
    problems = {name: _wrong_with(reply) for name, reply in replies.items() if name in PUBLIC}
    problems |= {name: _wrong_with_private(replies[name], is_local=subject.is_local) for name in PRIVATE}
    if not any(problems.values()):
        return Fine(f"{len(replies)} functions are there and refuse strangers")
    said = "; ".join(f"{name} {problem}" for name, problem in problems.items() if problem)
    wrong = [name for name, problem in problems.items() if problem]
    if UNREACHABLE in problems.values():
        return Fault(
            said, f"{_deploy(subject, *wrong)}: they are to admit everybody, and look at signatures themselves."
        )
    return Fault(said, f"{_deploy(subject, *wrong)}, and see what their logs say.")


async def livekit_webhook(subject: Subject) -> Answer:
    """One event as LiveKit signs it, and one that somebody else signed."""
    address = subject.url("FUNCTIONS_URL", "/livekit_webhook")
    good = await _post_event(subject, address, secret=subject["LIVEKIT_API_SECRET"])
    bad = await _post_event(subject, address, secret="of somebody else, " * 3)
    if bad.is_success:
        return Fault(
            "it takes events that LiveKit did not sign",
            f"{_deploy(subject, 'livekit_webhook')}: what runs there is not this version.",
        )
    if good.status_code in (401, 403):
        return Fault(
            "it refuses what is signed with LIVEKIT_API_KEY and LIVEKIT_API_SECRET",
            f"Give the functions the same LiveKit key as here. {_deploy(subject, 'livekit_webhook')}.",
        )
    if not good.is_success:
        return Fault(f"it fails (HTTP {good.status_code})", "See the log of livekit_webhook.")
    return Fine("takes LiveKit's events and nobody else's")


async def twilio_voice(subject: Subject) -> Answer:
    """A call to a number that nobody can have, as Twilio signs it: it reads one document and opens nothing."""
    address = subject.url("FUNCTIONS_URL", "/twilio_voice")
    form = {"CallSid": "CAdoctor", "From": NO_NUMBER, "To": NO_NUMBER, "CallStatus": "ringing"}
    signature = RequestValidator(subject["TWILIO_AUTH_TOKEN"]).compute_signature(address, form)
    answer = await subject.http.post(address, data=form, headers={SIGNATURE_HEADER: signature})
    if answer.status_code in (401, 403):
        return Fault(
            "it refuses what is signed with TWILIO_AUTH_TOKEN over FUNCTIONS_URL",
            f"Give the functions the same of both as here. {_deploy(subject, 'twilio_voice')}.",
        )
    if not answer.is_success:
        return Fault(f"it fails (HTTP {answer.status_code})", "See the log of twilio_voice.")
    if UNKNOWN_LINE.partition("'")[2] not in answer.text.replace("&#x27;", "'"):
        return Fault(
            "it has only an apology for a caller: it does not reach the documents",
            "Grant the functions' service account roles/datastore.user, and see the log of twilio_voice.",
        )
    return Fine("takes Twilio's calls and reads the documents")


async def _post_event(subject: Subject, address: str, *, secret: str) -> httpx.Response:
    digest = base64.b64encode(hashlib.sha256(EVENT).digest()).decode()
    token = AccessToken(subject["LIVEKIT_API_KEY"], secret).with_sha256(digest).to_jwt()
    headers = {"Authorization": token, "Content-Type": "application/webhook+json"}
    return await subject.http.post(address, content=EVENT, headers=headers)


def _wrong_with(reply: httpx.Response | BaseException) -> str | None:
    """Of one that Twilio, LiveKit or a browser calls."""
    status = _status(reply)
    if isinstance(reply, httpx.Response) and status == 403 and GOOGLE_REFUSES in reply.text:
        return UNREACHABLE
    if status in (401, 403):
        return None
    return _in_words(status)


def _wrong_with_private(reply: httpx.Response | BaseException, *, is_local: bool) -> str | None:
    """Of one that Google alone calls, and guards; the local stack has nobody in front of it."""
    status = _status(reply)
    if status in (401, 403) or (is_local and status is not None and 400 <= status < 500 and status != 404):
        return None
    return "lets strangers in" if status is not None and 400 <= status < 500 and status != 404 else _in_words(status)


def _deploy(subject: Subject, *names: str) -> str:
    if subject.is_local:
        return "Start the stack again (`make demo`)"
    return f"Deploy them (`{' '.join(['holdline deploy functions', *names])}`)"


def _in_words(status: int | None) -> str:
    if status is None:
        return "does not answer"
    if status == 404:
        return "is not deployed"
    return "lets strangers in" if status < 400 else f"fails (HTTP {status})"


def _status(reply: httpx.Response | BaseException) -> int | None:
    return reply.status_code if isinstance(reply, httpx.Response) else None


CHECKS = (
    Check("functions.answer", "address", answers, needs=("network.names",), settings=("FUNCTIONS_URL",)),
    Check("functions.deployed", "deployed and guarded", deployed, needs=("functions.answer",)),
    Check(
        "functions.livekit_webhook",
        "LiveKit's events",
        livekit_webhook,
        needs=("functions.deployed", "livekit.key"),
    ),
    Check(
        "functions.twilio_voice",
        "Twilio's calls",
        twilio_voice,
        needs=("functions.deployed", "firestore.reads"),
        settings=("TWILIO_AUTH_TOKEN",),
    ),
)
