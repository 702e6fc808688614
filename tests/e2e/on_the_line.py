"""A caller on the line with a microphone and ears alone: what they ask is sound, and so is what they hear."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from agent.words import line as words
from holdline.help_request import OPEN, HelpRequest, Status
from holdline.speech.espeak import synthesise
from holdline.store import Query, Store
from local.caller import Caller
from local.heard import Verdict, which
from local.recordings import Voice, recording
from local.rehearsal import ring
from tests.e2e.documents import Console, awaited

SALON_LINE = "+12125550100"
WITHIN_S = 60


def relayed(answer: str) -> str:
    """The words in which a caller hears a person's answer."""
    return f"{words('relay')} {answer}"


@dataclass
class OnTheLine:
    call: str
    caller: Caller
    store: Store
    """Of the organisation that was called."""

    async def greeted(self) -> None:
        """Let the agent say its first words."""
        await self.caller.agent.wait_for_speech(after=0, within_s=WITHIN_S)
        await self.agent_is_done(pause_s=1.2)

    async def ask(self, question: str, *, voice: Voice = "rms") -> float:
        """Say a recording; tells when its last word was said."""
        return (await self.caller.say(recording(question, voice=voice)))[1]

    async def asked(self, *, besides: Sequence[str] = ()) -> HelpRequest:
        """The question that is open with people now, as soon as it is; not one of those `besides`."""
        query = Query(HelpRequest, {"call": self.call})
        return await awaited(self.store, query, lambda one: one.status in OPEN and one.id not in besides)

    async def becomes(self, request: HelpRequest, status: str) -> HelpRequest:
        query = Query(HelpRequest, {"call": self.call})
        return await awaited(self.store, query, lambda one: one.id == request.id and one.status == status)

    async def agent_is_done(self, *, pause_s: float = 0.8) -> None:
        await self.caller.agent.wait_for_silence(lasting_s=pause_s, within_s=WITHIN_S)

    async def reply(self, *, after: float) -> None:
        """Let the agent say one thing, from its first sound to its last."""
        await self.caller.agent.wait_for_sentence(after=after, within_s=WITHIN_S)

    async def is_told(self, sentence: str) -> None:
        """The live transcript says so; for sentences whose sound is not at issue."""
        await self.caller.transcript.wait_for(lambda spoken: sentence in spoken.text, within_s=WITHIN_S)

    async def heard(self, candidates: Sequence[str], *, since: float) -> Verdict:
        """Which of the candidates was in what came out of the telephone since then, by its sound."""
        return await asyncio.to_thread(which, self.caller.agent.between(since), candidates, synthesise)

    async def heard_once_typed(
        self, answer: str, candidates: Sequence[str], *, request: HelpRequest, console: Console
    ) -> tuple[Verdict, HelpRequest]:
        """Type an answer into the request's document: which of the candidates the caller heard, and the request."""
        typed_at = time.time()
        console.edit(HelpRequest.collection, request.id, answer=answer)
        delivered = await self.becomes(request, Status.DELIVERED)
        return await self.heard(candidates, since=typed_at), delivered


@asynccontextmanager
async def from_a_browser(stack: dict[str, Any], store: Store, number: str) -> AsyncIterator[OnTheLine]:
    """Call a line as the page /call does, and be greeted; the caller hangs up at the end of the block."""
    entry = await ring(stack, number)
    async with await Caller.join(entry["url"], entry["token"]) as caller:
        call = OnTheLine(entry["call"], caller, store)
        await call.greeted()
        yield call
