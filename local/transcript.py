"""The live transcript as a participant sees it: who said what, each segment once, with the times it began and ended."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from livekit import rtc

TOPIC = "lk.transcription"


@dataclass(frozen=True)
class Spoken:
    """`who` is the identity of the one who spoke."""

    who: str
    text: str
    began_at: float
    ended_at: float


class Transcript:
    def __init__(self, room: rtc.Room, *, on_spoken: Callable[[Spoken], None] = lambda _: None) -> None:
        self.spoken: list[Spoken] = []
        self._room = room
        self._on_spoken = on_spoken
        self._segments: set[tuple[str, str]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        self._more = asyncio.Event()
        room.register_text_stream_handler(TOPIC, self._opened)

    def by(self, who: str) -> list[str]:
        return [spoken.text for spoken in self.spoken if spoken.who == who]

    async def wait_for(self, wanted: Callable[[Spoken], bool], *, within_s: float) -> Spoken:
        """The first segment, past or to come, that is wanted; raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while (found := next(filter(wanted, self.spoken), None)) is None:
                self._more.clear()
                await self._more.wait()
        return found

    async def close(self) -> None:
        self._room.unregister_text_stream_handler(TOPIC)
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)

    def _opened(self, reader: rtc.TextStreamReader, who: str) -> None:
        task = asyncio.create_task(self._read(reader, who))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader, who: str) -> None:
        began_at = time.time()
        text = (await reader.read_all()).strip()
        attributes = reader.info.attributes or {}
        # A caller's words come as drafts, a stream each; the agent's as one stream, which is marked when it ends.
        is_final = attributes.get("lk.transcription_final") == "true"
        segment = (who, attributes.get("lk.segment_id") or reader.info.stream_id)
        if text and is_final and segment not in self._segments:
            self._segments.add(segment)
            spoken = Spoken(who=who, text=text, began_at=began_at, ended_at=time.time())
            self.spoken.append(spoken)
            self._on_spoken(spoken)
            self._more.set()
