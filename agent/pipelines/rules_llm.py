"""The small rule-driven model: it does what the turn's note says, and nothing of its own.

It stands where a language model would, so that the session, the tools and the floor run unchanged without a key.
"""

import json
from typing import Any
from uuid import uuid4

from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, APIConnectOptions, NotGivenOr, llm

from agent.turn_notes import Do, open_note


class RulesLLM(llm.LLM[Any]):
    @property
    def model(self) -> str:
        return "rules"

    @property
    def provider(self) -> str:
        return "holdline"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        return _Reply(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _Reply(llm.LLMStream):
    async def _run(self) -> None:
        delta = reply_to(self._chat_ctx, offered={tool.id for tool in self._tools})
        if delta is not None:
            self._event_ch.send_nowait(llm.ChatChunk(id=uuid4().hex, delta=delta))


def reply_to(chat_ctx: llm.ChatContext, *, offered: set[str]) -> llm.ChoiceDelta | None:
    """What follows from the last note; None once it was done, or where there is none.

    `offered` are the names of the tools that may be called.
    """
    note = open_note(chat_ctx)
    if note is None:
        return None
    if note.do is Do.ASK:
        if "ask_supervisor" not in offered:
            return None
        arguments = {"question": note.words, "reason": note.reason, "skill": None, "confidence": 0.0}
        return llm.ChoiceDelta(role="assistant", tool_calls=[_call("ask_supervisor", arguments)])
    ends = note.do is Do.SAY_GOODBYE and "end_call" in offered
    return llm.ChoiceDelta(role="assistant", content=note.words, tool_calls=[_call("end_call", {})] if ends else [])


def _call(name: str, arguments: dict[str, Any]) -> llm.FunctionToolCall:
    return llm.FunctionToolCall(name=name, arguments=json.dumps(arguments), call_id=f"call_{uuid4().hex[:12]}")
