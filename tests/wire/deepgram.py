"""Deepgram's `/v1/listen`, as far as the plugin goes. It really recognises, with PocketSphinx in a process of its own.

Unlike Deepgram it ends an utterance by nothing shorter than PAUSE_S, since PocketSphinx wants utterances whole.
"""

import asyncio
import json
from collections import deque
from contextlib import suppress
from typing import Any
from uuid import uuid4

import numpy as np
from aiohttp import WSMsgType, web
from livekit import rtc

from agent.pipelines.decoder import SAMPLE_RATE
from agent.pipelines.recogniser import Heard, Recogniser
from local.sound import rms
from tests.wire.double import KEY, SLOW_S, Behaviour, Double, hang_up

MODELS = ("nova-3", "nova-2-phonecall", "nova-2", "nova-2-general")
LOUD_RMS = 250.0
PAUSE_S = 0.3
LEAD_IN_S = 0.3
INTERIM_EVERY_S = 0.7
DIES_AFTER_S = 0.7
"""So far into what the caller says a dying one drops the line."""


class Deepgram(Double):
    """`heard` is what it understood; `requests` are the settings of each connection."""

    def __init__(self) -> None:
        super().__init__(prefix="/v1/listen")
        self.heard: list[str] = []
        self.requests: list[dict[str, str]] = []
        self.recogniser = Recogniser()
        self.app.router.add_get("/v1/listen", self._listen_in)

    def error(self, problem: str, status: int) -> str:
        return json.dumps({"err_code": "INVALID_QUERY_PARAMETER", "err_msg": problem, "request_id": uuid4().hex})

    async def start(self) -> None:
        await super().start()
        await self.recogniser.start()

    async def close(self) -> None:
        await super().close()
        await self.recogniser.aclose()

    async def _listen_in(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Token {KEY}":
            self.refuse("Invalid credentials.", web.HTTPUnauthorized)
        self._check(request)
        self.requests.append(dict(request.query))
        await self.think()
        line = web.WebSocketResponse()
        await line.prepare(request)
        connection = _Connection(self, request, line)
        try:
            await connection.run()
        finally:
            await connection.close()
        return line

    def _check(self, request: web.Request) -> None:
        query = request.query
        model, rate = query.get("model", ""), query.get("sample_rate", "")
        if model not in MODELS:
            self.refuse(f"no such model: {model!r}")
        if "keyterm" in query and not model.startswith("nova-3"):
            self.refuse("keyterm is for nova-3 alone")
        if query.get("encoding") != "linear16" or query.get("channels") != "1" or not rate.isdigit():
            self.refuse("raw audio needs encoding=linear16, channels=1 and a sample_rate")
        if "utterance_end_ms" in query and query.get("interim_results") != "true":
            self.refuse("utterance_end_ms needs interim_results")


class _Connection:
    """One stream of a caller's sound, cut into utterances by its loudness."""

    def __init__(self, owner: Deepgram, request: web.Request, line: web.WebSocketResponse) -> None:
        self._owner = owner
        self._request = request
        self._line = line
        self._rate = int(request.query["sample_rate"])
        self._pause_s = max(PAUSE_S, float(request.query.get("endpointing", "0").replace("false", "0")) / 1000)
        self._id = uuid4().hex
        self._position_s = 0.0
        self._spoken = bytearray()
        self._lead_in: deque[bytes] = deque()
        self._lead_in_s = 0.0
        self._is_speaking = False
        self._spoken_s = 0.0
        self._silent_s = 0.0
        self._interim_at_s = INTERIM_EVERY_S
        self._outbox: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()
        self._to_decode: asyncio.Queue[tuple[bytes, bool, bool]] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._decode())]

    async def run(self) -> None:
        async for message in self._line:
            if message.type is WSMsgType.BINARY:
                self._take(message.data)
            elif message.type is WSMsgType.TEXT and not await self._obey(json.loads(message.data).get("type")):
                break

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _obey(self, command: str | None) -> bool:
        """Do what a text message asks for; tells whether the stream goes on."""
        if command == "KeepAlive":
            return True
        if command == "Finalize":
            self._end_utterance(from_finalize=True)
            return True
        if command == "CloseStream":
            self._end_utterance()
            await self._to_decode.join()
            self._say({"type": "Metadata", "request_id": self._id, "duration": self._position_s, "channels": 1})
            await self._outbox.join()
            await self._line.close()
            return False
        self._owner.complaints.append(f"no such message: {command}")
        await self._line.close(code=1008, message=b"DATA-0000")
        return False

    def _take(self, pcm: bytes) -> None:
        if len(pcm) % 2:
            self._owner.complaints.append("half a sample")
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")
        seconds = len(samples) / self._rate
        self._position_s += seconds
        is_loud = rms(samples) >= LOUD_RMS
        if not self._is_speaking:
            self._lead_in.append(pcm)
            self._lead_in_s += seconds
            while self._lead_in_s > LEAD_IN_S:
                self._lead_in_s -= len(self._lead_in.popleft()) / 2 / self._rate
            if not is_loud:
                return
            self._begin_utterance()
        else:
            self._spoken += pcm
            self._spoken_s += seconds
        self._silent_s = 0.0 if is_loud else self._silent_s + seconds
        if self._silent_s >= self._pause_s:
            self._end_utterance()
        elif self._spoken_s >= DIES_AFTER_S and self._owner.behaviour is Behaviour.DYING:
            hang_up(self._request)
        elif self._spoken_s >= self._interim_at_s and self._to_decode.empty() and not self._owner.recogniser.is_busy:
            self._interim_at_s = self._spoken_s + INTERIM_EVERY_S
            self._to_decode.put_nowait((bytes(self._spoken), False, False))

    def _begin_utterance(self) -> None:
        self._is_speaking = True
        self._spoken = bytearray(b"".join(self._lead_in))
        self._lead_in.clear()
        self._lead_in_s = self._spoken_s = self._silent_s = 0.0
        self._interim_at_s = INTERIM_EVERY_S
        if self._request.query.get("vad_events") == "true":
            self._say({"type": "SpeechStarted", "channel": [0, 1], "timestamp": self._position_s})

    def _end_utterance(self, *, from_finalize: bool = False) -> None:
        if self._is_speaking:
            self._is_speaking = False
            self._to_decode.put_nowait((bytes(self._spoken), True, from_finalize))

    async def _decode(self) -> None:
        while True:
            spoken, is_final, from_finalize = await self._to_decode.get()
            if is_final or self._request.query.get("interim_results") == "true":
                heard = await self._owner.recogniser.recognise(_at_model_rate(spoken, self._rate))
                if is_final:
                    self._owner.heard.append(heard.text)
                if is_final or heard.text:
                    self._say(self._results(heard, len(spoken) / 2 / self._rate, is_final, from_finalize))
                if is_final and "utterance_end_ms" in self._request.query:
                    self._say({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": self._position_s})
            self._to_decode.task_done()

    def _results(self, heard: Heard, duration_s: float, is_final: bool, from_finalize: bool) -> dict[str, Any]:
        words = heard.text.split()
        start, step = self._position_s - duration_s, duration_s / max(1, len(words))
        alternative = {
            "transcript": heard.text,
            "confidence": 0.99,
            "words": [
                {
                    "word": word,
                    "punctuated_word": word,
                    "start": start + n * step,
                    "end": start + (n + 1) * step,
                    "confidence": 0.99,
                }
                for n, word in enumerate(words)
            ],
        }
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": start,
            "duration": duration_s,
            "is_final": is_final,
            "speech_final": is_final,
            "from_finalize": from_finalize,
            "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": self._id, "model_uuid": self._id, "model_info": {"name": "double"}},
        }

    def _say(self, message: dict[str, Any]) -> None:
        late_s = SLOW_S if self._owner.behaviour is Behaviour.SLOW else 0.0
        self._outbox.put_nowait((asyncio.get_running_loop().time() + late_s, message))

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, message = await self._outbox.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            with suppress(ConnectionError):  # the caller may have left, and wants no more results
                await self._line.send_json(message)
            self._outbox.task_done()


def _at_model_rate(pcm: bytes, rate: int) -> bytes:
    if rate == SAMPLE_RATE:
        return pcm
    resampler = rtc.AudioResampler(rate, SAMPLE_RATE, quality=rtc.AudioResamplerQuality.HIGH)
    frames = resampler.push(rtc.AudioFrame(pcm, rate, 1, len(pcm) // 2)) + resampler.flush()
    return b"".join(bytes(frame.data) for frame in frames)
