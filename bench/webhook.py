"""Twilio's voice webhook: how soon its TwiML is there, from a warm function and from a process that has just begun.

`python -m bench.webhook`. Each request is a new call, signed as Twilio signs, with its document written and its room
opened in LiveKit; there is no worker, whose jobs would be measured too. Fresh is: from the start of the process.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

import click
import httpx
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


async def rings(http: httpx.AsyncClient, plan: Plan, *, to: str) -> None:
    """Somebody rings the salon, and the function at `to` connects them; raises when it does not."""
    form = {"CallSid": f"CA{uuid4().hex}", "From": "+15555550142", "To": demo.SALON.number.id, "CallStatus": "ringing"}
    signed = RequestValidator(plan.keys.twilio_auth_token).compute_signature(f"{plan.functions_url}/twilio_voice", form)
    reply = await http.post(to, data=form, headers={"X-Twilio-Signature": signed})
    if reply.status_code != 200 or "<Dial" not in reply.text:
        raise RuntimeError(f"no call was connected: {reply.status_code} {reply.text[:200]}")


async def warm(plan: Plan, took: Series, *, rounds: int) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        for n in range(-10, rounds):
            began = time.perf_counter()
            await rings(http, plan, to=f"{plan.functions_url}/twilio_voice")
            if n >= 0:
                took.add((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)


async def fresh(plan: Plan, took: Series) -> None:
    """As the buildpack starts it, one function in one process."""
    port = plan.ports.dashboard  # nobody else's here
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "functions_framework", "--source", "functions/main.py", "--target", "twilio_voice"),
        *("--host", "127.0.0.1", "--port", str(port)),
        cwd=ROOT,
        env=environment(plan, FunctionsSettings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http, asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    await rings(http, plan, to=f"http://127.0.0.1:{port}/")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(LOOK_S)
        took.add((time.perf_counter() - began) * 1000)
    finally:
        process.terminate()
        await process.wait()


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
