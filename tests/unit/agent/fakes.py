"""What stands around the parts under test: a voice without sound, music without notes, storage that fails on demand."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from livekit import rtc

from agent.utterance import Kind, Utterance
from holdline.errors import Unavailable
from holdline.records import Record
from holdline.store import Found, Query, R, Read, Store, Stored, Watch, Write
from tests.builders import later

SPEECH_S = 2.0
"""How long every sentence takes here."""


def virtual_clock() -> Callable[[], datetime]:
    """The wall clock of a call that began at NOW; may be read from any thread."""
    loop = asyncio.get_running_loop()
    return lambda: later(loop.time())


@dataclass(frozen=True)
class Said:
    """One utterance that began at `at` and ended at `until`, in seconds of the test."""

    kind: Kind
    text: str
    at: float
    until: float
    interruptible: bool = True


class FakeFloor:
    """Says one thing at a time. `fates` are of the next relays: heard, cut, silent, talked over or broken."""

    def __init__(
        self,
        *,
        on_voice: Callable[[], None] = lambda: None,
        on_said: Callable[[Utterance], None] = lambda _: None,
    ) -> None:
        self.on_said = on_said
        self.said: list[Said] = []
        self.heard_speaking: list[tuple[float, float]] = []
        self._on_voice = on_voice
        self.fates: deque[str] = deque()
        self.synthesiser_is_dead = False
        self.is_silenced = False
        self.is_at_synthesiser = False
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._relays_to_come = 0
        self._last_voice_at = self._loop.time()

    @property
    def texts(self) -> list[str]:
        return [said.text for said in self.said]

    @property
    def quiet_for_s(self) -> float:
        if self._turn.locked() or self._relays_to_come:
            return 0.0
        return self._loop.time() - self._last_voice_at

    async def somebody_speaks(self, seconds: float) -> None:
        async with self._turn:
            began_at = self._loop.time()
            self._on_voice()
            await asyncio.sleep(seconds)
            self._last_voice_at = self._loop.time()
            self.heard_speaking.append((began_at, self._last_voice_at))

    async def say(self, text: str, *, kind: Kind = Kind.NOTICE) -> Utterance:
        return await self._say(Utterance(kind, text), fate="heard")

    async def keep_company(self, text: str) -> bool:
        if self.quiet_for_s == 0.0:
            return False
        return (await self._say(Utterance(Kind.HOLD, text), fate="heard")).was_heard

    async def insist(self, text: str, *, is_wanted: Callable[[], bool] = lambda: True) -> Utterance:
        return await self.say(text)

    async def relay(
        self,
        text: str,
        *,
        interruptible: bool,
        is_wanted: Callable[[], bool],
        on_first_frame: Callable[[Utterance], None],
    ) -> Utterance:
        self._relays_to_come += 1
        try:
            utterance = Utterance(Kind.RELAY, text, on_first_frame=on_first_frame)
            if not is_wanted():
                return utterance
            fate = self.fates.popleft() if self.fates else "heard"
            return await self._say(utterance, fate=fate, interruptible=interruptible)
        finally:
            self._relays_to_come -= 1

    async def _say(self, utterance: Utterance, *, fate: str, interruptible: bool = True) -> Utterance:
        async with self._turn:
            if fate == "broken":
                raise RuntimeError("the floor gave way")
            if fate == "silent" or self.synthesiser_is_dead:
                self._last_voice_at = self._loop.time()
                return utterance
            self._on_voice()
            at = self._loop.time()
            utterance.text_synthesised = utterance.text
            utterance.synthesised_at = later(at).astimezone(UTC)
            utterance.audio_s = SPEECH_S
            utterance.first_frame_at = later(at + 0.05)
            utterance.on_first_frame(utterance)
            utterance.played_s = SPEECH_S / 2 if fate == "cut" else SPEECH_S
            await asyncio.sleep(utterance.played_s)
            utterance.was_cut = fate == "cut"
            utterance.was_talked_over = fate == "talked over"
            self._last_voice_at = self._loop.time()
            self.heard_speaking.append((at, self._last_voice_at))
            self.said.append(Said(utterance.kind, utterance.text, at, self._last_voice_at, interruptible))
            self.on_said(utterance)
            return utterance


class FakeMusic:
    """Remembers from when to when it played."""

    def __init__(self) -> None:
        self.played: list[tuple[float, float]] = []
        self._since: float | None = None

    @property
    def is_playing(self) -> bool:
        return self._since is not None

    def play(self) -> None:
        if self._since is None:
            self._since = asyncio.get_running_loop().time()

    def hush(self) -> None:
        if self._since is not None:
            self.played.append((self._since, asyncio.get_running_loop().time()))
            self._since = None


class FlakyStore:
    """A store that does not answer while `is_down`, and loses the confirmation of so many commits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_down = False
        self.loses_confirmations = 0
        self.commits: list[tuple[Write, ...]] = []

    @property
    def org(self) -> str | None:
        return self._store.org

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        self._answer()
        return self._store.get(kind, document_id)

    def get_all(self, *wanted: tuple[type[Record], str]) -> list[Read]:
        self._answer()
        return self._store.get_all(*wanted)

    def find(self, query: Query[R]) -> Found[R]:
        self._answer()
        return self._store.find(query)

    def commit(self, *writes: Write) -> None:
        self._answer()
        self.commits.append(writes)
        self._store.commit(*writes)
        if self.loses_confirmations:
            self.loses_confirmations -= 1
            raise Unavailable("storage did not say whether it is done")

    def watch(self, query: Query[R], on_state: Callable[[Found[R]], None]) -> Watch:
        self._answer()
        return self._store.watch(query, on_state)

    def _answer(self) -> None:
        if self.is_down:
            raise Unavailable("storage does not answer")


class FakeKnown:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told_of: list[Any] = []

    async def told(self, request: Any, *, at: datetime) -> None:
        self.told_of.append(request)


class FakeJob:
    """The part of a job's context that ends a call."""

    def __init__(self) -> None:
        self.room_is_deleted = False
        self.shut_down_because: list[str] = []

    async def delete_room(self) -> None:
        self.room_is_deleted = True

    def shutdown(self, reason: str = "") -> None:
        self.shut_down_because.append(reason)


class FakeParticipant:
    def __init__(self, identity: str, disconnect_reason: rtc.DisconnectReason.ValueType) -> None:
        self.identity = identity
        self.disconnect_reason = disconnect_reason


class FakeRoom(rtc.EventEmitter[str]):
    """A room that people leave."""

    def leaves(
        self, identity: str, reason: rtc.DisconnectReason.ValueType = rtc.DisconnectReason.CLIENT_INITIATED
    ) -> None:
        self.emit("participant_disconnected", FakeParticipant(identity, reason))

    def is_gone(self, reason: rtc.DisconnectReason.ValueType = rtc.DisconnectReason.ROOM_DELETED) -> None:
        self.emit("disconnected", reason)
