"""The providers' doubles; whoever needs them in another thread, or behind a worker, builds on these."""

from collections.abc import AsyncIterator

import pytest

from tests.wire.deepgram import Deepgram
from tests.wire.gemini import Gemini
from tests.wire.openai import OpenAI


@pytest.fixture
async def deepgram() -> AsyncIterator[Deepgram]:
    double = Deepgram()
    await double.start()
    yield double
    await double.close()


@pytest.fixture
async def gemini() -> AsyncIterator[Gemini]:
    double = Gemini()
    await double.start()
    yield double
    await double.close()


@pytest.fixture
async def openai() -> AsyncIterator[OpenAI]:
    double = OpenAI()
    await double.start()
    yield double
    await double.close()
