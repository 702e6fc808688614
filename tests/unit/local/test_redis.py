"""Where a redis for the tests comes from, on machines whose programs are played by scripts."""

import os
from pathlib import Path

import pytest

from local.redis import provide


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of its own, with an apt-get that writes down what it was asked."""
    monkeypatch.setenv("PATH", str(tmp_path))
    has(tmp_path, "apt-get")
    return tmp_path


def has(machine: Path, program: str) -> None:
    path = machine / program
    path.write_text(f'#!/bin/sh\necho "$*" >> "{machine}/asked"\n')
    path.chmod(0o755)


def asked(machine: Path) -> list[str]:
    file = machine / "asked"
    return file.read_text().splitlines() if file.exists() else []


def test_what_is_on_path_is_taken_and_nothing_is_installed(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    has(machine, "redis-server")
    provide()
    assert asked(machine) == []


@pytest.mark.parametrize(("user", "installed"), [(0, ["-qq update", "-qq install --yes redis-server"]), (1000, [])])
def test_it_is_installed_only_where_we_may(
    machine: Path, monkeypatch: pytest.MonkeyPatch, user: int, installed: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    provide()
    assert asked(machine) == installed
