"""Time is virtual here, as in the tests of the agent: a conversation takes no longer than its parts compute."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.unit.agent.virtual_time import VirtualTimeLoop
from tests.unit.console.script import Script


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualTimeLoop}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return Script(monkeypatch)
