"""A recorded caller on a running stack: rings a line as a browser does, asks, waits for a person, hears the answer.

Used by `holdline call`. Nothing is injected: the question is sound, and the answer is taken from what the caller hears.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from holdline import desk, presence
from holdline.call import Turn
from holdline.errors import IllegalTransition
from holdline.firestore import connect
from holdline.help_request import LIVE, OPEN, HelpRequest
from holdline.people import PersonRef
from holdline.settings import FirestoreSettings
from holdline.store import Found, Query, Store
from local.caller import Caller
from local.recordings import Voice, recording
from local.transcript import Spoken

GREETING_WITHIN_S = 20
ANSWER_WITHIN_S = 150
REPLY_WITHIN_S = 25
ENDS_WITHIN_S = 15
FAREWELLS: dict[Voice, str] = {"rms": "okay goodbye", "slt": "thank you goodbye"}
REHEARSAL = PersonRef(uid="rehearsal", name="Ana")


class RehearsalFailed(Exception):
    """The call did not come to its end; the text says where it stopped."""


@dataclass
class Report:
    """What became of a call."""

    call: str
    requests: dict[str, HelpRequest] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    first_loud_ms: dict[str, float] = field(default_factory=dict)
    """For each request, from the sending of the answer to the first loud frame of it at the caller."""


class Rehearsal:
    """One call. `tell(seconds since the start, who, text)` is called for everything that happens."""

    def __init__(self, stack: dict[str, Any], *, tell: Callable[[float, str, str], None]) -> None:
        self._stack = stack
        self._tell = tell
        self._began = time.time()
        self._changed = asyncio.Event()

    async def run(self, *, number: str, question: str, voice: Voice, answer: str | None) -> Report:
        """Place the call; with `answer`, give it as a supervisor would as soon as it is asked for.

        Raises RehearsalFailed.
        """
        settings = FirestoreSettings(
            google_cloud_project=self._stack["project_id"],
            firestore_emulator_host=self._stack["firestore_emulator_host"],
        )
        org = next((line["org"] for line in self._stack["phone_numbers"] if line["number"] == number), None)
        if org is None:
            known = ", ".join(line["number"] for line in self._stack["phone_numbers"])
            raise RehearsalFailed(f"{number} is not a line of this stack; these are: {known}")
        database = connect(settings)
        try:
            return await self._call(database.for_org(org), number, question, voice, answer)
        finally:
            database.close()

    async def _call(self, store: Store, number: str, question: str, voice: Voice, answer: str | None) -> Report:
        entry = await ring(self._stack, number)
        if answer is not None:
            presence.beat(store, REHEARSAL, at=datetime.now(UTC))
        report = Report(entry["call"])
        self._note("call", f"{number} is ringing as call {report.call}")
        loop = asyncio.get_running_loop()

        def on_state(found: Found[HelpRequest]) -> None:
            loop.call_soon_threadsafe(self._saw, report, found)

        watch = store.watch(Query(HelpRequest, {"call": report.call}), on_state)
        try:
            async with await Caller.join(entry["url"], entry["token"], on_spoken=self._heard) as caller:
                ended = asyncio.Event()
                caller.room.on("disconnected", lambda _: ended.set())
                await self._converse(store, caller, report, question, voice, answer)
                await caller.say(recording(FAREWELLS[voice], voice=voice))
                try:
                    await asyncio.wait_for(ended.wait(), ENDS_WITHIN_S)
                    self._note("call", "the agent has hung up")
                except TimeoutError:
                    self._note("call", "the agent did not hang up; the caller does")
        finally:
            await asyncio.to_thread(watch.close)
        await asyncio.sleep(0.5)  # the last turns are being written
        report.turns = (await asyncio.to_thread(store.find, Query(Turn, {"call": report.call}))).records
        return report

    async def _converse(
        self, store: Store, caller: Caller, report: Report, question: str, voice: Voice, answer: str | None
    ) -> None:
        await self._within(caller.agent.wait_for_speech(after=0, within_s=GREETING_WITHIN_S), "nobody answered")
        await self._within(
            caller.agent.wait_for_silence(lasting_s=1.2, within_s=GREETING_WITHIN_S), "the greeting did not end"
        )
        said_from, said_until = await caller.say(recording(question, voice=voice))
        self._tell(said_from - self._began, "caller", f"({question})")
        await self._within(
            caller.agent.wait_for_speech(after=said_until, within_s=REPLY_WITHIN_S), "the agent did not reply"
        )
        if not report.requests:  # the agent says that it asks a person before the question is written
            await self._within(
                caller.agent.wait_for_silence(lasting_s=0.7, within_s=REPLY_WITHIN_S), "the agent did not stop talking"
            )
        while open_ones := unfinished(report.requests.values()):
            for request in open_ones:
                if answer is not None and request.status in OPEN:
                    refusal = await asyncio.to_thread(
                        answer_for_a_person, store, request.id, answer, at=datetime.now(UTC)
                    )
                    if refusal is not None:
                        self._note("call", f"the answer was not taken: {refusal}")
            self._changed.clear()
            await self._within(asyncio.wait_for(self._changed.wait(), ANSWER_WITHIN_S), "the question was not answered")
        for request in report.requests.values():
            if request.speaking_at is not None and request.answered_at is not None:
                answered = request.answered_at.timestamp()
                published = answered + request.latencies_ms.get("to_first_frame", 0) / 1000
                loud = caller.agent.first_loud_after(published)
                if loud is not None:
                    report.first_loud_ms[request.id] = round((loud - answered) * 1000, 1)
        await self._within(
            caller.agent.wait_for_silence(lasting_s=1.0, within_s=REPLY_WITHIN_S), "the agent did not stop talking"
        )

    def _saw(self, report: Report, found: Found[HelpRequest]) -> None:
        for request in found.records:
            before = report.requests.get(request.id)
            if before is None:
                self._note("asked", f"{request.question!r} ({request.reason})")
            if before is None or before.status != request.status:
                who = request.answered_by or request.claimed_by
                self._note(request.status, f"by {who.name}" if who is not None else "")
            report.requests[request.id] = request
        self._changed.set()

    def _heard(self, spoken: Spoken) -> None:
        who = "caller" if spoken.who.startswith("caller") else "agent"
        self._tell(spoken.began_at - self._began, who, spoken.text)

    def _note(self, who: str, text: str) -> None:
        self._tell(time.time() - self._began, who, text)

    async def _within(self, waiting: Any, failure: str) -> None:
        try:
            await waiting
        except TimeoutError:
            raise RehearsalFailed(f"{failure} in time") from None


def unfinished(requests: Iterable[HelpRequest]) -> list[HelpRequest]:
    """Those on which the caller is still owed something."""
    return [request for request in requests if request.status in LIVE]


def answer_for_a_person(store: Store, request_id: str, answer: str, *, at: datetime) -> str | None:
    """Answer as a supervisor would; returns why not, where somebody or something else was faster."""
    try:
        desk.answer(store, request_id, answer, by=REHEARSAL, at=at)
    except IllegalTransition as refusal:
        return str(refusal)
    return None


async def ring(stack: dict[str, Any], number: str) -> dict[str, Any]:
    """Open a call as the page /call does for an anonymous visitor; raises RehearsalFailed."""
    try:
        room = await _room(stack, number)
    except httpx.HTTPError as error:
        raise RehearsalFailed(
            f"The stack does not answer ({type(error).__name__}): start it again with `make demo`."
        ) from None
    if not room.is_success:
        raise RehearsalFailed(f"the line refused the call: {room.text}")
    entry: dict[str, Any] = room.json()
    return entry


async def _room(stack: dict[str, Any], number: str) -> httpx.Response:
    identity = f"http://{stack['auth_emulator_host']}/identitytoolkit.googleapis.com/v1/accounts:signUp"
    async with httpx.AsyncClient(timeout=15) as http:
        visitor = await http.post(identity, params={"key": "demo"}, json={"returnSecureToken": True})
        visitor.raise_for_status()
        return await http.post(
            stack["functions"]["create_room"],
            json={"number": number},
            headers={"Authorization": f"Bearer {visitor.json()['idToken']}"},
        )
