"""A turn's reply keeps to the turn's note, whatever the model does, and never stays out."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents import FlushSentinel, NotGivenOr, function_tool, llm

from agent import turn_notes
from agent.wording import WITHIN_S, Part, calling, reply

KNOWN = turn_notes.known("We open at nine. Sundays too.")
UNKNOWN = turn_notes.unknown("do you have parking", "The knowledge has no sure answer.")
GOODBYE = turn_notes.goodbye("Thank you for calling. Goodbye!")
IN_THE_CALLERS_WORDS = {
    "question": "do you have parking",
    "reason": "The knowledge has no sure answer.",
    "skill": None,
    "confidence": None,
}
BROKEN_CALL = llm.FunctionToolCall(name="ask_supervisor", arguments="{", call_id="a")


@function_tool
async def ask_supervisor(question: str) -> None:
    """Ask."""


@function_tool
async def end_call() -> None:
    """End."""


class Model:
    """Sends these parts; a number is a time to think, in seconds, an exception fails."""

    def __init__(self, *parts: Part | float | Exception) -> None:
        self.parts = parts
        self.offered: list[str] = []
        self.tool_choice: Any = None
        self.is_let_go = False

    async def __call__(self, offered: list[llm.Tool], tool_choice: NotGivenOr[llm.ToolChoice]) -> AsyncIterator[Part]:
        self.offered, self.tool_choice = [tool.id for tool in offered], tool_choice
        try:
            for part in self.parts:
                if isinstance(part, Exception):
                    raise part
                if isinstance(part, float):
                    await asyncio.sleep(part)
                else:
                    yield part
        finally:
            self.is_let_go = True


class Turn:
    def __init__(self) -> None:
        self.text = ""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.first_after_s: float | None = None
        self.after_s = 0.0


async def turn(note: str | None, model: Model) -> Turn:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="hello")
    if note is not None:
        context.add_message(role="system", content=note)
    made, began = Turn(), asyncio.get_running_loop().time()
    async for part in reply(context, [ask_supervisor, end_call], model):
        made.after_s = asyncio.get_running_loop().time() - began
        made.first_after_s = made.after_s if made.first_after_s is None else made.first_after_s
        if isinstance(part, str):
            made.text += part
        else:
            assert part.delta is not None
            assert not part.delta.content
            made.calls += [(call.name, json.loads(call.arguments)) for call in part.delta.tool_calls]
    assert model.is_let_go or not model.parts or note is None
    return made


def said(text: str) -> llm.ChatChunk:
    return llm.ChatChunk(id="1", delta=llm.ChoiceDelta(role="assistant", content=text))


def asks(**arguments: Any) -> llm.ChatChunk:
    return calling("ask_supervisor", arguments)


# What is said


@pytest.mark.parametrize(
    "parts",
    [
        (said("We open at nine. Sundays too."),),
        (said("We op"), said("en at n"), said("ine. Sun"), FlushSentinel(), llm.ChatChunk(id="2"), said("days too.")),
        ("We open at nine. ", "Sundays too."),
        (said("**We open at nine.**"),),
        (said("We open at ten. Sundays too."),),
        (said("A cut is $45. We open at nine. Sundays too."),),
        (said("We open at nine. A cut is $45."),),
        (calling("end_call", {}),),
        (asks(question="When do you open?"),),
        (),
    ],
    ids=str,
)
async def test_a_known_answer_is_said_whole_and_with_nothing_added(parts: tuple[Part, ...]) -> None:
    made = await turn(KNOWN, Model(*parts))
    assert made.text == "We open at nine. Sundays too."
    assert made.calls == []


async def test_without_a_note_nothing_is_said_and_nobody_is_asked() -> None:
    made = await turn(None, Model(said("A cut is $45."), asks(question="Parking?")))
    assert (made.text, made.calls) == ("", [])


async def test_a_known_answer_is_on_its_way_before_the_model_is_done() -> None:
    made = await turn(KNOWN, Model(said("We open at nine. Sun"), 1.0, said("days too.")))
    assert made.first_after_s == pytest.approx(0.0)
    assert made.after_s == pytest.approx(1.0)


# Who is asked


@pytest.mark.parametrize(
    "parts",
    [
        (said("Yes, we have 40 places."),),
        (said("Yes, we have 40 places."), calling("end_call", {})),
        (asks(question=" "),),
        (asks(query="parking"),),
        (asks(question="Is a haircut free?"),),
        (asks(question="Parking costs $45, does it not?"),),
        (asks(question="Is parking nine dollars?"),),
        (
            llm.ChatChunk(
                id="1",
                delta=llm.ChoiceDelta(
                    tool_calls=[llm.FunctionToolCall(name="ask_supervisor", arguments="{", call_id="a")]
                ),
            ),
        ),
        (),
        (ValueError("a plugin's own"),),
        (30.0, asks(question="Parking?")),
    ],
    ids=str,
)
async def test_what_is_not_known_is_asked_though_the_model_does_not_ask(parts: tuple[Any, ...]) -> None:
    made = await turn(UNKNOWN, Model(*parts))
    assert made.text == ""
    assert made.calls == [("ask_supervisor", IN_THE_CALLERS_WORDS)]
    assert made.after_s <= WITHIN_S + 0.1


async def test_the_model_words_the_question_and_is_not_heard_beside_it() -> None:
    model = Model(
        said("Yes, 40 places."), asks(question="Is there parking?", reason="unknown", skill="house", confidence=0.3)
    )
    made = await turn(UNKNOWN, model)
    assert made.text == ""
    assert made.calls == [
        ("ask_supervisor", {"question": "Is there parking?", "reason": "unknown", "skill": "house", "confidence": 0.3})
    ]


async def test_what_was_asked_once_is_not_asked_again_in_other_words() -> None:
    wordings = ["Is there parking?", "Where can one park?", "Do they have parking spaces?", "Parking!", "parking"]
    made = await turn(UNKNOWN, Model(*[asks(question=question) for question in wordings]))
    assert [arguments["question"] for _, arguments in made.calls] == ["Is there parking?"]


async def test_two_things_that_the_caller_asks_are_two_questions() -> None:
    both = turn_notes.unknown("do you have parking and may I bring my dog on the 9th", "unknown")
    made = await turn(both, Model(asks(question="Is there parking?"), asks(question="May dogs come on the 9th?")))
    assert len(made.calls) == 2


async def test_half_a_character_keeps_no_question_from_being_written() -> None:
    made = await turn(UNKNOWN, Model(asks(question="Parking \ud83d", reason="\udc00", skill="\ud800")))
    ((_, arguments),) = made.calls
    assert [arguments[name] for name in ("question", "reason", "skill")] == ["Parking ?", "?", "?"]


async def test_arguments_that_the_tool_does_not_take_are_left_out() -> None:
    made = await turn(UNKNOWN, Model(asks(question="Parking?", skill=3, confidence="high", price="$3")))
    assert made.calls == [("ask_supervisor", IN_THE_CALLERS_WORDS | {"question": "Parking?"})]


async def test_a_tools_call_keeps_what_its_provider_needs_and_an_id_fit_for_a_document() -> None:
    given = llm.FunctionToolCall(
        name="ask_supervisor", arguments='{"question": "Parking?"}', call_id="call/../1 é", extra={"google": {"a": 1}}
    )
    context = llm.ChatContext.empty()
    context.add_message(role="system", content=UNKNOWN)
    model = Model(llm.ChatChunk(id="1", delta=llm.ChoiceDelta(tool_calls=[given])))
    (part,) = [part async for part in reply(context, [ask_supervisor], model)]
    assert isinstance(part, llm.ChatChunk)
    assert part.delta is not None
    (call,) = part.delta.tool_calls
    assert (call.call_id, call.extra) == ("call1", {"google": {"a": 1}})


# Goodbye


@pytest.mark.parametrize(
    "parts", [(said("Goodbye then!"),), (said("Thank you for calling. Goodbye!"),), (calling("end_call", {}),), ()]
)
async def test_a_goodbye_is_said_and_the_call_ended_once(parts: tuple[Part, ...]) -> None:
    made = await turn(GOODBYE, Model(*parts))
    assert made.text.endswith("Goodbye!")
    assert made.calls == [("end_call", {})]


# In time


@pytest.mark.parametrize(
    "parts", [(30.0, said("We open at nine.")), (ValueError("refused"),), (1.0, ConnectionError())]
)
async def test_a_model_that_is_late_or_fails_is_done_without_in_the_same_turn(parts: tuple[Any, ...]) -> None:
    made = await turn(KNOWN, Model(*parts))
    assert made.text == "We open at nine. Sundays too."
    assert made.after_s <= WITHIN_S + 0.1


async def test_a_model_that_drips_is_late() -> None:
    made = await turn(KNOWN, Model(*[part for letter in "We open at nine." for part in (said(letter), 0.5)]))
    assert made.text == "We open at nine. Sundays too."
    assert made.after_s == pytest.approx(WITHIN_S, abs=0.1)


async def test_a_model_that_stops_in_mid_sentence_is_not_waited_for_and_its_half_not_said() -> None:
    made = await turn(KNOWN, Model(said("Good question! We open at n"), 30.0, said("ine.")))
    assert made.text == "Good question! We open at nine. Sundays too."
    assert made.after_s == pytest.approx(WITHIN_S, abs=0.1)


# What it is offered


@pytest.mark.parametrize(("note", "tools"), [(KNOWN, []), (UNKNOWN, ["ask_supervisor"]), (GOODBYE, ["end_call"])])
async def test_a_model_is_offered_the_tool_of_the_turn_alone(note: str, tools: list[str]) -> None:
    model = Model(said("Hello!"))
    await turn(note, model)
    assert model.offered == tools
    assert (model.tool_choice == "required") == (tools == ["ask_supervisor"])
