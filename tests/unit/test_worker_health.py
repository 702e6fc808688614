"""Ready means that a call which is dispatched now would be answered; to be full is no fault, to drain is one."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from aiohttp import web
from livekit.agents import JobContext
from livekit.protocol.agent import ServerMessage, WorkerMessage

from agent.health import GOOD_FOR_S, HealthServer, Standing, StorageCheck
from agent.worker import Worker
from holdline.errors import Unavailable
from holdline.settings import WorkerSettings
from tests.emulator import free_port

WELL: dict[str, Any] = {
    "is_registered": True,
    "is_draining": False,
    "calls": 0,
    "capacity": 8,
    "deaf_calls": 0,
    "storage_problem": None,
    "storage_age_s": 1.0,
}


@pytest.mark.parametrize(
    ("ill", "reason"),
    [
        ({"is_registered": False}, "not registered"),
        ({"is_draining": True}, "draining"),
        ({"calls": 2, "deaf_calls": 2}, "no call hears what people write"),
        ({"storage_problem": "Unavailable"}, "Firestore does not answer (Unavailable)"),
    ],
)
def test_each_thing_that_keeps_calls_from_being_answered_is_a_reason(ill: dict[str, Any], reason: str) -> None:
    standing = Standing(**(WELL | ill))
    assert [reason in words for words in standing.reasons] == [True]
    assert standing.as_json()["ready"] is False


def test_a_full_worker_is_ready_and_says_that_it_is_full() -> None:
    standing = Standing(**(WELL | {"calls": 8}))
    assert (standing.as_json()["ready"], standing.as_json()["full"]) == (True, True)


def test_one_deaf_call_of_several_is_told_and_keeps_no_other_from_being_answered() -> None:
    standing = Standing(**(WELL | {"calls": 2, "deaf_calls": 1}))
    assert (standing.as_json()["ready"], standing.as_json()["watches"]) == (True, {"calls": 2, "deaf": 1})


class Storage:
    """Answers, until it is told not to."""

    def __init__(self) -> None:
        self.is_away = False

    def ask(self) -> None:
        if self.is_away:
            raise Unavailable("gone")


async def test_storage_counts_as_away_only_when_its_last_answer_is_old(caplog: pytest.LogCaptureFixture) -> None:
    storage, now = Storage(), 100.0
    check = StorageCheck(storage.ask, clock=lambda: now)
    assert check.problem == "not asked yet"
    await check.look()
    assert check.problem is None
    storage.is_away = True
    await check.look()
    await check.look()
    assert (check.problem, check.age_s) == (None, 0.0)
    now += GOOD_FOR_S
    assert check.problem == "Unavailable"
    storage.is_away = False
    with caplog.at_level(logging.INFO, "agent.health"):
        await check.look()
    assert check.problem is None
    said = [record.getMessage() for record in caplog.records]
    assert said == ["storage does not answer: Unavailable", "storage answers again"]


async def get(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{port}{path}", timeout=5)


async def until(port: int, **expected: object) -> dict[str, Any]:
    """What /ready says as soon as it says that."""
    while True:
        with suppress(httpx.TransportError):
            answer = await get(port, "/ready")
            said: dict[str, Any] = answer.json()
            if all(said[name] == value for name, value in expected.items()):
                assert answer.status_code == (200 if said["ready"] else 503)
                return said
        await asyncio.sleep(0.02)


async def test_the_worker_is_live_while_it_is_not_ready() -> None:
    standing = Standing(**(WELL | {"is_registered": False}))
    server = HealthServer("127.0.0.1", 0, standing=lambda: standing, metrics=lambda: b"holdline_worker_ready 0.0\n")
    await server.start()
    try:
        live, ready, metrics = [await get(server.port, path) for path in ("/live", "/ready", "/metrics")]
        assert (live.status_code, ready.status_code) == (200, 503)
        assert ready.json()["reasons"] == ["not registered with LiveKit"]
        assert ready.headers["Cache-Control"] == "no-store"
        assert metrics.text == "holdline_worker_ready 0.0\n"
        assert (await get(server.port, "/")).status_code == 404
    finally:
        await server.close()


class LiveKit:
    """The part of a LiveKit server that workers register with; `hang_up` loses the connection and takes no other."""

    def __init__(self) -> None:
        self.port = free_port()
        self._sockets: list[web.WebSocketResponse] = []
        self._is_up = True

    async def register(self, request: web.Request) -> web.WebSocketResponse:
        if not self._is_up:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        asked = WorkerMessage()
        asked.ParseFromString(await socket.receive_bytes())
        answer = ServerMessage()
        answer.register.worker_id = "AW_1"
        await socket.send_bytes(answer.SerializeToString())
        async for _ in socket:
            pass
        return socket

    async def hang_up(self) -> None:
        self._is_up = False
        for socket in self._sockets:
            await socket.close()


@asynccontextmanager
async def livekit() -> AsyncIterator[LiveKit]:
    server = LiveKit()
    app = web.Application()
    app.add_routes([web.get("/agent", server.register)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", server.port).start()
    yield server
    await server.hang_up()
    await runner.cleanup()


@pytest.mark.usefixtures("logging_as_found")
async def test_a_worker_is_ready_from_its_registration_until_it_loses_livekit_or_drains(
    capsys: pytest.CaptureFixture[str],
) -> None:
    storage, port = Storage(), free_port()
    async with livekit() as server:
        settings = WorkerSettings(
            google_cloud_project="demo-holdline",
            livekit_url=f"ws://127.0.0.1:{server.port}",
            livekit_api_key="key",
            livekit_api_secret="a secret of the tests, of 32 bytes or more",
            worker_health_host="127.0.0.1",
            worker_health_port=0,
            worker_ready_port=port,
            worker_idle_processes=0,
            log_format="json",
        )
        worker = Worker(settings, warm_up=lambda _: None, ask_storage=storage.ask)

        @worker.rtc_session(agent_name="holdline")
        async def answer(ctx: JobContext) -> None: ...

        running = asyncio.create_task(worker.run())
        well = await until(port, ready=True)
        assert (well["registered"], well["calls"], well["capacity"], well["full"]) == (True, 0, 8, False)
        assert "holdline_worker_ready 1.0" in (await get(port, "/metrics")).text
        await worker.drain()
        assert (await until(port, draining=True))["registered"] is True
        await server.hang_up()
        lost = await until(port, registered=False)
        assert lost["reasons"][0] == "not registered with LiveKit"
        await worker.aclose()
        await running
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {entry["program"] for entry in entries} == {"worker"}
