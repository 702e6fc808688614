"""The page that leads to production can be followed: its commands exist, its settings are read, its files are there."""

import json
import re
import shlex
from collections import Counter
from contextlib import suppress

import click
import pytest

from cli.main import main
from holdline.settings import DashboardSettings, DeploySettings, WorkerSettings
from local.checkout import ROOT
from local.parts import names_of

GUIDE = (ROOT / "docs" / "deploy.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
BLOCKS = re.findall(r"(?:^    .+\n)+", GUIDE, re.MULTILINE)
COMMANDS = [
    line.strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if not line.startswith("     ")
]
OURS = [line.removeprefix("uv run holdline ") for line in COMMANDS if line.startswith("uv run holdline ")]
IN_PASSING = re.findall(r"`holdline ([a-z][^`]*)`", GUIDE)


def parsed(words: list[str]) -> click.Context:
    """The command that is meant, with its options understood; raises click.UsageError."""
    command: click.Command = main
    context = click.Context(command)
    while isinstance(command, click.Group) and words:
        name, found, words = command.resolve_command(context, words)
        assert name is not None
        assert found is not None
        command, context = found, click.Context(found, parent=context)
    if isinstance(command, click.Group):
        return context
    return command.make_context(command.name, words, parent=context.parent)


@pytest.mark.parametrize("line", OURS)
def test_a_command_of_ours_can_be_typed_as_it_stands(line: str) -> None:
    parsed(shlex.split(line.replace("$REGION", "us-central1")))


@pytest.mark.parametrize("line", IN_PASSING)
def test_a_command_that_is_mentioned_exists(line: str) -> None:
    with suppress(click.MissingParameter):  # mentioned by its name alone
        parsed(shlex.split(line))


def test_every_command_stands_there_once() -> None:
    assert [line for line, times in Counter(COMMANDS).items() if times > 1] == []
    assert len(COMMANDS) > 30


def test_every_setting_that_is_required_is_explained_and_every_one_that_is_explained_is_read() -> None:
    named = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", GUIDE[GUIDE.index("## 4.") : GUIDE.index("## 5.")]))
    required = {
        name.upper()
        for kind in (DeploySettings, DashboardSettings, WorkerSettings)
        for name, field in kind.model_fields.items()
        if field.is_required()
    }
    read = {name for kind in (DeploySettings, DashboardSettings, WorkerSettings) for name in names_of(kind)}
    assert required <= named <= read
    assert all(f"\n{name}=" in EXAMPLE for name in named)


def test_the_files_that_it_names_are_there() -> None:
    named = re.findall(r"(?:deploy|dashboard|functions|agent|docs)/[\w/.-]+\.\w+|fly\.toml|compose\.yaml", GUIDE)
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_firebases_tools_are_the_version_that_the_tests_run() -> None:
    pin = json.loads((ROOT / "local" / "firebase" / "package.json").read_text())["dependencies"]["firebase-tools"]
    assert set(re.findall(r"firebase-tools@([\d.]+)", GUIDE)) == {pin}


def test_its_links_within_the_page_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.+)", GUIDE, re.M)}
    assert set(re.findall(r"\(#([\w-]+)\)", GUIDE)) <= headings
