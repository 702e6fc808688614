"""From the commit of a person's answer to its text at the synthesiser: ours, and what one could do instead.

`python -m bench.relay_race`. All run at once, on one emulator, with the same answers: our watch and floor;
the same floor fed by polling; and a tool that waits for the answer and gives it to the model to say. The model of that
last one repeats what it is given and takes no time, which is the best that it could do.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import click
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    Agent,
    AgentSession,
    APIConnectOptions,
    NotGivenOr,
    function_tool,
    llm,
)

from agent.console.keyboard import Keyboard
from agent.console.silence import NoLoudspeaker
from bench import held, plot
from bench.held import ANSWERED_WITHIN_S, ANSWERS, Held, Mouth, relayed
from bench.measure import Bar, Report, Series, figure
from bench.stack import database, every, some_of
from holdline.garbage import spare_what_is_loaded
from holdline.help_request import HelpRequest, Status
from holdline.store import Found, Query, Store
from local import parts

POLLING_CALLS = {2.0: 4, 0.5: 1}
"""Polls are slow: several calls wait at once, so that all rivals are done at about the same time."""
PACE_S = 0.4


class Race:
    """What one rival came to."""

    def __init__(self, name: str, *, bar: Bar | None = None) -> None:
        self.took = Series(name, bar=bar)
        self.in_the_process = Series(f"{name}: of which after the watch told")
        """What is ours: the rest is storage, and its client."""
        self.identical = 0

    def add(self, took_s: float, *, is_identical: bool) -> None:
        self.took.add(took_s * 1000)
        self.identical += is_identical

    @property
    def share_identical(self) -> Series:
        share = 100 * self.identical / max(1, len(self.took.values))
        bar = Bar("mean", 100, at_least=True) if self.took.bar else None
        return figure(f"{self.took.name}: byte-identical", share, unit="%", bar=bar)


async def ours(store: Store, race: Race, call: Held, *, rounds: int, pace_s: float = PACE_S) -> None:
    for _ in range(rounds):
        request = await call.ask()
        await asyncio.sleep(random.uniform(0.05, pace_s))
        await one_relay(store, race, call, request)


async def one_relay(store: Store, race: Race, call: Held, request: HelpRequest) -> None:
    words, before = random.choice(ANSWERS), len(call.mouth.given)
    sent_at = await held.answer(store, request, words)
    given = await call.mouth.after(before, beginning=relayed(""))
    race.add(given.at - sent_at, is_identical=given.text == relayed(words))
    delivered = await held.forget(store, request.id, once=Status.DELIVERED)
    if delivered is not None and delivered.received_at is not None:
        race.in_the_process.add((given.at - delivered.received_at.timestamp()) * 1000)


async def polling(store: Store, race: Race, name: str, *, every_s: float, rounds: int) -> None:
    """Our floor, told by a read on a rhythm instead of a watch."""
    call = await Held.open(store, name, is_watched=False)
    asking = asyncio.create_task(_poll(store, call, every_s=every_s))
    try:
        for _ in range(rounds):
            request = await call.ask()
            await asyncio.sleep(random.uniform(0, every_s))
            await one_relay(store, race, call, request)
    finally:
        asking.cancel()
        await call.close()


async def _poll(store: Store, call: Held, *, every_s: float) -> None:
    while True:
        call.parts.inbox.saw(await asyncio.to_thread(store.find, Query(HelpRequest, {"call": call.call})))
        await asyncio.sleep(every_s)


class Waiting(Agent):
    """An agent whose tool waits for the person, as is usual; told by a watch, as ours is."""

    def __init__(self, store: Store, call: str) -> None:
        super().__init__(instructions="Say what the tool returns.")
        self._store = store
        self._call = call
        self._answered: dict[str, asyncio.Future[str]] = {}
        self.asked: asyncio.Queue[HelpRequest] = asyncio.Queue()

    @function_tool
    async def ask_supervisor(self, question: str) -> str:
        """Ask a person, and wait for the answer."""
        request_id = f"{self._call}_{uuid4().hex[:8]}"
        answered = self._answered[request_id] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait(await held.a_question(self._store, self._call, request_id))
        return await asyncio.wait_for(answered, ANSWERED_WITHIN_S)

    def saw(self, found: Found[HelpRequest]) -> None:
        for request in found.records:
            answered = self._answered.get(request.id)
            if request.accepted_answer is not None and answered is not None and not answered.done():
                answered.set_result(request.accepted_answer)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def on_state(found: Found[HelpRequest]) -> None:
            loop.call_soon_threadsafe(self.saw, found)

        watch = await asyncio.to_thread(self._store.watch, Query(HelpRequest, {"call": self._call}), on_state)
        try:
            yield
        finally:
            await asyncio.to_thread(watch.close)


class Parrot(llm.LLM[Any]):
    """Calls the tool, then says what it returned, at once."""

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
        return _Parroting(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _Parroting(llm.LLMStream):
    async def _run(self) -> None:
        last = self._chat_ctx.items[-1]
        if isinstance(last, llm.FunctionCallOutput):
            delta = llm.ChoiceDelta(role="assistant", content=last.output)
        else:
            call = llm.FunctionToolCall(
                name="ask_supervisor", arguments='{"question": "Do you have parking?"}', call_id=f"c_{uuid4().hex[:8]}"
            )
            delta = llm.ChoiceDelta(role="assistant", tool_calls=[call])
        self._event_ch.send_nowait(llm.ChatChunk(id=uuid4().hex, delta=delta))


async def by_the_model(store: Store, race: Race, *, rounds: int) -> None:
    """A session with the library's own settings."""
    mouth, agent = Mouth(), Waiting(store, "call-tool")
    session: AgentSession[None] = AgentSession(
        stt=Keyboard(), llm=Parrot(), tts=mouth, vad=None, turn_handling={"turn_detection": "stt"}
    )
    session.output.audio = NoLoudspeaker()
    await session.start(agent, record=False)
    async with agent.watching():
        for _ in range(rounds):
            speech = session.generate_reply(user_input="Do you have parking?")
            request = await agent.asked.get()
            await asyncio.sleep(random.uniform(0.05, PACE_S))
            words, before = random.choice(ANSWERS), len(mouth.given)
            sent_at = await held.answer(store, request, words)
            given = await mouth.after(before)
            await speech
            said = " ".join(one.text.strip() for one in mouth.given[before:])
            race.add(given.at - sent_at, is_identical=said == words)
            await held.forget(store, request.id, once=Status.ANSWERED)
            await agent.update_chat_ctx(llm.ChatContext.empty())
    await session.aclose()


