"""Google's Gemini, as far as the plugin goes: `models` and `models/M:streamGenerateContent` with server-sent events."""

import json
from typing import Any

from aiohttp import web

from tests.wire.double import KEY, Double
from tests.wire.models import Call, Given, Model, Reply, obedient

FIELDS = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings"}


class Gemini(Double):
    """`model` is what thinks here; `requests` are the bodies that came."""

    def __init__(self) -> None:
        super().__init__()
        self.model: Model = obedient
        self.requests: list[dict[str, Any]] = []
        self.app.router.add_get("/{version:v1|v1beta}/models", self._models)
        self.app.router.add_post("/{version:v1|v1beta}/models/{name}:streamGenerateContent", self._generate)

    def error(self, problem: str, status: int) -> str:
        return json.dumps({"error": {"code": status, "message": problem, "status": "INVALID_ARGUMENT"}})

    async def _models(self, request: web.Request) -> web.Response:
        self._check_key(request)
        await self.think()
        return web.json_response({"models": [{"name": "models/gemini"}]})

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        if request.query.get("alt") != "sse":
            self.refuse("a stream is asked for with alt=sse")
        body: dict[str, Any] = await request.json()
        self._check(body)
        self.requests.append(body)
        reply = self.model(_given(body))
        await self.think()
        return await self.stream(request, *map(_event, _chunks(reply)))

    def _check_key(self, request: web.Request) -> None:
        if request.headers.get("x-goog-api-key") != KEY:
            self.refuse("API key not valid. Please pass a valid API key.")

    def _check(self, body: dict[str, Any]) -> None:
        if unknown := body.keys() - FIELDS:
            self.refuse(f"unknown fields: {sorted(unknown)}")
        contents = body.get("contents") or self.refuse("contents are missing")
        called: set[str] = set()
        for content in contents:
            if content.get("role") not in ("user", "model") or not content.get("parts"):
                self.refuse(f"a content needs a role and parts: {content}")
            for part in content["parts"]:
                if "functionCall" in part:
                    called.add(part["functionCall"]["name"])
                elif "functionResponse" in part:
                    if part["functionResponse"]["name"] not in called:
                        self.refuse("a function response that answers no call")
                elif not part.get("text"):
                    self.refuse(f"a part without content: {part}")
        if contents[-1]["role"] != "user":
            self.refuse("the last content is not the user's")
        for tool in body.get("tools", ()):
            for function in tool["functionDeclarations"]:
                if not function.get("name") or not function.get("description"):
                    self.refuse(f"a function needs a name and a description: {function}")


def _given(body: dict[str, Any]) -> Given:
    system = body.get("systemInstruction") or {}
    parts = [part for content in (system, *body["contents"]) for part in content.get("parts", ())]
    tools = [function["name"] for tool in body.get("tools", ()) for function in tool["functionDeclarations"]]
    return Given(
        texts=tuple(part["text"] for part in parts if "text" in part),
        tools=frozenset(tools),
        has_called="functionResponse" in parts[-1],
    )


def _chunks(reply: Reply) -> list[dict[str, Any]]:
    """The reply in pieces, as it is generated: at least two, so that it can break off in the middle."""
    middle = len(reply.text) // 2
    pieces = [[{"text": piece}] for piece in (reply.text[:middle], reply.text[middle:]) if piece]
    pieces += [[_function_call(call)] for call in reply.calls]
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}
    chunks: list[dict[str, Any]] = [
        {"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}]} for parts in pieces
    ]
    end = {"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0}
    if not reply.calls and len(chunks) > 1:
        end["content"] = chunks.pop()["candidates"][0]["content"]
    return [*chunks, {"candidates": [end], "usageMetadata": usage}]


def _function_call(call: Call) -> dict[str, Any]:
    return {"functionCall": {"name": call.tool, "args": call.arguments}}


def _event(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\r\n\r\n".encode()
