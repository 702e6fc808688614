"""LiveKit's agent server as a platform runs it: with our log lines, our readiness and our measurements around it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from livekit.agents import AgentServer, JobProcess

from agent.health import HealthServer, Standing, StorageCheck
from agent.librarian import Librarian
from agent.library import Library
from agent.measurements import Counting
from agent.orphans import Orphans
from agent.rooms import LiveKitRooms
from holdline import logs, telemetry
from holdline.firestore import connect
from holdline.people import PhoneNumber
from holdline.settings import WorkerSettings

INITIALISED_WITHIN_S = 30.0
"""A process loads its models in some seconds; on a busy machine the library's ten are too few, and cost a call."""


class Worker(AgentServer):
    """One machine's worker. Calls run in processes of their own, forked from a server that knows nothing of this one:
    what is opened here, such as the channel that asks after storage, is in none of them."""

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        warm_up: Callable[[JobProcess], None],
        ask_storage: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            ws_url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret.get_secret_value(),
            host=settings.worker_health_host,
            port=settings.worker_health_port,
            setup_fnc=warm_up,
            load_fnc=lambda worker: len(worker.active_jobs) / settings.worker_capacity,
            load_threshold=0.99,
            num_idle_processes=settings.worker_idle_processes,
            initialize_process_timeout=INITIALISED_WITHIN_S,
            drain_timeout=settings.worker_drain_timeout_s,
        )
        self._settings = settings
        self._ask_storage = ask_storage or storage_of(settings)

    async def run(self, *, devmode: bool = False, unregistered: bool = False) -> None:
        logs.set_up("worker", self._settings)  # in place of the handler that the library's command has just set up
        logging.getLogger("livekit.agents").setLevel(self._settings.log_level)
        if unregistered:  # one call in a terminal: no platform asks after it
            await super().run(devmode=devmode, unregistered=True)
            return
        sending = telemetry.start("worker", self._settings)
        counting = Counting()
        counting.begin()
        storage = StorageCheck(self._ask_storage)
        health = HealthServer(
            self._settings.worker_health_host,
            self._settings.worker_ready_port,
            standing=lambda: self.standing(storage, counting),
            metrics=lambda: counting.page(self.standing(storage, counting)),
        )
        await health.start()
        asking = asyncio.create_task(storage.run(), name="storage check")
        adopting = asyncio.create_task(look_after_orphans(self._settings), name="orphans")
        indexing = asyncio.create_task(keep_indexes(self._settings), name="indexes")
        try:
            await super().run(devmode=devmode)
        finally:
            asking.cancel()
            adopting.cancel()
            indexing.cancel()
            await health.close()
            if sending is not None:
                await asyncio.to_thread(sending.close)

    def standing(self, storage: StorageCheck, counting: Counting) -> Standing:
        jobs = set() if self._closed else {running.job.id for running in self.active_jobs}
        counting.deaf &= jobs
        return Standing(
            is_registered=self.is_registered,
            is_draining=self.draining,
            calls=len(jobs),
            capacity=self._settings.worker_capacity,
            deaf_calls=len(counting.deaf),
            storage_problem=storage.problem,
            storage_age_s=storage.age_s,
        )

    @property
    def is_registered(self) -> bool:
        """Whether LiveKit knows us now: a lost connection is noticed, and set up again, by the library."""
        return not self._closed and not self._connecting and self.id != "unregistered"


async def look_after_orphans(settings: WorkerSettings) -> None:
    """For as long as the worker runs, also while it drains: the calls that it gives up need somebody who looks."""
    database = await asyncio.to_thread(connect, settings)
    rooms = LiveKitRooms(settings)
    try:
        await Orphans(database, rooms, clock=lambda: datetime.now(UTC)).run()
    finally:
        await rooms.aclose()


async def keep_indexes(settings: WorkerSettings) -> None:
    """For as long as the worker runs; calls that find no index read what is known themselves."""
    database = await asyncio.to_thread(connect, settings)
    await Librarian(database, Library.of(settings)).run()


def storage_of(settings: WorkerSettings) -> Callable[[], None]:
    """A read that any storage answers, by the way that calls take; the channel is opened by the first."""
    database = None

    def ask() -> None:
        nonlocal database
        database = database or connect(settings)
        database.platform.get(PhoneNumber, "+10000000")

    return ask
