"""The folder that is uploaded: the functions and the core, one line that starts them, and what they need, pinned.

It is made of sources and the lock file alone, so that the same commit makes the same folder.
"""

import shutil
import subprocess
from pathlib import Path

from deploy.functions_table import TARGETS
from holdline.errors import HoldlineError

PACKAGES = ("functions", "holdline")
MAIN = f"from functions.main import {', '.join(sorted(one.name for one in TARGETS))}\n"
IGNORED = ".gcloudignore\n__pycache__/\n*.pyc\n.env*\n"
"""What a run of the folder on this machine may leave in it."""


class NotStaged(HoldlineError):
    """What keeps the folder from being made, and how to mend it."""


def stage(checkout: Path, folder: Path, *, uv: str) -> None:
    """Make the folder anew, in place of an earlier one; raises NotStaged, and then leaves what was there."""
    if folder.exists() and not _is_ours(folder):
        raise NotStaged(f"{folder} is not empty and was not made by this command. Name another folder, or empty it.")
    requirements = _requirements(checkout, uv)
    if folder.exists():
        shutil.rmtree(folder)
    for source in sources(checkout):
        target = folder / source.relative_to(checkout)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (folder / "main.py").write_text(MAIN)
    (folder / "requirements.txt").write_text(requirements)
    (folder / ".gcloudignore").write_text(IGNORED)


def sources(checkout: Path) -> list[Path]:
    """Every module of the packages that are uploaded."""
    return [path for package in PACKAGES for path in sorted((checkout / package).rglob("*.py"))]


def _is_ours(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    main = folder / "main.py"
    return not any(folder.iterdir()) or (main.exists() and main.read_text().startswith("from functions.main import "))


def _requirements(checkout: Path, uv: str) -> str:
    """The functions' dependency group as the lock file pins it, with hashes; raises NotStaged."""
    command = [uv, "export", "--project", str(checkout), "--quiet", "--locked", "--only-group", "functions"]
    command += ["--format", "requirements.txt", "--no-header", "--no-annotate"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own tool
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
        raise NotStaged(f"uv could not write down what the functions need: {said}") from None
    return done.stdout
