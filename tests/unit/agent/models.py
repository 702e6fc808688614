"""Language models that say what a test wrote for them, or fail."""

import asyncio
import json
from collections import deque
from typing import Any
from uuid import uuid4

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectionError,
    APIConnectOptions,
    NotGivenOr,
    llm,
)


class ScriptedModel(llm.LLM[Any]):
    """Replies with the next line of its script, and with nothing once that is over.

    One that `asks` puts it to a supervisor, and numbers its tool calls anew with each reply, as some do.
    """

    def __init__(self, *script: str, asks: bool = False) -> None:
        super().__init__()
        self.asks = asks
        self.script = deque(script)
        self.failures = 0
        """How many of the next tries fail."""
        self.thinks_for_s = 0.0

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
        model = self._llm
        assert isinstance(model, ScriptedModel)
        await asyncio.sleep(model.thinks_for_s)
        if model.failures:
            model.failures -= 1
            raise APIConnectionError("no model")
        if model.script and (self._tools or not model.asks):
            words = model.script.popleft()
            delta = _asking(words) if model.asks else llm.ChoiceDelta(role="assistant", content=words)
            self._event_ch.send_nowait(llm.ChatChunk(id=uuid4().hex, delta=delta))


def _asking(question: str) -> llm.ChoiceDelta:
    arguments = json.dumps({"question": question, "reason": "unknown"})
    call = llm.FunctionToolCall(name="ask_supervisor", arguments=arguments, call_id="ask_supervisor:0")
    return llm.ChoiceDelta(role="assistant", tool_calls=[call])


class BrokenModel(llm.LLM[Any]):
    """Fails: at once, or after it was tried a few times."""

    def __init__(self, *, is_tried_again: bool = False, says_first: str = "") -> None:
        super().__init__()
        self.is_tried_again = is_tried_again
        self.says_first = says_first

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
        return _NoReply(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _NoReply(llm.LLMStream):
    async def _run(self) -> None:
        model = self._llm
        assert isinstance(model, BrokenModel)
        if model.says_first:
            delta = llm.ChoiceDelta(role="assistant", content=model.says_first)
            self._event_ch.send_nowait(llm.ChatChunk(id=uuid4().hex, delta=delta))
        raise APIConnectionError("no model", retryable=model.is_tried_again)
