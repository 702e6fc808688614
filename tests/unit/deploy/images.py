"""What a Dockerfile would put into its image, found without building one."""

import ast
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from docker.utils.build import exclude_paths

from tests.source import parsed

ROOT = Path(__file__).parents[3]
OURS = {"agent", "cli", "dashboard", "deploy", "functions", "holdline", "local"}


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile, its continuations joined."""

    name: str
    words: str


def instructions(dockerfile: Path) -> list[Instruction]:
    lines = [line for line in dockerfile.read_text().splitlines() if not re.match(r"\s*(#|$)", line)]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [Instruction(name.upper(), words) for name, _, words in (line.partition(" ") for line in joined)]


def last_stage(dockerfile: Path) -> list[Instruction]:
    """What makes the image that is kept."""
    found = instructions(dockerfile)
    return found[max(number for number, one in enumerate(found) if one.name == "FROM") :]


def context_of(root: Path) -> set[str]:
    """The files that a build in `root` is given, by Docker's own reading of our .dockerignore."""
    lines = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    return {path for path in exclude_paths(str(root), patterns) if (root / path).is_file()}


def files_in_image(dockerfile: Path, context: set[str]) -> set[str]:
    """The files of ours that stay in the image, where they lie in the checkout: no copy moves one."""
    copies = [shlex.split(one.words) for one in last_stage(dockerfile) if one.name == "COPY"]
    found = set[str]()
    for *sources, destination in copies:
        for source in sources:
            if source.startswith("--from="):
                break
            assert source == destination or source == destination + Path(source).name, f"{source} would be moved"
            found |= {path for path in context if path == source or path.startswith(source.rstrip("/") + "/")}
    return found


def group_in_image(dockerfile: Path) -> str:
    [group] = [found[1] for one in instructions(dockerfile) if (found := re.search(r"--only-group (\w+)", one.words))]
    return group


def packages_of(group: str) -> set[str]:
    """Every distribution that `uv sync --only-group` installs: the group's, and all that these need."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    needs: dict[str, set[str]] = {}
    for package in locked:
        optional = [one for many in package.get("optional-dependencies", {}).values() for one in many]
        names = {one["name"] for one in [*package.get("dependencies", []), *optional]}
        needs[package["name"]] = needs.get(package["name"], set()) | names
    [project] = [package for package in locked if package["name"] == "holdline"]
    found, new = set[str](), {one["name"] for one in project["dev-dependencies"][group]}
    while new:
        found |= new
        new = {need for one in new for need in needs[one]} - found
    return found


def reached(entry_points: list[str]) -> tuple[set[str], set[str]]:
    """What a program that starts in these files comes to import, wherever it does: files of ours, modules of others."""
    files, modules = set[str](), set[str]()
    new = set(entry_points)
    while new:
        files |= new
        imported = {name for path in new for name in _imports((ROOT / path).read_text())}
        ours = {name for name in imported if name.partition(".")[0] in OURS}
        modules |= imported - ours
        new = {path for name in ours for path in _files_of(name)} - files
    return files, modules


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] not in {*sys.stdlib_module_names, "_typeshed"})


def _files_of(module: str) -> Iterator[str]:
    """The module's file, if it is one and no name in a module, and its packages' own."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        for path in (Path(*parts[:depth], "__init__.py"), Path(*parts[:depth]).with_suffix(".py")):
            if (ROOT / path).is_file():
                yield str(path)


@cache
def _records() -> dict[str, str]:
    return {
        re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower(): "\n" + (one.read_text("RECORD") or "")
        for one in distributions()
    }


def providers_of(module: str) -> set[str]:
    """The installed distributions that have files of this module; none, if it is a name in one."""
    path = module.replace(".", "/")
    return {name for name, files in _records().items() if f"\n{path}/" in files or f"\n{path}." in files}
