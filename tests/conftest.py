"""Fixtures that every kind of test may use. No test reads the `.env` of the checkout: it may hold a person's keys."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from holdline.settings import IGNORE_ENV_FILE, FirestoreSettings
from tests.e2e.launched import launched
from tests.emulator import running_emulator

pytest_plugins = ["tests.log_scan"]

os.environ[IGNORE_ENV_FILE] = "1"

PORT_BASE = 24000
"""Of the stack that the tests share."""


@pytest.fixture(scope="session")
def emulator_host() -> Iterator[str]:
    """A Firestore emulator, started by the first test that wants one."""
    with running_emulator() as host:
        yield host


@pytest.fixture
def firestore_settings(emulator_host: str) -> FirestoreSettings:
    """Settings of a database that no other test has seen."""
    return FirestoreSettings(google_cloud_project=f"demo-{uuid4().hex[:12]}", firestore_emulator_host=emulator_host)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the ready file of a running stack says: the one that HOLDLINE_READY_FILE names, else one of our own."""
    if given := os.environ.get("HOLDLINE_READY_FILE"):
        yield json.loads(Path(given).read_text())
        return
    with launched(PORT_BASE, tmp_path_factory.mktemp("stack")) as ours:
        yield ours.until_ready()
