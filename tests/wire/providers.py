"""All three doubles behind one worker: they run in a thread of their own, and fail when a test says so."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from tests.wire.deepgram import Deepgram
from tests.wire.double import KEY, Behaviour, Double
from tests.wire.gemini import Gemini
from tests.wire.models import obedient
from tests.wire.openai import OpenAI

WITHIN_S = 10


class Providers:
    """Made and used from any thread; `as_keys` and `as_endpoint` are what a worker is told."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.deepgram, self.gemini, self.openai = Deepgram(), Gemini(), OpenAI()

    @property
    def all(self) -> tuple[Double, ...]:
        return self.deepgram, self.gemini, self.openai

    @property
    def complaints(self) -> list[str]:
        """What any request had wrong."""
        return [complaint for double in self.all for complaint in double.complaints]

    def become(self, double: Double, behaviour: Behaviour) -> None:
        self.run(double.become(behaviour))

    def recover(self) -> None:
        """Everybody is well again, and remembers nothing."""
        for double in self.all:
            self.become(double, Behaviour.WELL)
            double.complaints.clear()
        self.gemini.model = self.openai.model = obedient
        for double in (self.deepgram, self.gemini, self.openai):
            double.requests.clear()
        for kept in (self.deepgram.heard, self.openai.heard, self.openai.texts, self.openai.voices):
            kept.clear()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN_S)

    def as_keys(self) -> dict[str, str]:
        """Deepgram hears, Gemini thinks, OpenAI speaks."""
        return {
            "DEEPGRAM_API_KEY": KEY,
            "DEEPGRAM_BASE_URL": self.deepgram.base_url,
            "GOOGLE_API_KEY": KEY,
            "GOOGLE_GEMINI_BASE_URL": self.gemini.base_url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.openai.base_url,
        }

    def as_endpoint(self) -> dict[str, str]:
        """As `as_keys`, but whoever speaks OpenAI's language thinks."""
        return {
            **self.as_keys(),
            "LLM_BASE_URL": self.openai.base_url,
            "LLM_API_KEY": KEY,
            "LLM_MODEL": "a-model-of-somebodys",
        }


@contextmanager
def running_providers() -> Iterator[Providers]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="providers", daemon=True)
    thread.start()

    async def make() -> Providers:
        return Providers(loop)

    providers = asyncio.run_coroutine_threadsafe(make(), loop).result(WITHIN_S)
    for double in providers.all:
        providers.run(double.start())
    providers.run(providers.openai.recogniser.start())
    try:
        yield providers
    finally:
        for double in providers.all:
            providers.run(double.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WITHIN_S)
        loop.close()
