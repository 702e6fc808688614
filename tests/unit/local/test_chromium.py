"""Where a browser for the tests comes from, on machines whose programs are played by scripts."""

import os
import sys
from pathlib import Path

import pytest

from local.chromium import provide


class Machine:
    """A PATH of its own; every program on it, and Python, writes down what it was asked."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._asked = folder / "asked"
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(sys, "executable", str(self.has("python")))

    def has(self, program: str) -> Path:
        path = self.folder / program
        path.write_text(f'#!/bin/sh\necho "{program} $*" >> "{self._asked}"\n')
        path.chmod(0o755)
        return path

    @property
    def asked(self) -> list[str]:
        return self._asked.read_text().splitlines() if self._asked.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_what_is_on_path_is_taken_and_nothing_is_installed(machine: Machine) -> None:
    machine.has("chromium")
    provide()
    assert machine.asked == []


@pytest.mark.parametrize(("user", "options"), [(0, "--with-deps chromium"), (1000, "chromium")])
def test_playwrights_download_brings_its_libraries_where_we_may_install_them(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, user: int, options: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    machine.has("apt-get")
    provide()
    assert machine.asked[-1] == f"python -m playwright install {options}"
    assert [line.split()[0] for line in machine.asked[:-1]] == ["apt-get"] * (2 if user == 0 else 0)


def test_without_apt_playwright_is_not_asked_for_what_it_could_not_install(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    provide()
    assert machine.asked == ["python -m playwright install chromium"]
