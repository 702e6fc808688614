"""What an organisation's knowledge costs as it grows: a look-up, a call's start, and the way of a change to calls.

`python -m bench.knowledge`. The entries are made up of the demo's words and of invented names. Calls are begun as a job
begins them, beside a process that keeps the indexes as the worker does.
"""

import asyncio
import json
import math
import multiprocessing
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import click

from agent.briefing import Briefing, brief
from agent.librarian import Librarian
from agent.library import Library
from bench import plot
from bench.measure import Bar, Report, Series
from bench.stack import database, every, some_of
from holdline.call import Call, CallKind, Dispatch
from holdline.config import in_force
from holdline.garbage import spare_what_is_loaded
from holdline.knowledge import KnowledgeEntry, Review
from holdline.people import Organisation
from holdline.store import Create, Store, Update, must_get
from holdline.voice_agent import VoiceAgent
from local import parts
from local.checkout import ROOT

SIZES = (100, 1000, 10_000)
ASKED = ("do you have", "how much is", "when does the", "can i bring", "where is the", "what about")
SYLLABLES = ("ka", "lo", "mi", "ter", "van", "so", "ri", "den", "pu", "chel", "bor", "ing", "ast", "ow")
NAMES = 3000
BATCH = 200
KEPT_WITHIN_S = 120.0
CALLER = "+15555550142"


def now() -> datetime:
    return datetime.now(UTC)


def made_up(count: int) -> list[KnowledgeEntry]:
    """Entries of three wordings each, the same in every run."""
    dice = random.Random(count)
    written = [
        json.loads(path.read_text())["entries"] for path in sorted((ROOT / "local" / "knowledge").glob("*.json"))
    ]
    texts = (text for entries in written for entry in entries for text in (entry["question"], *entry["phrasings"]))
    words = sorted({word for text in texts for word in text.lower().strip("?").split()})
    names = ["".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))) for _ in range(NAMES)]

    def question() -> str:
        about = dice.choices(words, k=2) + dice.choices(names, k=dice.randint(1, 3))
        return f"{dice.choice(ASKED)} {' '.join(about)}"

    return [
        KnowledgeEntry(
            id=f"entry-{n}", question=question(), phrasings=(question(), question()), answer="Yes.", updated_at=now()
        )
        for n in range(count)
    ]


def furnish(store: Store, entries: list[KnowledgeEntry]) -> None:
    org = store.org or ""
    store.commit(
        Create(Organisation(id=org, name="Bench", time_zone="UTC")),
        Create(VoiceAgent(id="reception", name="Ivy", greeting="Hello.")),
    )
    for start in range(0, len(entries), BATCH):
        store.commit(*map(Create, entries[start : start + BATCH]))


async def a_call(store: Store, library: Library | None) -> tuple[Briefing, float, float]:
    """What a job does for a call before its first word, and the ms until it is done, and until the index is open."""
    org, call_id = store.org or "", uuid4().hex
    _, version = await asyncio.to_thread(in_force, store, VoiceAgent, "reception", at=now())
    call = Call(
        id=call_id,
        kind=CallKind.PHONE,
        caller=CALLER,
        caller_identity="caller",
        line="+15555550101",
        voice_agent="reception",
        voice_agent_version=version,
        opened_by="bench",
        started_at=now(),
    )
    await asyncio.to_thread(store.commit, Create(call))
    dispatch = Dispatch(
        org=org,
        call=call_id,
        voice_agent="reception",
        version=version,
        kind=CallKind.PHONE,
        caller_identity="caller",
    )
    began = time.perf_counter()
    briefing = await brief(store, dispatch, caller="caller", at=now(), library=library)
    took_s = time.perf_counter() - began
    await briefing.known.opened()
    return briefing, took_s * 1000, (time.perf_counter() - began) * 1000


async def a_start(
    store: Store, library: Library | None, took: Series, *, opened: Series | None = None, late: Series | None = None
) -> Briefing:
    """Begin a call, and see how late the event loop is meanwhile."""
    calling = asyncio.create_task(a_call(store, library))
    async for late_ms in every(0.005, calling):
        if late is not None:
            late.add(late_ms)
    briefing, took_ms, opened_ms = await calling
    took.add(took_ms)
    if opened is not None:
        opened.add(opened_ms)
    return briefing


def look_ups(briefing: Briefing, entries: list[KnowledgeEntry], took: Series, busy: Series, *, rounds: int) -> None:
    """Questions as worded, with other words around them, and with a letter misheard."""
    dice = random.Random(rounds)
    for n, entry in enumerate(dice.choices(entries, k=rounds)):
        question = (entry.question, f"um hi {entry.question} today", entry.question.replace("a", "e"))[n % 3]
        began, worked = time.perf_counter(), time.thread_time()
        briefing.known.look_up(question, at=now())
        took.add((time.perf_counter() - began) * 1000)
        busy.add((time.thread_time() - worked) * 1000)


async def withdrawn(store: Store, library: Library, took: Series, *, rounds: int) -> None:
    """From the commit that takes an approval away until calls that begin know of it."""
    for n in range(rounds):
        before = must_get(store, KnowledgeEntry, f"entry-{n}")
        await asyncio.to_thread(
            store.commit, Update(before, before.record.model_copy(update={"review": Review.rejected}))
        )
        began = time.perf_counter()
        await until(lambda entry=before.record.id: not _knows(library, store, entry))  # type: ignore[misc]
        took.add((time.perf_counter() - began) * 1000)


def median_at_most(values: list[float]) -> float:
    """The upper end of what the median may be, with 95 % confidence: two medians of the same thing are never equal."""
    rank = math.ceil(len(values) / 2 + 0.98 * math.sqrt(len(values)))
    return sorted(values)[min(rank, len(values)) - 1]


def _knows(library: Library, store: Store, entry: str) -> bool:
    index = library.index_of(store.org or "")
    return index is None or entry in index.parts.number_of


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(KEPT_WITHIN_S):
        while not await asyncio.to_thread(is_so):  # noqa: ASYNC110 - what is asked is in another process
            await asyncio.sleep(0.02)


def keep(emulator: str, project: str, root: Path) -> None:
    """The worker's part, in a process of its own."""
    asyncio.run(Librarian(database(emulator, project), Library(root)).run())


async def run(rounds: int, calls: int) -> None:
    report = Report("knowledge", command=f"python -m bench.knowledge --rounds {rounds} --calls {calls}")
    looked = {size: Series(f"look-up, {size} entries", bar=Bar("p99", 3)) for size in SIZES}
    busy = {size: Series(f"processor time of it, {size} entries") for size in SIZES}
    first = {size: Series(f"first call ever, {size} entries") for size in SIZES}
    begun = {size: Series(f"call's start, {size} entries") for size in SIZES}
    opened = {size: Series(f"until its index is open, {size} entries") for size in SIZES}
    read = {size: Series(f"the same without an index at hand, {size} entries") for size in SIZES[:2]}
    late = {size: Series(f"event loop late at a call's start, {size} entries", bar=Bar("max", 50)) for size in SIZES}
    changed = {size: Series(f"approval taken away -> next call, {size} entries") for size in SIZES}
    async with some_of((parts.firestore,)) as plan:
        project = f"demo-{uuid4().hex[:12]}"
        db = database(plan.firestore_host, project)
        with TemporaryDirectory() as folder:
            library = Library(Path(folder) / "private" / "library")
            worker = multiprocessing.get_context("spawn").Process(
                target=keep, args=(plan.firestore_host, project, library.root)
            )
            worker.start()
            try:
                entries = {size: made_up(size) for size in SIZES}
                stores = {size: db.for_org(f"org-{size}") for size in SIZES}
                for size in SIZES:
                    await asyncio.to_thread(furnish, stores[size], entries[size])
                spare_what_is_loaded()  # a job does so, too; and what was made up here is in no job's memory
                await until(library.is_attended)
                for size in SIZES:
                    await a_start(stores[size], library, first[size], late=late[size])
                    await until(lambda org=f"org-{size}": library.index_of(org) is not None)  # type: ignore[misc]
                for _ in range(calls):  # in turns, so that the machine's load is the same for all
                    for size in SIZES:
                        briefing = await a_start(
                            stores[size], library, begun[size], opened=opened[size], late=late[size]
                        )
                        if size in read:
                            alone = await a_start(stores[size], None, read[size])
                            # What it goes on to read and build must not stand in the next one's way.
                            await asyncio.to_thread(alone.known.is_complete.wait, KEPT_WITHIN_S)
                        look_ups(briefing, entries[size], looked[size], busy[size], rounds=rounds // calls)
                for size in SIZES:
                    await withdrawn(stores[size], library, changed[size], rounds=calls // 3)
            finally:
                worker.terminate()
                await asyncio.to_thread(worker.join)
        await asyncio.to_thread(db.close)
    begun[SIZES[-1]].bar = Bar("p50", median_at_most(begun[SIZES[0]].values))
    series = [one for group in (looked, busy, begun, opened, read, first, late, changed) for one in group.values()]
    few, many = SIZES[0], SIZES[-1]
    notes = [
        f"no slower: the p50 of a call's start with {many} entries is held to what the p50 with {few} may be, "
        f"which {calls} calls tell as {begun[few].statistics['p50']:.3g} to {median_at_most(begun[few].values):.3g} ms"
    ]
    svg = report.write(series, notes=notes)
    plot.distributions(svg, title="Knowledge: a look-up and a call's start", series=[*looked.values(), *begun.values()])


@click.command()
@click.option("--rounds", default=1500, show_default=True, help="Look-ups a size.")
@click.option("--calls", default=30, show_default=True, help="Calls a size.")
def main(rounds: int, calls: int) -> None:
    asyncio.run(run(rounds, calls))


if __name__ == "__main__":
    main()
