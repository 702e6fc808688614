"""The rule-driven model does what the turn's note says, once, and nothing else."""

import json

import pytest
from livekit.agents import Agent, AgentSession, RunContext, llm
from livekit.agents.llm import ChatContext, FunctionCall, FunctionCallOutput, function_tool

from agent import turn_notes
from agent.pipelines.rules_llm import RulesLLM, reply_to

TOOLS = {"ask_supervisor", "end_call"}


def turn(note: str, *, caller: str = "do you have parking") -> ChatContext:
    """A call that has been greeted, in which the caller spoke and code left a note."""
    context = ChatContext.empty()
    context.add_message(role="system", content="You answer the telephone.")
    context.add_message(role="assistant", content="Luxe Beauty Salon, how can I help?")
    context.add_message(role="system", content=note)
    context.add_message(role="user", content=caller)
    return context


def test_a_known_answer_is_said_exactly() -> None:
    delta = reply_to(turn(turn_notes.known("We open at ten, # 3.")), offered=TOOLS)
    assert delta is not None
    assert (delta.content, delta.tool_calls) == ("We open at ten, # 3.", [])


def test_an_unknown_question_is_passed_on_and_nothing_is_said() -> None:
    delta = reply_to(turn(turn_notes.unknown("do you have parking", "Not known.")), offered=TOOLS)
    assert delta is not None
    assert delta.content is None
    (call,) = delta.tool_calls
    assert call.name == "ask_supervisor"
    assert json.loads(call.arguments) == {
        "question": "do you have parking",
        "reason": "Not known.",
        "skill": None,
        "confidence": 0.0,
    }


def test_a_goodbye_is_said_and_the_call_is_ended() -> None:
    delta = reply_to(turn(turn_notes.goodbye("Goodbye!")), offered=TOOLS)
    assert delta is not None
    assert delta.content == "Goodbye!"
    assert [call.name for call in delta.tool_calls] == ["end_call"]


def test_nothing_follows_a_tool_that_returned() -> None:
    context = turn(turn_notes.unknown("do you have parking", "Not known."))
    context.items.append(FunctionCall(call_id="c", name="ask_supervisor", arguments="{}"))
    context.items.append(FunctionCallOutput(call_id="c", name="ask_supervisor", output="", is_error=False))
    assert reply_to(context, offered=TOOLS) is None


def test_a_note_is_acted_on_once() -> None:
    context = turn(turn_notes.known("We open at ten."))
    context.add_message(role="assistant", content="We open at ten.")
    assert reply_to(context, offered=TOOLS) is None


def test_without_a_note_nothing_is_said() -> None:
    assert reply_to(turn("Be brief."), offered=TOOLS) is None


def test_the_last_note_counts() -> None:
    context = turn(turn_notes.known("Old."))
    context.add_message(role="system", content=turn_notes.known("New."))
    delta = reply_to(context, offered=TOOLS)
    assert delta is not None
    assert delta.content == "New."


@pytest.mark.parametrize("note", [turn_notes.unknown("q", "r"), turn_notes.goodbye("Bye.")])
def test_a_tool_that_is_not_offered_is_not_called(note: str) -> None:
    delta = reply_to(turn(note), offered=set())
    assert delta is None or delta.tool_calls == []


class Reception(Agent):
    """An agent with a note, whose tool keeps what it was asked."""

    def __init__(self, note: str) -> None:
        context = ChatContext.empty()
        context.add_message(role="system", content=note)
        super().__init__(instructions="You answer the telephone.", chat_ctx=context)
        self.asked: list[tuple[str, str, str | None, float | None]] = []

    @function_tool
    async def ask_supervisor(
        self,
        ctx: RunContext[None],
        question: str,
        reason: str,
        skill: str | None = None,
        confidence: float | None = None,
    ) -> None:
        """Ask a person."""
        self.asked.append((question, reason, skill, confidence))


async def test_in_a_session_the_tool_is_called_once_with_its_arguments() -> None:
    agent = Reception(turn_notes.unknown("do you have parking", "Not known."))
    async with RulesLLM() as model, AgentSession[None](llm=model) as session:
        await session.start(agent)
        model_said = await session.run(user_input="do you have parking")
        model_said.expect.next_event().is_function_call(name="ask_supervisor")
        model_said.expect.next_event().is_function_call_output()
        model_said.expect.no_more_events()
    assert agent.asked == [("do you have parking", "Not known.", None, 0.0)]


async def test_a_stream_ends_without_a_word_when_there_is_nothing_to_do() -> None:
    async with RulesLLM() as model, model.chat(chat_ctx=ChatContext.empty()) as stream:
        chunks: list[llm.ChatChunk] = [chunk async for chunk in stream]
    assert chunks == []
