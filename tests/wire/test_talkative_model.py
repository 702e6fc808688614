"""A model that invents is not heard: fifty tries, through the real plugins, to have a caller told what nobody knows.

The whole line runs in process: the session, the receptionist, the floor and everything behind them are the product's.
What reaches the synthesiser is compared with all that may: our own sentences, and a person's or the knowledge's words.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from livekit.agents import llm

from agent.words import lines
from holdline import line as call_line
from holdline.memory_store import MemoryDatabase
from tests.builders import a_call
from tests.unit.agent.whole_line import ANSWER, GREETING, HOURS, RELAYED, Line, answered
from tests.wire import models
from tests.wire.gemini import Gemini
from tests.wire.models import Given, Model, Reply
from tests.wire.openai import OpenAI
from tests.wire.patient_loop import PatientLoop
from tests.wire.plugins import gemini_model, openai_model

# Google's client makes its own kind of session, which the session's library would rather it did not.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

QUESTIONS = (
    "do you have parking",
    "how much is a haircut",
    "can i bring my dog",
    "is there a wheelchair ramp",
    "what is the name of the manager",
)
SETTLED_S = 6
"""Of virtual time, after which all is said that there is to say."""
OURS = {GREETING, *lines("hold"), *lines("progress"), RELAYED}


def polite() -> Model:
    """Begins with what it may say, and goes on to what nobody told it."""
    talkative = models.talkative()
    return lambda given: Reply(f"Good question! Let me see. {talkative(given).text}")


def endless(_: Given) -> Reply:
    """Invents without a full stop."""
    return Reply(" and ".join(["a haircut is forty five dollars"] * 60))


def asks_something_else() -> Model:
    """Calls a person with an invention of its own for a question, and says the invention."""

    def reply(given: Given) -> Reply:
        if "ask_supervisor" not in given.tools:
            return Reply(models.INVENTIONS[0])
        return Reply("It is free.", (models.Call("ask_supervisor", {"question": "", "reason": "It is free."}),))

    return reply


INVENTORS: dict[str, Callable[[], Model]] = {
    "talks": models.talkative,
    "calls and talks": models.calls_and_talks,
    "is polite first": polite,
    "never stops": lambda: endless,
    "calls wrongly": asks_something_else,
}
ADDITIONS: dict[str, Callable[[], Model]] = {
    "embroiders": models.embroiders,
    "decorates": lambda: models.decorates,
    "says something else": models.talkative,
    "never stops": lambda: endless,
}


@asynccontextmanager
async def served_by(protocol: str, model: Model) -> AsyncIterator[tuple[Gemini | OpenAI, llm.LLM[Any]]]:
    """A double that this model plays, and the plugin that talks to it."""
    double: Gemini | OpenAI = Gemini() if protocol == "gemini" else OpenAI()
    double.model = model
    await double.start()
    plugin = gemini_model(double) if isinstance(double, Gemini) else openai_model(double)
    try:
        yield double, plugin
    finally:
        await plugin.aclose()
        await double.close()


@asynccontextmanager
async def called(model: llm.LLM[Any]) -> AsyncIterator[Line]:
    """A caller of the salon, for whom this model finds the words."""
    database = MemoryDatabase()
    store = database.for_org("salon")
    call_line.open_call(store, a_call())
    try:
        async with answered(Line(database, store, model=model)) as line:
            yield line
    finally:
        database.close()


async def ask_each(protocol: str, model: Model, questions: Sequence[str]) -> None:
    for question in questions:
        async with served_by(protocol, model) as (double, plugin), called(plugin) as line:
            line.say(question)
            await asyncio.sleep(SETTLED_S)
            assert [(request.question, request.answer) for request in line.requests] == [(question, None)]
            line.answer(ANSWER)
            await asyncio.sleep(SETTLED_S)
            assert RELAYED in line.spoken
            assert set(line.spoken) <= OURS
            assert double.requests, "the model was not asked at all"
            assert double.complaints == []


@pytest.mark.parametrize("inventor", INVENTORS)
@pytest.mark.parametrize("protocol", ["gemini", "openai"])
def test_what_a_model_invents_is_not_said_and_a_person_is_asked(
    protocol: str, inventor: str, caplog: pytest.LogCaptureFixture
) -> None:
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        runner.run(ask_each(protocol, INVENTORS[inventor](), QUESTIONS))
    assert_the_model_was_heard_out(caplog)


async def what_is_heard(protocol: str, model: Model, question: str) -> list[str]:
    async with served_by(protocol, model) as (double, plugin), called(plugin) as line:
        line.say(question)
        await asyncio.sleep(SETTLED_S)
        assert double.requests, "the model was not asked at all"
        return line.spoken[1:]


@pytest.mark.parametrize("addition", ADDITIONS)
@pytest.mark.parametrize("protocol", ["gemini", "openai"])
def test_a_known_answer_is_said_as_it_stands_whatever_the_model_adds(
    protocol: str, addition: str, caplog: pytest.LogCaptureFixture
) -> None:
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        heard = " ".join(runner.run(what_is_heard(protocol, ADDITIONS[addition](), "when do you open")))
    assert_the_model_was_heard_out(caplog)
    assert heard.startswith(HOURS)
    assert heard.removeprefix(HOURS).strip() in ("", "Anything else?")


def assert_the_model_was_heard_out(caplog: pytest.LogCaptureFixture) -> None:
    """It neither failed nor came too late: what it invented was there to be said."""
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []
