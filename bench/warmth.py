"""A stack that has been up for a while, which is what is measured: the emulator compiles its code as it is used.

Its first hundred writes take several times as long as those that follow, and its compiler takes both processors from
whatever else is measured. Firestore itself is no program that was started a moment ago. So the life of some hundred
questions runs through it first, in an organisation that nobody looks at.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

from holdline import desk, line
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import HelpRequest, Status
from holdline.people import PersonRef
from holdline.store import Create, Delete, Found, Query, Store, must_get

ORG = "warmth"
LIVES = 300
AT_ONCE = 2
SETTLED_S = 3.0
TOLD_WITHIN_S = 10


async def warm_up(database: FirestoreDatabase, *, lives: int = LIVES) -> None:
    store = database.for_org(ORG)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        loop = asyncio.get_running_loop()
        share = partial(_live, store, lives=lives // AT_ONCE)
        await asyncio.gather(*(loop.run_in_executor(pool, share, f"call-{n}") for n in range(AT_ONCE)))
    await asyncio.sleep(SETTLED_S)


def _live(store: Store, call: str, *, lives: int) -> None:
    """So many questions of one call, watched as a job watches them."""
    answered, told = f"{call}_0", threading.Event()

    def on_state(found: Found[HelpRequest]) -> None:
        if any(one.id == answered and one.status is Status.ANSWERED for one in found.records):
            told.set()

    watch = store.watch(Query(HelpRequest, {"call": call}), on_state)
    try:
        for n in range(lives):
            answered = f"{call}_{n}"
            told.clear()
            _one_life(store, call, answered, told)
    finally:
        watch.close()


def _one_life(store: Store, call: str, request_id: str, told: threading.Event) -> None:
    at, ana = datetime.now(UTC), PersonRef(uid="ana", name="Ana")
    expires_at = at + timedelta(hours=1)
    store.commit(
        Create(
            HelpRequest(
                id=request_id, call=call, question="Is it on?", teaches=False, asked_at=at, expires_at=expires_at
            )
        )
    )
    desk.claim(store, request_id, by=ana, at=at)
    desk.answer(store, request_id, "It is.", by=ana, at=at)
    if not told.wait(TOLD_WITHIN_S):
        raise TimeoutError(f"nobody was told of the answer to {request_id}")
    line.speaking_began(store, request_id, version=1, received_at=at, at=at)
    line.heard(store, request_id, version=1, latencies_ms={}, at=at)
    store.commit(Delete(must_get(store, HelpRequest, request_id)))
