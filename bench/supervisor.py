"""Who answers: in this process, or in one of their own, as a dashboard is.

There the answer does not wait for an interpreter that has many callers to run as well.
"""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any

from bench.stack import database
from holdline import desk
from holdline.help_request import HelpRequest
from holdline.people import PersonRef
from holdline.store import Store, Write

ANA = PersonRef(uid="ana", name="Ana")


class Clocked:
    """A store that remembers when its last commit was sent."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.sent_at = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, *writes: Write) -> None:
        self.sent_at = time.time()
        self._store.commit(*writes)


def committed(store: Store, request_id: str, text: str) -> float:
    """Answer as a page does; tells when the commit was sent."""
    clocked: Any = Clocked(store)
    desk.answer(clocked, request_id, text, by=ANA, at=datetime.now(UTC))
    return float(clocked.sent_at)


class Supervisor:
    def __init__(self, emulator: str, project: str, org: str) -> None:
        """Blocks until the process is at work."""
        self._process = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_sit_down, initargs=(emulator, project, org)
        )
        self._process.submit(_look).result()

    async def answer(self, request: HelpRequest, text: str) -> float:
        """Answer as a page does; tells when the commit was sent."""
        return await asyncio.get_running_loop().run_in_executor(self._process, _answer, request.id, text)

    def close(self) -> None:
        self._process.shutdown()


_store: Store


def _sit_down(emulator: str, project: str, org: str) -> None:
    global _store
    _store = database(emulator, project).for_org(org)


def _look() -> None:
    """Open the channel, as a page that is looked at has it."""
    _store.get(HelpRequest, "any")


def _answer(request_id: str, text: str) -> float:
    return committed(_store, request_id, text)
