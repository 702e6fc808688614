"""Fixtures that every kind of test may use. No test reads the `.env` of the checkout: it may hold a person's keys."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from holdline.settings import IGNORE_ENV_FILE, FirestoreSettings
from tests.emulator import running_emulator

os.environ[IGNORE_ENV_FILE] = "1"


@pytest.fixture(scope="session")
def emulator_host() -> Iterator[str]:
    """A Firestore emulator, started by the first test that wants one."""
    with running_emulator() as host:
        yield host


@pytest.fixture
def firestore_settings(emulator_host: str) -> FirestoreSettings:
    """Settings of a database that no other test has seen."""
    return FirestoreSettings(google_cloud_project=f"demo-{uuid4().hex[:12]}", firestore_emulator_host=emulator_host)
