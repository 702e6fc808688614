"""The live transcript holds each final segment once, whoever is listening."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from local.transcript import Spoken, Transcript


@dataclass
class Stream:
    """A text stream that ends with its text, and with what its sender added at the end."""

    text: str
    attributes: dict[str, str]
    at_the_end: dict[str, str] = field(default_factory=dict)

    @property
    def info(self) -> Any:
        return SimpleNamespace(attributes=self.attributes, stream_id="stream")

    async def read_all(self) -> str:
        await asyncio.sleep(0)
        self.attributes.update(self.at_the_end)
        return self.text


class Room:
    """As much of a room as a transcript needs."""

    def __init__(self) -> None:
        self.opened: Callable[[Stream, str], None] | None = None

    def register_text_stream_handler(self, topic: str, handler: Callable[[Stream, str], None]) -> None:
        self.opened = handler

    def unregister_text_stream_handler(self, topic: str) -> None:
        self.opened = None

    def comes(self, who: str, text: str, *, segment: str, final: bool, final_at_the_end: bool = False) -> None:
        assert self.opened is not None
        attributes = {"lk.segment_id": segment, "lk.transcription_final": "true" if final else "false"}
        self.opened(Stream(text, attributes, {"lk.transcription_final": "true"} if final_at_the_end else {}), who)


@pytest.fixture
def room() -> Room:
    return Room()


def transcript_of(room: Any) -> Transcript:
    return Transcript(room)


async def test_drafts_are_not_kept_and_the_final_words_are(room: Room) -> None:
    transcript = transcript_of(room)
    room.comes("caller", "do you", segment="1", final=False)
    room.comes("caller", "do you have parking", segment="1", final=True)
    spoken = await transcript.wait_for(lambda spoken: spoken.who == "caller", within_s=1)
    assert spoken.text == "do you have parking"
    assert transcript.by("caller") == ["do you have parking"]


async def test_a_segment_that_comes_twice_is_kept_once(room: Room) -> None:
    transcript = transcript_of(room)
    for _ in range(2):
        room.comes("caller", "never mind", segment="1", final=True)
    room.comes("caller", "never mind", segment="2", final=True)
    room.comes("agent", "All right.", segment="3", final=True)
    await transcript.wait_for(lambda spoken: spoken.who == "agent", within_s=1)
    assert transcript.by("caller") == ["never mind", "never mind"]


async def test_a_stream_that_becomes_final_as_it_ends_is_kept(room: Room) -> None:
    transcript = transcript_of(room)
    room.comes("agent", "We open at ten.", segment="1", final=False, final_at_the_end=True)
    assert (await transcript.wait_for(lambda _: True, within_s=1)).text == "We open at ten."


async def test_whoever_wants_to_know_is_told_as_it_happens(room: Room) -> None:
    told: list[Spoken] = []
    transcript = Transcript(room, on_spoken=told.append)  # type: ignore[arg-type]
    room.comes("agent", "Hello.", segment="1", final=True)
    assert [await transcript.wait_for(lambda _: True, within_s=1)] == told


async def test_nothing_is_heard_after_closing(room: Room) -> None:
    transcript = transcript_of(room)
    room.comes("agent", "Hello.", segment="1", final=True)
    await transcript.close()
    assert room.opened is None
    assert transcript.spoken == []
