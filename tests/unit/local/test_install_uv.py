"""uv is installed, or one sentence says what to do, whatever an earlier try has left; pip and venv are played."""

import os
import subprocess
from pathlib import Path

import pytest

from local.checkout import ROOT

# Behaves as the real one does where it matters: `--target` leaves a folder alone that is there already and is content,
# and a venv without ensurepip fails half-way.
PYTHON = """#!/bin/bash
case "$*" in
    -c*) exit 0 ;;
    "-m pip --version") [[ -e $0.pip ]] ;;
    "-m pip install"*)
        while [[ $1 != --target ]]; do shift; done
        [[ -e $0.offline ]] && exit 1
        [[ -e $2/bin || -e $0.empty ]] || { mkdir -p "$2/bin"; echo uv > "$2/bin/uv"; chmod +x "$2/bin/uv"; } ;;
    "-m venv "*)
        mkdir -p "$3/bin"
        [[ -e $0.ensurepip ]] || exit 1
        printf '#!/bin/bash\\ntouch "%s/bin/uv"; chmod +x "%s/bin/uv"\\n' "$3" "$3" > "$3/bin/pip"
        chmod +x "$3/bin/pip" ;;
esac
"""


class Machine:
    """A machine whose Python has what `has` names: pip, ensurepip; or is offline, or installs something empty."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / "bin" / "python3"
        self.python.parent.mkdir()
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)
        self.folder = folder / "checkout" / "uv"

    def has(self, what: str) -> None:
        Path(f"{self.python}.{what}").touch()

    def install(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "local" / "install_uv", self.folder],
            env={"PATH": f"{self.python.parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
        )

    @property
    def has_uv(self) -> bool:
        return os.access(self.folder / "bin" / "uv", os.X_OK)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("what", ["pip", "ensurepip"])
def test_pip_or_a_whole_venv_is_enough(machine: Machine, what: str) -> None:
    machine.has(what)
    assert machine.install().returncode == 0
    assert machine.has_uv


def test_without_both_one_sentence_says_so_and_nothing_is_left(machine: Machine) -> None:
    failed = machine.install()
    assert failed.returncode != 0
    assert "install it" in failed.stderr
    assert not machine.folder.exists()


def test_a_try_without_pip_is_no_hindrance_to_the_next_one_with_it(machine: Machine) -> None:
    (machine.folder / "bin").mkdir(parents=True)
    machine.has("pip")
    assert machine.install().returncode == 0
    assert machine.has_uv


@pytest.mark.parametrize("trouble", ["offline", "empty"])
def test_what_pip_could_not_install_is_tried_in_a_venv(machine: Machine, trouble: str) -> None:
    machine.has("pip")
    machine.has(trouble)
    assert machine.install().returncode != 0
    machine.has("ensurepip")
    assert machine.install().returncode == 0
    assert machine.has_uv
