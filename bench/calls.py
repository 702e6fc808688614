"""Real calls to the running stack: a recorded caller in a LiveKit room, greeted by a job, and put on hold."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bench.held import a_question, forget, relayed
from bench.stack import database
from holdline.call import Call
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.speech.espeak import synthesise
from holdline.store import Found, Query, Store, must_get
from local.caller import PIECE_S, Caller
from local.heard import which
from tests.e2e.door import Door
from tests.e2e.twilio import Ringing, twiml

LINE, SALON = "+12125550100", "luxe-beauty-salon"
WITHIN_S = 45
GAP_S = 0.08
"""Of silence before a sound, for it to be the beginning of a sentence and not the end of the one before."""

LOOKED_THROUGH_S = 2.5


def database_of(stack: dict[str, Any]) -> FirestoreDatabase:
    return database(stack["firestore_emulator_host"], stack["project_id"])


class Requests:
    """An organisation's help requests as they are now, for all of its calls: one watch, as a page has it."""

    def __init__(self) -> None:
        self._now: dict[str, HelpRequest] = {}
        self._changed = asyncio.Event()

    def saw(self, found: Found[HelpRequest]) -> None:
        self._now = {request.id: request for request in found.records}
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def becomes(self, request_id: str, wanted: Callable[[HelpRequest], bool]) -> HelpRequest:
        """The request as soon as it is as wanted; raises TimeoutError."""
        async with asyncio.timeout(WITHIN_S):
            while (now := self._now.get(request_id)) is None or not wanted(now):
                await self._changed.wait()
        return now


@asynccontextmanager
async def requests_of(store: Store) -> AsyncIterator[Requests]:
    requests, loop = Requests(), asyncio.get_running_loop()

    def on_state(found: Found[HelpRequest]) -> None:
        loop.call_soon_threadsafe(requests.saw, found)

    watch = await asyncio.to_thread(store.watch, Query(HelpRequest), on_state)
    try:
        yield requests
    finally:
        await asyncio.to_thread(watch.close)


@dataclass
class LiveCall:
    call: str
    caller: Caller
    store: Store
    requests: Requests

    async def ask(self) -> HelpRequest:
        """A question is open with people, as `ask_supervisor` writes it; what the caller said plays no part."""
        return await a_question(self.store, self.call, f"{self.call}_{uuid4().hex[:8]}")

    async def becomes(self, request: HelpRequest, wanted: Callable[[HelpRequest], bool]) -> HelpRequest:
        return await self.requests.becomes(request.id, wanted)

    async def delivered(self, request: HelpRequest) -> HelpRequest:
        return await self.becomes(request, lambda one: one.status is Status.DELIVERED)

    async def forget(self, request: HelpRequest) -> None:
        """Leave no trace of a delivered answer: a call of a hundred questions is none that anybody makes.

        The emulator sends a watch all that it is about with each change of it, so every question costs every later one.
        """
        await forget(self.store, request.id, once=Status.DELIVERED)

    async def quiet(self, *, for_s: float) -> float:
        return await self.caller.agent.wait_for_silence(lasting_s=for_s, within_s=WITHIN_S)

    def heard_from(self, delivered: HelpRequest) -> float:
        """When the first loud frame of a delivered answer came to the caller."""
        assert delivered.answered_at is not None
        # Not from the first frame published: a job that is short of a processor may note that late.
        at = delivered.answered_at.timestamp() + delivered.latencies_ms["to_synthesiser"] / 1000
        while (loud := self.caller.agent.first_loud_after(at)) is not None:
            if self.caller.agent.first_loud_after(loud - GAP_S) == loud:
                return loud
            at = loud + 0.001
        raise RuntimeError(f"nobody heard {relayed(delivered.accepted_answer or '')!r}")

    async def heard_behind_a_voice(self, delivered: HelpRequest) -> float:
        """The same where the agent may have been talking until then, so that only the words tell where they begin."""
        assert delivered.answered_at is not None
        at = delivered.answered_at.timestamp() + delivered.latencies_ms["to_first_frame"] / 1000
        sound, words = self.caller.agent.between(at, at + LOOKED_THROUGH_S), relayed("")
        verdict = await asyncio.to_thread(which, sound, [words], synthesise)
        if verdict.best is None:
            raise RuntimeError(f"nobody heard {words!r}")
        return at + verdict.matches[words].start_s


@asynccontextmanager
async def answered(
    stack: dict[str, Any],
    store: Store,
    *,
    requests: Requests,
    line: str = LINE,
    piece_s: float = PIECE_S,
    minds_music: bool = True,
) -> AsyncIterator[LiveCall]:
    """Ring a line of the salon's by telephone and be greeted; the caller hangs up at the end of the block."""
    number = f"+1555555{uuid4().int % 10_000:04d}"  # of their own: nobody is owed an answer to another's question
    ringing, door = Ringing.on(stack, line, caller=number), Door(**stack["livekit"])
    [dial] = twiml(await asyncio.to_thread(ringing.tell, "twilio_voice", CallStatus="ringing"))
    address = dial.findtext("Sip") or ""
    call_id = address.removeprefix("sip:").partition("@")[0]
    opened = await asyncio.to_thread(must_get, store, Call, call_id)
    assert opened.record.caller_identity is not None
    token = door.token(call_id, opened.record.caller_identity, kind="sip", phone_number=ringing.caller)
    joining = Caller.join(door.url, token, narrow_band=True, piece_s=piece_s, minds_music=minds_music)
    async with await joining as caller:
        call = LiveCall(call_id, caller, store, requests)
        await caller.agent.wait_for_speech(after=0, within_s=WITHIN_S)
        await call.quiet(for_s=1.2)
        yield call
