"""A caller on hold, in this process: the parts and the session of a real call; ears, mouth and room are stand-ins."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, AgentSession, APIConnectOptions, tts

from agent.briefing import brief
from agent.console.call import CALLER, open_call
from agent.console.keyboard import Keyboard
from agent.console.silence import NoLoudspeaker, SilentVoice
from agent.line_up import LineUp
from agent.pipelines import Pipeline
from agent.pipelines.rules_llm import RulesLLM
from agent.session import make_session
from agent.words import line as words
from bench.supervisor import committed
from holdline.call import Outcome
from holdline.errors import Stale
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.people import Organisation
from holdline.store import Create, Delete, Put, Store
from holdline.voice_agent import VoiceAgent

ORG = "bench"
VOICE_AGENT = VoiceAgent(id="bench", name="Vera", greeting="Hello.", silence_s=None)
ANSWERS = (
    "Yes, there are twelve places behind the house.",
    "Walk-ins are welcome until six today.",
    "A cleaning is $120, and $95 for members.",
    "Dr. Ruiz is in on Mondays & Thursdays, from 8:30.",
    "No, I'm sorry, we don't.",
    "Use the door at 12 Rose Street; the code is # 3 * 7.",
    "It is ~~$60~~ $45 this week.",
    "Ask for *Emma*: she does curls. See you soon!",
)
"""What supervisors type: two of the eight carry marks that text filters take for formatting."""
ANSWERED_WITHIN_S = 20


def now() -> datetime:
    return datetime.now(UTC)


def relayed(answer: str) -> str:
    """The words in which a caller hears a person's answer."""
    return f"{words('relay')} {answer}"


def furnish(database: FirestoreDatabase, org: str = ORG) -> Store:
    """An organisation with the voice agent of held calls; one that is there already keeps its name."""
    store = database.for_org(org)
    if org == ORG:
        store.commit(Put(Organisation(id=ORG, name="Bench", time_zone="Europe/Madrid")))
    store.commit(Put(VOICE_AGENT))
    return store


@dataclass(frozen=True)
class Given:
    """When a text came to the synthesiser, in wall clock seconds."""

    at: float
    text: str


class Mouth(SilentVoice):
    """A synthesiser that remembers what it was given; a sentence takes two hundredths of a second."""

    def __init__(self) -> None:
        super().__init__(seconds_a_character=0.0005)
        self.given: list[Given] = []
        self._more = asyncio.Event()

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        self.given.append(Given(time.time(), text))
        self._more.set()
        return super().synthesize(text, conn_options=conn_options)

    async def after(self, count: int, *, beginning: str = "") -> Given:
        """The first text after so many that begins like this; raises TimeoutError."""
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while not (found := [one for one in self.given[count:] if one.text.startswith(beginning)]):
                self._more.clear()
                await self._more.wait()
        return found[0]


class _Room:
    async def delete_room(self) -> None: ...

    def shutdown(self, reason: str = "") -> None: ...


class _NoMusic:
    def play(self) -> None: ...

    def hush(self) -> None: ...

    async def close(self) -> None: ...


class Held:
    """One call. Questions are asked of it and answered one after the other, each forgotten once it was heard."""

    def __init__(self, parts: LineUp, session: AgentSession[None], mouth: Mouth, call: str) -> None:
        self.parts = parts
        self.mouth = mouth
        self.call = call
        self._session = session
        self._asked = 0

    @classmethod
    async def open(cls, store: Store, call: str, *, org: str = ORG, is_watched: bool = True) -> "Held":
        """Answer and greet; where the call is not watched, somebody else must bring what is written."""
        dispatch = await asyncio.to_thread(open_call, store, org, VOICE_AGENT.id, call_id=call, by="bench", at=now())
        briefing = await brief(store, dispatch, caller=CALLER, at=now())
        mouth = Mouth()
        pipeline = Pipeline(name="bench", stt=Keyboard(), llm=RulesLLM(), tts=mouth, vad=None, turn_detection="stt")
        session = make_session(pipeline)
        session.output.audio = NoLoudspeaker()
        parts = LineUp.of(briefing, store=store, music=_NoMusic(), job=_Room(), clock=now)
        parts.serve(session)
        if is_watched:
            await parts.inbox.open(call)
        await session.start(parts.receptionist, record=False)
        parts.floor.attach(session)
        await parts.answer()
        return cls(parts, session, mouth, call)

    async def ask(self) -> HelpRequest:
        """A question is open with people, as `ask_supervisor` writes it."""
        self._asked += 1
        return await a_question(self.parts.store, self.call, f"{self.call}_{self._asked}")

    async def close(self) -> None:
        await self.parts.ending.begin(Outcome.CALLER_LEFT)


async def a_question(store: Store, call: str, request_id: str) -> HelpRequest:
    request = HelpRequest(
        id=request_id,
        call=call,
        question="Do you have parking?",
        teaches=False,
        asked_at=now(),
        expires_at=now() + timedelta(hours=1),
    )
    await asyncio.to_thread(store.commit, Create(request))
    return request


async def answer(store: Store, request: HelpRequest, text: str) -> float:
    """Answer as a page does; tells when the commit was sent."""
    return await asyncio.to_thread(committed, store, request.id, text)


async def forget(store: Store, request_id: str, *, once: Status) -> HelpRequest | None:
    """Delete a question when its life is over, so that a long bench does not become a long call; tells what it was."""
    async with asyncio.timeout(ANSWERED_WITHIN_S):
        stored = await asyncio.to_thread(store.get, HelpRequest, request_id)
        while stored is not None and stored.record.status is not once:
            await asyncio.sleep(0.02)
            stored = await asyncio.to_thread(store.get, HelpRequest, request_id)
    if stored is not None:
        with suppress(Stale):  # a receipt that was written late
            await asyncio.to_thread(store.commit, Delete(stored))
    return stored.record if stored is not None else None