async def run(rounds: int, holds: int) -> None:
    report = Report("relay_race", command=f"python -m bench.relay_race --rounds {rounds} --holds {holds}")
    watched = Race("ours", bar=Bar("p95", 25))
    crowded = Race(f"ours, {holds} holds in process", bar=Bar("p95", 35))
    polled = {every_s: Race(f"polling every {every_s:g} s") for every_s in POLLING_CALLS}
    tool = Race("through the model as a tool result")
    stalls = Series(f"event loop late, {holds} holds", bar=Bar("max", 50))
    async with some_of((parts.firestore,)) as plan:
        db = database(plan.firestore_host, f"demo-{uuid4().hex[:12]}")
        store = await asyncio.to_thread(held.furnish, db)
        ourself = await Held.open(store, "call-ours")
        await ours(store, Race("warm-up"), ourself, rounds=5)
        spare_what_is_loaded()  # as the process of a call does once it is ready
        await asyncio.gather(
            ours(store, watched, ourself, rounds=rounds),
            by_the_model(store, tool, rounds=rounds),
            *(
                polling(store, polled[every_s], f"call-{every_s:g}-{n}", every_s=every_s, rounds=-(-rounds // calls))
                for every_s, calls in POLLING_CALLS.items()
                for n in range(calls)
            ),
        )
        await ourself.close()
        await with_many_holds(store, crowded, stalls, holds=holds, rounds=rounds)
        await asyncio.to_thread(db.close)
    races = [watched, *polled.values(), tool, crowded]
    mean = watched.took.statistics["mean"]
    ratios = [
        figure(
            f"{race.took.name}: mean, times ours",
            race.took.statistics["mean"] / mean,
            unit="x",
            bar=Bar("mean", 40, at_least=True) if race is polled[2.0] else None,
        )
        for race in (*polled.values(), tool)
    ]
    inner = [watched.in_the_process, crowded.in_the_process]
    series = [*(race.took for race in races), *inner, *ratios, *(race.share_identical for race in races), stalls]
    svg = report.write(series, notes=["the model repeats the tool's result at once: a real one adds its own time"])
    plot.distributions(svg, title="Answer committed -> text at the synthesiser", series=[race.took for race in races])


async def with_many_holds(store: Store, race: Race, stalls: Series, *, holds: int, rounds: int) -> None:
    """All wait at once; one after the other is answered, and asks again."""
    calls = [await Held.open(store, f"call-crowd-{n}") for n in range(holds)]
    requests = [await call.ask() for call in calls]
    spare_what_is_loaded()  # of 25 calls, and what the rivals left: a process of ours has one call, and no rivals
    await asyncio.sleep(1)

    async def all_of_them() -> None:
        for n in range(rounds):
            at = n % holds
            await one_relay(store, race, calls[at], requests[at])
            requests[at] = await calls[at].ask()
            await asyncio.sleep(random.uniform(0.02, 0.1))

    racing = asyncio.create_task(all_of_them())
    async for late_ms in every(0.01, racing):
        stalls.add(late_ms)
    await racing
    await asyncio.gather(*(call.close() for call in calls))


@click.command()
@click.option("--rounds", default=200, show_default=True, help="Answers a rival.")
@click.option("--holds", default=25, show_default=True, help="Calls on hold at once in one process.")
def main(rounds: int, holds: int) -> None:
    asyncio.run(run(rounds, holds))


if __name__ == "__main__":
    main()
