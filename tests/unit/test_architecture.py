"""Who may import whom. The arrows of the design, held by reading every import."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.source import parsed

ROOT = Path(__file__).parents[2]
OURS = {"holdline", "agent", "functions", "dashboard", "deploy", "local", "cli", "tests", "bench"}
PRODUCT = ("holdline", "agent", "functions", "dashboard")
MAY_IMPORT = {
    "holdline": set(),
    "agent": {"holdline"},
    "functions": {"holdline"},
    "dashboard": {"holdline"},
    "deploy": {"holdline"},
    "local": OURS - {"tests", "bench"},
    "cli": OURS - {"tests", "bench"},
}


def modules_of(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).rglob("*.py")) if "node_modules" not in path.parts]


def imports_of(source: str, *, within: str) -> Iterator[str]:
    """Every module that the source imports, wherever in it; `within` is the package that it lies in."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(within.split(".")[: 1 - node.level or None]) if node.level else ""
            module = ".".join(part for part in (start, node.module or "") if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@cache
def imports_in(path: Path) -> set[str]:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    return set(imports_of(path.read_text(), within=package))


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def trespassers(package: str, *, forbidden: str, except_below: str | None = None) -> list[str]:
    """The modules of one package that import another, but for one folder that may."""
    return [
        str(path.relative_to(ROOT))
        for path in modules_of(package)
        if not (except_below and path.is_relative_to(ROOT / except_below))
        and any(is_within(module, forbidden) for module in imports_in(path))
    ]


@pytest.mark.parametrize(
    ("package", "other"),
    [(package, other) for package, allowed in MAY_IMPORT.items() for other in sorted(OURS - allowed - {package})],
)
def test_a_package_imports_only_what_the_design_allows(package: str, other: str) -> None:
    assert trespassers(package, forbidden=other) == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_only_the_firestore_adapter_knows_the_database(package: str) -> None:
    for library in ("google.cloud.firestore", "google.cloud.firestore_v1", "firebase_admin.firestore"):
        assert trespassers(package, forbidden=library, except_below="holdline/firestore") == []


@pytest.mark.parametrize("package", sorted(MAY_IMPORT.keys() - {"agent"}))
def test_only_the_worker_knows_livekits_agents(package: str) -> None:
    assert trespassers(package, forbidden="livekit.agents") == []
    assert trespassers(package, forbidden="livekit.plugins") == []


def test_the_core_knows_no_web_no_rooms_and_no_telephone() -> None:
    for library in ("flask", "livekit", "twilio", "functions_framework", "firebase_admin"):
        assert trespassers("holdline", forbidden=library) == []


def test_only_the_adapter_of_the_core_speaks_over_a_network() -> None:
    for library in ("grpc", "httpx", "requests", "urllib.request", "http.client", "socket", "google"):
        assert trespassers("holdline", forbidden=library, except_below="holdline/firestore") == []


@pytest.mark.parametrize("package", PRODUCT)
def test_only_the_settings_read_the_environment(package: str) -> None:
    reading = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules_of(package)
        if path != ROOT / "holdline" / "settings.py"
        for line in environment_reads(path.read_text())
    ]
    assert reading == []


def environment_reads(source: str) -> list[int]:
    """Lines that read `os.environ` or `os.getenv`; to set a name, for a library that takes it from there, is none."""
    tree = parsed(source)
    set_only = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
    }
    set_only |= {
        id(node.func.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault"
    }
    names = ("environ", "getenv")
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in names and id(node) not in set_only)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and any(a.name in names for a in node.names))
    ]


def test_every_folder_of_the_design_is_there() -> None:
    assert [package for package in MAY_IMPORT if not modules_of(package)] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import agent.main", "agent"),
        ("from agent import main", "agent.main"),
        ("from agent.main import run", "agent.main"),
        ("def late():\n    import agent", "agent"),
        ("from google.cloud import firestore", "google.cloud.firestore"),
        ("from . import watch", "holdline.firestore.watch"),
        ("from .watch import run", "holdline.firestore.watch"),
        ("from .. import line", "holdline.line"),
        ("from ..line import ask", "holdline.line"),
    ],
)
def test_no_way_of_writing_an_import_is_missed(line: str, found: str) -> None:
    assert any(is_within(module, found) for module in imports_of(line, within="holdline.firestore"))


@pytest.mark.parametrize("line", ["os.environ['A']", "os.environ.get('A')", "os.getenv('A')", "from os import environ"])
def test_no_way_of_reading_the_environment_is_missed(line: str) -> None:
    assert environment_reads(line)
    assert not environment_reads("os.environ['A'] = 'b'\nos.environ.setdefault('A', 'b')")
