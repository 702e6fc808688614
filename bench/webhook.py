"""Twilio's voice webhook: how soon its TwiML is there, from a warm function and from a process that has just begun.

`python -m bench.webhook`. Each request is a new call, signed as Twilio signs, with its document written and its room
opened in LiveKit; there is no worker, whose jobs would be measured too. The function has a process of its own, as in
production; LiveKit's events go to another. Fresh is: from the start of the process.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import uuid4

import click
from twilio.request_validator import RequestValidator

from bench import plot
from bench.measure import Bar, Report, Series
from bench.stack import database, some_of
from holdline.settings import FunctionsSettings
from local import demo, parts
from local.checkout import ROOT
from local.parts import Plan, environment

PATIENCE_S = 30
LOOK_S = 0.005
WARM_UP = 1000
"""Calls before the first that counts: the emulator's Java is slow at first, which no database is that it stands for."""
BETWEEN_S = 0.02


class Twilio:
    """A connection to the function, kept as Twilio keeps its own."""

    def __init__(self, plan: Plan, port: int) -> None:
        self._plan = plan
        self._http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def rings(self) -> float:
        """Somebody rings the salon: the milliseconds until they are connected. Raises when they are not."""
        plan = self._plan
        form = {
            "CallSid": f"CA{uuid4().hex}",
            "From": "+15555550142",
            "To": demo.SALON.number.id,
            "CallStatus": "ringing",
        }
        validator = RequestValidator(plan.keys.twilio_auth_token)
        headers = {
            "X-Twilio-Signature": validator.compute_signature(f"{plan.functions_url}/twilio_voice", form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode(form)
        began = time.perf_counter()
        self._http.request("POST", "/", body, headers)
        reply = self._http.getresponse()
        twiml = reply.read()
        took_s = time.perf_counter() - began
        if reply.status != 200 or b"<Dial" not in twiml:
            raise RuntimeError(f"no call was connected: {reply.status} {twiml[:200]!r}")
        return took_s * 1000

    def rings_once_it_listens(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                self.rings()
            except ConnectionRefusedError:
                self.hang_up()
                time.sleep(LOOK_S)
            else:
                return
        raise RuntimeError("the function did not start")

    def hang_up(self) -> None:
        self._http.close()


@asynccontextmanager
async def serving(plan: Plan) -> AsyncIterator[Twilio]:
    """As the buildpack starts it, one function in one process."""
    port = plan.ports.dashboard  # nobody else's here
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "functions_framework", "--source", "functions/main.py", "--target", "twilio_voice"),
        *("--host", "127.0.0.1", "--port", str(port)),
        cwd=ROOT,
        env=environment(plan, FunctionsSettings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    twilio = Twilio(plan, port)
    try:
        yield twilio
    finally:
        twilio.hang_up()
        process.terminate()
        await process.wait()


async def fresh(plan: Plan, took: Series) -> None:
    began = time.perf_counter()
    async with serving(plan) as twilio:
        await asyncio.to_thread(twilio.rings_once_it_listens)
        took.add((time.perf_counter() - began) * 1000)


async def warm(plan: Plan, took: Series, *, rounds: int) -> None:
    def ring() -> None:
        twilio.rings_once_it_listens()
        for n in range(WARM_UP + rounds):
            took_ms = twilio.rings()
            if n >= WARM_UP:
                took.add(took_ms)
            time.sleep(BETWEEN_S)

    async with serving(plan) as twilio:
        await asyncio.to_thread(ring)


async def run(rounds: int, starts: int) -> None:
    report = Report("webhook", command=f"python -m bench.webhook --rounds {rounds} --starts {starts}")
    warmed = Series("twilio_voice, warm", bar=Bar("p99", 20))
    started = Series("twilio_voice, fresh process", bar=Bar("max", 2500))
    async with some_of((parts.firestore, parts.livekit, parts.functions)) as plan:
        db = database(plan.firestore_host, parts.PROJECT)
        await asyncio.to_thread(demo.write_documents, db, at=datetime.now(UTC))
        await asyncio.to_thread(db.close)
        for _ in range(starts):
            await fresh(plan, started)
        await warm(plan, warmed, rounds=rounds)
    plot.distributions(report.write([warmed, started]), title="Twilio's webhook -> TwiML", series=[warmed, started])


@click.command()
@click.option("--rounds", default=300, show_default=True, help="Calls of a warm function.")
@click.option("--starts", default=10, show_default=True, help="Fresh processes.")
def main(rounds: int, starts: int) -> None:
    asyncio.run(run(rounds, starts))


if __name__ == "__main__":
    main()
