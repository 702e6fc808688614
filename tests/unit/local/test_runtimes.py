from pathlib import Path

import pytest

from local.runtimes import GO, JAVA, NODE, Runtime, on_path, version_in

OPENJDK_17 = 'openjdk version "17.0.15" 2025-04-15'


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("v20.20.2", (20, 20, 2)),
        (OPENJDK_17, (17, 0, 15)),
        ('java version "1.8.0_391"', (1, 8, 0)),
        ('openjdk version "21" 2023-09-19', (21,)),
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        (f"Picked up JAVA_TOOL_OPTIONS: -Xmx64m -Dhttp.proxyPort=3128\n{OPENJDK_17}", (17, 0, 15)),
        ("nothing to see", ()),
    ],
)
def test_a_version_is_read_as_each_program_prints_it(printed: str, version: tuple[int, ...]) -> None:
    assert version_in(printed) == version


@pytest.mark.parametrize(
    ("runtime", "printed", "is_new_enough"),
    [
        (NODE, "v20.0.0", True),
        (NODE, "v18.20.4", False),
        (JAVA, OPENJDK_17, False),
        (JAVA, 'openjdk version "21" 2023-09-19', True),
        (GO, "go version go1.26 linux/amd64", True),
        (GO, "go version go1.9.7 linux/amd64", False),
    ],
)
def test_what_path_has_is_taken_when_it_is_new_enough(
    tmp_path: Path, runtime: Runtime, printed: str, is_new_enough: bool
) -> None:
    for name in (runtime.program, *runtime.companions):
        _script(tmp_path / name, f"echo '{printed}'")

    assert (on_path(runtime, path=str(tmp_path)) is not None) == is_new_enough


def test_java_prints_its_version_to_the_other_stream(tmp_path: Path) -> None:
    _script(tmp_path / "java", "echo 'openjdk version \"23.0.1\"' >&2")

    assert on_path(JAVA, path=str(tmp_path)) == tmp_path / "java"


def test_node_without_npm_is_not_enough(tmp_path: Path) -> None:
    _script(tmp_path / "node", "echo v24.0.0")

    assert on_path(NODE, path=str(tmp_path)) is None


def test_a_program_that_fails_is_not_taken(tmp_path: Path) -> None:
    _script(tmp_path / "go", "echo go version go9.9; exit 1")

    assert on_path(GO, path=str(tmp_path)) is None


def _script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
