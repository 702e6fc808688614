import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.checkout import CannotStart
from local.claim import claim
from local.leftovers import MARK, end, leave_a_will, mark_of, mark_of_this_start, marked


@contextmanager
def sleeper(mark: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the stack with this mark."""
    command = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]
    process = subprocess.Popen(command, env={**os.environ, MARK: mark}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_processes_of_an_earlier_start_are_found_and_ended(tmp_path: Path) -> None:
    with sleeper(mark_of_this_start(str(tmp_path), 26000)) as left:
        assert [process.pid for process in marked(mark_of(str(tmp_path), 26000))] == [left.pid]
        assert end(mark_of(str(tmp_path), 26000)) == 1
        assert left.poll() is not None


def test_the_stacks_of_other_bases_and_checkouts_are_left_alone(tmp_path: Path) -> None:
    with sleeper(mark_of_this_start(str(tmp_path), 26000)) as other:
        for root, base in ((str(tmp_path), 2600), (str(tmp_path), 26001), (str(tmp_path / "copy"), 26000)):
            assert end(mark_of(root, base)) == 0
        assert other.poll() is None


def test_the_will_is_carried_out_when_the_launcher_is_gone(tmp_path: Path) -> None:
    mark = mark_of_this_start(str(tmp_path), 26000)
    with sleeper(mark) as left, sleeper(mark_of_this_start(str(tmp_path), 26000)) as of_the_next_start:
        will = leave_a_will(mark)
        assert will.stdin is not None
        will.stdin.close()

        assert left.wait(10) != 0
        assert will.wait(10) == 0
        assert of_the_next_start.poll() is None


def test_a_base_is_claimed_by_one_launcher(tmp_path: Path) -> None:
    with claim(tmp_path, 26000), pytest.raises(CannotStart, match=f"process {os.getpid()}"):  # noqa: SIM117
        with claim(tmp_path, 26000, patience_s=0):
            pass


def test_a_claim_ends_with_its_launcher(tmp_path: Path) -> None:
    with claim(tmp_path, 26000):
        pass
    with claim(tmp_path, 26000, patience_s=0):
        assert (tmp_path / "launcher").read_text() == str(os.getpid())
