"""The whole stack, for tests that call it as people do."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.launched import launched

PORT_BASE = 24000


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the ready file of a running stack says: the one that HOLDLINE_READY_FILE names, else one of our own."""
    if given := os.environ.get("HOLDLINE_READY_FILE"):
        yield json.loads(Path(given).read_text())
        return
    with launched(PORT_BASE, tmp_path_factory.mktemp("stack")) as ours:
        yield ours.until_ready()
