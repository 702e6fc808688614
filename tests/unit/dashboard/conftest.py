"""A dashboard on the store in memory, and people in front of it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from dashboard import create_app
from dashboard.preview import Synthesise
from dashboard.services import KEY
from holdline.memory_store import MemoryDatabase
from holdline.store import Put, Store
from tests.builders import an_organisation
from tests.unit.dashboard.world import Browser, Clock, FakeIdentity, FakeSwitchboard, settings_of, synthesise


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def salon(database: MemoryDatabase) -> Store:
    store = database.for_org("salon")
    store.commit(Put(an_organisation("salon", quick_responses=("Yes, that works.", "No, we do not offer that."))))
    return store


@pytest.fixture
def identity(clock: Clock) -> FakeIdentity:
    return FakeIdentity(clock)


@pytest.fixture
def switchboard() -> FakeSwitchboard:
    return FakeSwitchboard()


@pytest.fixture
def app_with(
    database: MemoryDatabase, salon: Store, identity: FakeIdentity, switchboard: FakeSwitchboard, clock: Clock
) -> Iterator[Callable[..., Flask]]:
    """A dashboard with other settings."""
    apps: list[Flask] = []

    def one(*, synthesise: Synthesise = synthesise, **settings: object) -> Flask:
        given = settings_of(**settings)
        app = create_app(
            given, database, identity=identity, switchboard=switchboard, synthesise=synthesise, clock=clock
        )
        apps.append(app)
        return app

    yield one
    for app in apps:
        app.extensions[KEY].hub.stop()


@pytest.fixture
def app(app_with: Callable[..., Flask]) -> Flask:
    return app_with()


@pytest.fixture
def browser(app: Flask) -> Callable[[], Browser]:
    """A new browser at each call."""
    return lambda: Browser(app.test_client())


@pytest.fixture
def visitor(browser: Callable[[], Browser]) -> Browser:
    return browser()


@pytest.fixture
def ana(browser: Callable[[], Browser]) -> Browser:
    signed_in = browser()
    signed_in.sign_in("ana@salon.example.com")
    return signed_in


@pytest.fixture
def rosa(browser: Callable[[], Browser]) -> Browser:
    signed_in = browser()
    signed_in.sign_in("rosa@salon.example.com")
    return signed_in


@pytest.fixture
def david(browser: Callable[[], Browser]) -> Browser:
    """Of another organisation."""
    signed_in = browser()
    signed_in.sign_in("david@dental.example.com")
    return signed_in
