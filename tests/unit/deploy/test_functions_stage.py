"""The folder that is uploaded holds what the functions need and nothing else, and is the same each time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.functions_stage import PACKAGES, NotStaged, stage
from deploy.functions_table import TARGETS
from local.checkout import ROOT
from local.runtimes import uv


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("staged") / "functions"
    stage(ROOT, folder, uv=uv())
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_holds_one_line_two_packages_and_what_they_need(staged: Path) -> None:
    assert {path.split("/")[0] for path in contents(staged)} == {
        *PACKAGES,
        "main.py",
        "requirements.txt",
        ".gcloudignore",
    }
    assert all(path.endswith(".py") for path in contents(staged) if "/" in path)
    assert len((staged / "main.py").read_text().splitlines()) == 1


def test_every_module_is_there_as_it_is(staged: Path) -> None:
    for package in PACKAGES:
        there = contents(staged / package)
        assert there == {path: data for path, data in contents(ROOT / package).items() if path.endswith(".py")}


def test_the_packages_need_no_file_that_is_left_behind() -> None:
    left = {path for package in PACKAGES for path in contents(ROOT / package) if not path.endswith((".py", ".pyc"))}
    assert left <= {"Dockerfile"}, (
        "a file that is not Python has to be uploaded too: say so in deploy/functions_stage.py"
    )


def test_the_same_sources_make_the_same_folder(staged: Path, tmp_path: Path) -> None:
    stage(ROOT, tmp_path, uv=uv())
    assert contents(tmp_path) == contents(staged)


def test_an_earlier_folder_is_replaced_and_nothing_of_it_stays(tmp_path: Path) -> None:
    stage(ROOT, tmp_path, uv=uv())
    (tmp_path / "holdline" / "gone.py").write_text("1 / 0")
    stage(ROOT, tmp_path, uv=uv())
    assert "holdline/gone.py" not in contents(tmp_path)


def test_a_folder_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('mine')")
    with pytest.raises(NotStaged, match="not empty"):
        stage(ROOT, tmp_path, uv=uv())
    assert list(contents(tmp_path)) == ["main.py"]


def test_a_lock_file_that_does_not_fit_is_told_and_nothing_is_touched(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\n[dependency-groups]\nother = []\n')
    with pytest.raises(NotStaged, match="functions"):
        stage(tmp_path, tmp_path / "out", uv=uv())
    assert not (tmp_path / "out").exists()


def test_a_uv_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotStaged, match="no-such-uv"):
        stage(ROOT, tmp_path, uv="/no-such-uv")


def test_requirements_are_pinned_with_hashes_and_hold_no_voice_and_no_tests(staged: Path) -> None:
    lines = (staged / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert all(re.match(r"[a-z0-9._-]+==[^ ]+ .*\\$", line) for line in pins)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)
    names = {line.split("==")[0] for line in pins}
    assert {"functions-framework", "twilio", "livekit-api", "google-cloud-firestore"} <= names
    assert names.isdisjoint({"holdline", "livekit-agents", "pocketsphinx", "pytest", "flask-wtf", "playwright"})


def test_the_line_names_every_target(staged: Path) -> None:
    line = (staged / "main.py").read_text()
    assert line == f"from functions.main import {', '.join(sorted(one.name for one in TARGETS))}\n"


def test_the_command_makes_the_folder_and_says_what_is_next(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "cli.main", "stage", "functions", str(out)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert f"holdline deploy functions --source {out}" in run.stdout
    assert (out / "main.py").exists()
