"""The call's turns are numbered as they happen, and the last of them are at hand."""

import asyncio

import pytest

from agent.transcript import CONTEXT_TURNS, Transcript
from agent.utterance import Kind, Utterance
from agent.writer import Writer
from holdline.call import Speaker, Turn
from holdline.store import Query, Store
from tests.builders import NOW, later
from tests.unit.agent.fakes import virtual_clock


@pytest.fixture
async def transcript(store: Store, writer: Writer) -> Transcript:
    return Transcript(store, "call-1", writer=writer, clock=virtual_clock())


async def written(store: Store) -> tuple[Turn, ...]:
    await asyncio.sleep(1)
    return store.find(Query(Turn)).records


async def test_turns_are_numbered_from_one_with_their_times(store: Store, transcript: Transcript) -> None:
    transcript.add(Speaker.AGENT, "Hello!")
    await asyncio.sleep(2)
    transcript.add(Speaker.CALLER, "Do you have parking?")
    first, second = await written(store)
    assert (first.n, first.who, first.text, first.at) == (1, Speaker.AGENT, "Hello!", NOW)
    assert (second.n, second.who, second.at) == (2, Speaker.CALLER, later(2))


async def test_a_turn_is_kept_as_long_as_its_call(store: Store, writer: Writer) -> None:
    transcript = Transcript(store, "call-1", writer=writer, clock=virtual_clock(), delete_at=later(3600))
    transcript.add(Speaker.CALLER, "Do you have parking?")
    (turn,) = await written(store)
    assert turn.delete_at == later(3600)


async def test_the_last_turns_are_given_oldest_first(transcript: Transcript) -> None:
    for n in range(CONTEXT_TURNS + 3):
        transcript.add(Speaker.CALLER, f"turn {n}")
    assert [turn.text for turn in transcript.last()] == [f"turn {n}" for n in range(3, CONTEXT_TURNS + 3)]


async def test_what_was_last_said_to_the_caller_is_not_what_the_caller_said(transcript: Transcript) -> None:
    assert transcript.last_said() is None
    transcript.add(Speaker.SUPERVISOR, "Yes, behind the house.")
    transcript.add(Speaker.CALLER, "Pardon?")
    assert transcript.last_said() == "Yes, behind the house."


@pytest.mark.parametrize("kind", [Kind.GREETING, Kind.NOTICE, Kind.HOLD])
async def test_what_the_floor_said_is_a_turn_of_the_agents(store: Store, transcript: Transcript, kind: Kind) -> None:
    transcript.said(Utterance(kind, "One moment.", first_frame_at=NOW, was_cut=True))
    (turn,) = await written(store)
    assert (turn.who, turn.text, turn.cut) == (Speaker.AGENT, "One moment.", True)


async def test_what_nobody_heard_the_beginning_of_is_no_turn(store: Store, transcript: Transcript) -> None:
    transcript.said(Utterance(Kind.NOTICE, "One moment."))
    assert await written(store) == ()


async def test_a_persons_words_are_left_to_the_relay(store: Store, transcript: Transcript) -> None:
    transcript.said(Utterance(Kind.RELAY, "My supervisor confirmed: Yes.", first_frame_at=NOW))
    assert await written(store) == ()
