"""OpenAI, or whoever speaks its language: chat completions as a stream, speech that is really synthesised, and
transcriptions that are really recognised."""

import asyncio
import base64
import io
import json
import struct
import wave
from typing import Any
from uuid import uuid4

from aiohttp import web

from agent.pipelines.decoder import SAMPLE_RATE
from agent.pipelines.recogniser import Recogniser
from holdline.speech.espeak import Pcm, synthesise
from local.sound import Sound
from tests.wire.double import KEY, Behaviour, Double, hang_up
from tests.wire.models import Given, Model, Reply, obedient

ROLES = {"system", "developer", "user", "assistant", "tool"}
UNTIL_THE_END = 0xFFFFFFFF
"""The length in the head of a WAV that is sent while it is made."""
PIECE = 4096


class OpenAI(Double):
    """`model` is what thinks here; `texts` is everything that was to be said, `requests` the chats, `heard` what it
    understood."""

    def __init__(self) -> None:
        super().__init__(prefix="/v1")
        self.model: Model = obedient
        self.requests: list[dict[str, Any]] = []
        self.texts: list[str] = []
        self.voices: set[tuple[str, str]] = set()
        """Each pair of model and voice that was asked for."""
        self.heard: list[str] = []
        self.recogniser = Recogniser()
        self.app.router.add_post("/v1/chat/completions", self._chat)
        self.app.router.add_post("/v1/audio/transcriptions", self._transcription)
        self.app.router.add_post("/v1/audio/speech", self._speech)
        self.app.router.add_get("/v1/", self._root)
        self.app.router.add_get("/v1/models", self._models)

    def error(self, problem: str, status: int) -> str:
        return json.dumps({"error": {"message": problem, "type": "invalid_request_error", "code": None}})

    async def close(self) -> None:
        await super().close()
        await self.recogniser.aclose()

    async def _root(self, _: web.Request) -> web.Response:
        """What the plugins ask for to have a connection open; there is nothing there."""
        return web.Response(status=404)

    async def _models(self, request: web.Request) -> web.Response:
        self._check_key(request)
        await self.think()
        return web.json_response({"object": "list", "data": [{"id": "model", "object": "model"}]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        body: dict[str, Any] = await request.json()
        self._check_chat(body)
        self.requests.append(body)
        reply = self.model(_given(body))
        await self.think()
        *first, last = map(_event, _chunks(reply, model=body["model"]))
        return await self.stream(request, *first, last + b"data: [DONE]\n\n")

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        body: dict[str, Any] = await request.json()
        for name in ("input", "model", "voice"):
            if not isinstance(body.get(name), str) or not body[name].strip():
                self.refuse(f"{name} is missing")
        if body.get("response_format") != "wav":
            self.refuse("this double makes WAV alone")
        self.texts.append(body["input"])
        self.voices.add((body["model"], body["voice"]))
        await self.think()
        sound = _wav(await asyncio.to_thread(synthesise, body["input"]))
        if self.behaviour is Behaviour.DYING:
            sound = sound[: len(sound) // 2]
        events = body.get("stream_format") == "sse"
        kind = "text/event-stream" if events else "audio/wav"
        stream = web.StreamResponse(headers={"Content-Type": kind, "x-request-id": uuid4().hex})
        await stream.prepare(request)
        for start in range(0, len(sound), PIECE):
            piece = sound[start : start + PIECE]
            await stream.write(_event(_delta(piece)) if events else piece)
        if self.behaviour is Behaviour.DYING:
            hang_up(request)
        elif events:
            await stream.write(_event({"type": "speech.audio.done", "usage": {"input_tokens": 9, "output_tokens": 99}}))
        return stream

    async def _transcription(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        form = await request.post()
        file = form.get("file")
        if not form.get("model") or not isinstance(file, web.FileField):
            self.refuse("model and file are required")
        with wave.open(io.BytesIO(file.file.read())) as recording:
            if recording.getnchannels() != 1:
                self.refuse("one channel is enough for one caller")
            sound = Sound.of_bytes(recording.readframes(recording.getnframes()), recording.getframerate())
        await self.think()
        if self.behaviour is Behaviour.DYING:
            hang_up(request)
            return web.Response()
        heard = await self.recogniser.recognise(sound.at(SAMPLE_RATE).samples.tobytes())
        self.heard.append(heard.text)
        return web.json_response({"text": heard.text})

    def _check_key(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            self.refuse("Incorrect API key provided.", web.HTTPUnauthorized)

    def _check_chat(self, body: dict[str, Any]) -> None:
        if not body.get("model") or not body.get("messages"):
            self.refuse("model and messages are required")
        if body.get("stream") is not True:
            self.refuse("a phone call wants a stream")
        called: set[str] = set()
        for message in body["messages"]:
            if message.get("role") not in ROLES:
                self.refuse(f"no such role: {message.get('role')}")
            called |= {call["id"] for call in message.get("tool_calls") or ()}
            if message["role"] == "tool" and message.get("tool_call_id") not in called:
                self.refuse("a tool's result that answers no call")
        for tool in body.get("tools") or ():
            if tool.get("type") != "function" or not tool["function"].get("name"):
                self.refuse(f"not a function: {tool}")


def _given(body: dict[str, Any]) -> Given:
    texts = (_text(message.get("content")) for message in body["messages"])
    tools = frozenset(tool["function"]["name"] for tool in body.get("tools") or ())
    return Given(
        texts=tuple(text for text in texts if text), tools=tools, has_called=body["messages"][-1]["role"] == "tool"
    )


def _text(content: str | list[dict[str, Any]] | None) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())


def _chunks(reply: Reply, *, model: str) -> list[dict[str, Any]]:
    """The reply in pieces, as it is generated: at least two, so that it can break off in the middle."""
    middle = len(reply.text) // 2
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in (reply.text[:middle], reply.text[middle:]) if piece]
    for index, call in enumerate(reply.calls):
        function = {"name": call.tool, "arguments": json.dumps(call.arguments)}
        deltas.append(
            {"tool_calls": [{"index": index, "id": f"call_{uuid4().hex}", "type": "function", "function": function}]}
        )
    last = {} if reply.calls else deltas.pop()
    finish = "tool_calls" if reply.calls else "stop"
    head = {"id": f"chatcmpl-{uuid4().hex}", "object": "chat.completion.chunk", "created": 0, "model": model}
    return [
        *({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas),
        {**head, "choices": [{"index": 0, "delta": last, "finish_reason": finish}]},
    ]


def _wav(pcm: Pcm) -> bytes:
    data = struct.pack("<4sI", b"data", UNTIL_THE_END)
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, pcm.sample_rate, pcm.sample_rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", UNTIL_THE_END, b"WAVE") + kind + data + pcm.samples


def _delta(piece: bytes) -> dict[str, Any]:
    return {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}


def _event(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()
