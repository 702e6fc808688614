"""LiveKit's console hands typed words straight to the model: they are a turn of the caller's like any other."""

from collections.abc import AsyncIterator

import pytest

from agent.words import lines
from holdline.call import Speaker
from holdline.memory_store import MemoryDatabase
from holdline.store import Store
from tests.unit.agent.whole_line import ANSWER, HOURS, RELAYED, Line, answered


@pytest.fixture
async def on(database: MemoryDatabase, store: Store) -> AsyncIterator[Line]:
    async with answered(Line(database, store)) as line:
        yield line


async def test_what_is_typed_is_answered_from_knowledge_and_kept(on: Line) -> None:
    on.receptionist.session.run(user_input="when do you open")
    assert await on.hears(for_s=10) == [HOURS]
    assert on.turns[-2:] == [(Speaker.CALLER, "when do you open"), (Speaker.AGENT, HOURS)]


async def test_what_is_typed_and_not_known_is_asked_once_and_the_answer_said_word_for_word(on: Line) -> None:
    on.receptionist.session.run(user_input="do you have parking")
    assert await on.hears(for_s=5) == [lines("hold")[0]]
    assert [request.question for request in on.requests] == ["do you have parking"]
    on.answer(ANSWER)
    assert await on.hears(for_s=5) == [RELAYED]


async def test_typed_words_that_say_nothing_get_no_reply(on: Line) -> None:
    on.receptionist.session.run(user_input="um")
    assert await on.hears(for_s=5) == []
