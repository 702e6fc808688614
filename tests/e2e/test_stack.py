"""Stacks live side by side, and leave nothing, however they end."""

import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.checkout import ROOT
from local.leftovers import mark_of, marked
from tests.e2e.launched import STOPPED_WITHIN_S, launched

ONE, OTHER = 23000, 23100
PARTS = {"firestore", "auth", "livekit", "texts", "functions", "dashboard", "worker"}

pytestmark = [pytest.mark.stack, pytest.mark.timeout(420)]


def test_stacks_live_side_by_side_and_none_outlives_its_launcher(tmp_path: Path) -> None:
    """Two stacks; one launcher is killed, and its base is started again while the other goes on.

    The one that is killed is a `uv run`: what it started has to notice by itself.
    """
    with launched(ONE, tmp_path, by_uv=True) as killed, launched(OTHER, tmp_path) as other:
        ready, beside = killed.until_ready(), other.until_ready()
        assert set(ready["pids"]) == PARTS
        assert not _addresses(ready) & _addresses(beside)
        assert all(_answers(stack["dashboard_url"]) for stack in (ready, beside))

        killed.launcher.send_signal(signal.SIGKILL)
        killed.launcher.wait()
        assert _left_after(ONE) == []
        assert _answers(beside["dashboard_url"])

        with launched(ONE, tmp_path / "again") as again:
            pids = again.until_ready()["pids"]
            assert pids.keys() == PARTS
            assert not set(pids.values()) & set(ready["pids"].values())

            os.kill(pids["functions"], signal.SIGKILL)
            assert again.launcher.wait(STOPPED_WITHIN_S) == 1
            assert "functions was ended by SIGKILL" in again.log.read_text()
            assert not again.file.exists()
            assert _left_after(ONE) == []

        assert other.stop() == 0
        assert _left_after(OTHER) == []


def _addresses(ready: dict[str, Any]) -> set[str]:
    plain = ("firestore_emulator_host", "auth_emulator_host", "dashboard_url")
    return {ready["livekit"]["url"], *(ready[name] for name in plain), *ready["functions"].values()}


def _answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own stack
        return bool(answer.status == 200)


def _left_after(base: int) -> list[psutil.Process]:
    """What still lives of the stack on a base, when it has had its time to go."""
    mark = mark_of(str(ROOT), base)
    deadline = time.monotonic() + STOPPED_WITHIN_S
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
