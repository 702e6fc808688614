"""A turn's reply: worded by a language model as far as it keeps to the turn's note, and by rule where it does not.

A model that is late, fails, hangs, says what nobody told it, or does not ask where it should, is done without in the
same turn. So no turn stays silent, and what reaches the caller does not depend on which model is configured.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Any
from uuid import uuid4

from livekit.agents import NOT_GIVEN, FlushSentinel, NotGivenOr, llm

from agent.grounding import Grounding, Topics, sentences
from agent.turn_notes import Do, Note, open_note

log = logging.getLogger(__name__)

WITHIN_S = 1.5
"""How long a model has to its first sentence or to its question for a person, and from then on to each next one."""
ASK, END = "ask_supervisor", "end_call"
TOOLS = {Do.ASK: ASK, Do.SAY_GOODBYE: END}
"""The one tool that a turn has use for; no other is offered."""

Part = llm.ChatChunk | str | FlushSentinel
Model = Callable[[list[llm.Tool], NotGivenOr[llm.ToolChoice]], AsyncIterable[Part]]
"""Sends the turn to the model, with these tools."""


async def reply(
    chat_ctx: llm.ChatContext, tools: list[llm.Tool], model: Model
) -> AsyncGenerator[llm.ChatChunk | str, None]:
    """What is said and called in this turn; nothing where no note asks for anything."""
    note = open_note(chat_ctx)
    if note is None:
        return
    offered = [tool for tool in tools if tool.id == TOOLS.get(note.do)]
    patience = _Patience()
    must_call: NotGivenOr[llm.ToolChoice] = "required" if note.do is Do.ASK else NOT_GIVEN
    async with aclosing(_deltas(model(offered, must_call), patience)) as deltas:
        if note.do is Do.ASK:
            async for call in _questions(note, _said_by_the_caller(chat_ctx), deltas):
                yield call
            return
        async for sentence in _sentences(note, deltas, patience):
            yield sentence
    if note.do is Do.SAY_GOODBYE:
        yield calling(END, {})


class _Gone(Exception):
    """The model will send nothing more, though its reply is not at its end."""


async def _questions(note: Note, said: str, deltas: AsyncIterator[llm.ChoiceDelta]) -> AsyncIterator[llm.ChatChunk]:
    """The model's calls for a person; one in the caller's own words where it makes none. Nothing that it says."""
    topics = Topics(f"{said}\n{note.words}")
    with suppress(_Gone):
        async for delta in deltas:
            for call in delta.tool_calls:
                if call.name != ASK or (arguments := _arguments(call, note)) is None:
                    continue
                if topics.admit(arguments["question"]):
                    yield calling(ASK, arguments, call=call)
    if not topics.asked:
        log.info("the model did not ask a person; it is asked in the caller's words")
        yield calling(ASK, {"question": note.words, "reason": note.reason, "skill": None, "confidence": None})


def _said_by_the_caller(chat_ctx: llm.ChatContext) -> str:
    return "\n".join(message.text_content or "" for message in chat_ctx.messages() if message.role == "user")


async def _sentences(note: Note, deltas: AsyncIterator[llm.ChoiceDelta], patience: "_Patience") -> AsyncIterator[str]:
    """What the model says of the note, as it comes, and then the rest of the note."""
    grounding = Grounding(note.words)
    unfinished = ""
    with suppress(_Gone):
        async for delta in deltas:
            *finished, unfinished = sentences(unfinished + (delta.content or "")) or [""]
            for sentence in finished:
                if said := grounding.admit(sentence):
                    patience.renew()
                    yield said
            if grounding.has_refused:
                break
        else:
            yield grounding.admit(unfinished)
    if grounding.has_refused:
        log.info("the model said what it was not told; the rest of the note is said in its place")
    yield grounding.rest()


class _Patience:
    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.until = asyncio.get_running_loop().time() + WITHIN_S


async def _deltas(parts: AsyncIterable[Part], patience: _Patience) -> AsyncGenerator[llm.ChoiceDelta, None]:
    """What the model sends, until it ends, fails or is late."""
    stream = aiter(parts)
    try:
        while True:
            async with asyncio.timeout_at(patience.until):
                part = await anext(stream, None)
            if part is None:
                return
            if isinstance(part, str):
                yield llm.ChoiceDelta(content=part)
            elif isinstance(part, llm.ChatChunk) and part.delta is not None:
                yield part.delta
    except TimeoutError:
        log.warning("the model is late and is done without")
        raise _Gone from None
    except Exception as error:  # a plugin raises what its provider's library does, and the caller wants a reply
        log.warning("the model failed and is done without (%s)", type(error).__name__)
        raise _Gone from None
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


def calling(name: str, arguments: dict[str, Any], *, call: llm.FunctionToolCall | None = None) -> llm.ChatChunk:
    """A tool call, the model's own where there is one, with these arguments."""
    call_id = re.sub(r"[^A-Za-z0-9_-]", "", call.call_id)[:64] if call else ""
    made = llm.FunctionToolCall(
        name=name,
        arguments=json.dumps(arguments),
        call_id=call_id or f"call_{uuid4().hex[:12]}",
        extra=call.extra if call else None,
    )
    return llm.ChatChunk(id=uuid4().hex, delta=llm.ChoiceDelta(role="assistant", tool_calls=[made]))


def _arguments(call: llm.FunctionToolCall, note: Note) -> dict[str, Any] | None:
    """The model's arguments as the tool takes them; None where it asks nothing."""
    try:
        given = json.loads(call.arguments)
        question = _writable(given["question"])
    except (ValueError, TypeError, KeyError):
        return None
    skill, confidence = given.get("skill"), given.get("confidence")
    return (
        {
            "question": question,
            "reason": _writable(given.get("reason") or note.reason),
            "skill": _writable(skill) if isinstance(skill, str) else None,
            "confidence": confidence if isinstance(confidence, int | float) else None,
        }
        if question
        else None
    )


def _writable(text: object) -> str:
    """Without halves of characters, which a model that breaks off in an emoji sends, and which storage refuses."""
    return str(text).encode(errors="replace").decode().strip()
