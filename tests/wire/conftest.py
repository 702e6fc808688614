"""The providers' doubles, one by one in a test's own loop, or all of them behind a worker on the stack."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from holdline.store import Store
from tests.e2e.documents import Console, database_of, forget_learned
from tests.wire.deepgram import Deepgram
from tests.wire.gemini import Gemini
from tests.wire.keyed_worker import KeyedWorker, running_worker
from tests.wire.openai import OpenAI
from tests.wire.providers import Providers, running_providers

SALON = "luxe-beauty-salon"


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


@pytest.fixture(scope="session")
def all_providers() -> Iterator[Providers]:
    with running_providers() as providers:
        yield providers


@pytest.fixture
def providers(all_providers: Providers) -> Iterator[Providers]:
    """All three, well at first; no test may end with a request that a provider would refuse."""
    all_providers.recover()
    yield all_providers
    complaints = list(all_providers.complaints)
    all_providers.recover()
    assert complaints == []


@pytest.fixture(scope="session")
def keyed(
    stack: dict[str, Any], all_providers: Providers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KeyedWorker]:
    """A worker that has the keys of Deepgram, Google and OpenAI."""
    keys = all_providers.as_keys()
    with running_worker(stack, tmp_path_factory.mktemp("keyed"), keys=keys) as worker:
        yield worker


@pytest.fixture(scope="session")
def endpoint(
    stack: dict[str, Any], all_providers: Providers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KeyedWorker]:
    """A worker whose model is at an endpoint of somebody's own."""
    keys = all_providers.as_endpoint()
    with running_worker(stack, tmp_path_factory.mktemp("endpoint"), keys=keys) as worker:
        yield worker


@pytest.fixture
def console(stack: dict[str, Any]) -> Console:
    """The salon's documents, as its admin sees them in the Firebase console."""
    return Console(stack, SALON)


@pytest.fixture
def salon(stack: dict[str, Any], console: Console) -> Iterator[Store]:
    """The salon, which has learned nothing yet, and forgets afterwards what it learns in the test."""
    database = database_of(stack)
    store = database.for_org(SALON)
    forget_learned(store, console)
    yield store
    forget_learned(store, console)
    database.close()
