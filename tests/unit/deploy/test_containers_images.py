"""The images hold what their programs need, nothing that is nobody's business, and stop when they are told to."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from local import parts
from local.keys import Keys
from local.parts import Plan, Programs
from local.ports import Ports
from tests.unit.deploy.images import (
    ROOT,
    context_of,
    files_in_image,
    group_in_image,
    instructions,
    last_stage,
    packages_of,
    providers_of,
    reached,
)

STARTS_IN = {
    "agent": ["agent/main.py", "agent/check_models.py", "agent/pipelines/decoder.py"],
    "dashboard": ["dashboard/__init__.py", "dashboard/gunicorn_conf.py"],
    "functions": ["functions/main.py", "local/functions_server.py", "local/compose_demo.py"],
}
"""Image -> the files that its commands name, or that a program of it starts as another program."""
READ_BESIDE_MODULES = {"agent": ["agent/prompts"], "dashboard": ["dashboard/templates", "dashboard/static"]}

images = pytest.mark.parametrize("image", STARTS_IN)


def dockerfile(image: str) -> Path:
    return ROOT / image / "Dockerfile"


@images
def test_what_is_secret_or_for_tests_gets_into_no_image(image: str, tmp_path: Path) -> None:
    kept_out = [
        ".env",
        ".env.local",
        ".git/config",
        ".holdline/keys.json",
        "tests/unit/test_desk.py",
        "serviceAccount.json",
    ]
    for folder in ("agent", "dashboard", "functions", "holdline", "local", "local/knowledge"):
        kept_out += [f"{folder}/.env", f"{folder}/.env.production", f"{folder}/__pycache__/main.cpython-311.pyc"]
        kept_out += [f"{folder}/node_modules/x/index.js"]
    wanted = ["agent/main.py", "dashboard/__init__.py", "functions/main.py", "holdline/desk.py"]
    for path in [*kept_out, *wanted]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    context = context_of(tmp_path)
    assert context == set(wanted)
    assert "holdline/desk.py" in files_in_image(dockerfile(image), context)


@images
def test_an_image_has_one_program_and_the_core(image: str) -> None:
    folders = {path.partition("/")[0] for path in files_in_image(dockerfile(image), context_of(ROOT))}
    # The functions' server and the demo data are for compose.yaml alone.
    assert folders == {"holdline", image} | ({"local"} if image == "functions" else set())


@images
def test_every_module_of_ours_that_a_program_reaches_is_in_its_image(image: str) -> None:
    files, _ = reached(STARTS_IN[image])
    assert files - files_in_image(dockerfile(image), context_of(ROOT)) == set()


@images
def test_every_module_of_others_that_a_program_reaches_is_in_its_image(image: str) -> None:
    _, modules = reached(STARTS_IN[image])
    installed = packages_of(group_in_image(dockerfile(image)))
    providers = {module: providers_of(module) for module in modules}
    assert {module: who for module, who in providers.items() if who and not who & installed} == {}
    assert {module for module, who in providers.items() if who & installed} >= {"pydantic", "google.cloud"}


@images
def test_what_a_program_reads_beside_its_modules_is_in_its_image(image: str) -> None:
    inside = files_in_image(dockerfile(image), context_of(ROOT))
    for folder in READ_BESIDE_MODULES.get(image, []):
        there = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert there
        assert there - inside == set()


def test_the_demo_data_of_the_functions_image_has_its_knowledge() -> None:
    inside = files_in_image(dockerfile("functions"), context_of(ROOT))
    assert {f"local/knowledge/{path.name}" for path in (ROOT / "local" / "knowledge").glob("*.json")} <= inside


@images
def test_a_group_names_only_what_the_project_depends_on_so_that_versions_are_said_once(image: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    named = [*groups["core"], *groups[group_in_image(dockerfile(image))]]
    depended_on = {re.split(r"[<>=]", one)[0] for one in project["project"]["dependencies"]}
    assert {one for one in named if isinstance(one, str)} - depended_on == set()


@images
def test_every_base_image_is_pinned(image: str) -> None:
    stages = {one.words.partition(" AS ")[2] for one in instructions(dockerfile(image)) if one.name == "FROM"} - {""}
    bases = [one.words.split()[0] for one in instructions(dockerfile(image)) if one.name == "FROM"]
    copied_from = [
        found[1] for one in instructions(dockerfile(image)) if (found := re.search(r"--from=(\S+)", one.words))
    ]
    assert set(copied_from) <= stages
    for base in bases:
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", base), f"{base} says no version"


@images
def test_the_image_is_built_with_the_uv_that_the_checkout_installs(image: str) -> None:
    [pinned] = re.findall(r"uv==([\d.]+)", (ROOT / "local" / "install_uv").read_text())
    assert instructions(dockerfile(image))[0].words == f"ghcr.io/astral-sh/uv:{pinned} AS uv"


@images
def test_both_stages_have_the_same_python_so_that_the_environment_can_be_copied(image: str) -> None:
    _, builder, kept = (one.words.split()[0] for one in instructions(dockerfile(image)) if one.name == "FROM")
    assert builder == kept


@images
def test_the_program_runs_as_nobody_in_particular(image: str) -> None:
    users = [one.words for one in last_stage(dockerfile(image)) if one.name == "USER"]
    assert [user.isdecimal() and int(user) >= 10_000 for user in users] == [True]
    after = [one.name for one in last_stage(dockerfile(image))]
    assert after.index("USER") > max(number for number, name in enumerate(after) if name in ("RUN", "COPY"))


@images
def test_no_shell_stands_between_the_program_and_a_signal(image: str) -> None:
    commands = [one for one in instructions(dockerfile(image)) if one.name in ("CMD", "ENTRYPOINT")]
    assert [one.name for one in commands] == ["CMD"]
    words = json.loads(commands[0].words)
    assert words[0] in ("python", "gunicorn")


@images
def test_the_program_is_the_one_that_the_tests_run(image: str) -> None:
    nowhere = Path("/nowhere")
    programs = Programs(node=nowhere, java=nowhere, firebase=nowhere, firestore_jar=nowhere, livekit=nowhere)
    plan = Plan(Ports(25000), Keys(), programs, nowhere, "mark")
    part = {
        "agent": lambda: parts.worker(plan),
        "dashboard": lambda: parts.dashboard(plan, call_page_number="+12125550100"),
        "functions": lambda: parts.functions(plan),
    }[image]()
    [command] = [json.loads(one.words) for one in last_stage(dockerfile(image)) if one.name == "CMD"]
    if image == "agent":
        assert command[1:] == list(part.command[1:])
    else:
        assert command[-1] == part.command[-1]


@images
def test_nothing_is_fetched_by_add_and_no_secret_is_built_in(image: str) -> None:
    found = instructions(dockerfile(image))
    assert {one.name for one in found} <= {"FROM", "COPY", "ENV", "WORKDIR", "RUN", "USER", "EXPOSE", "CMD"}
    named = " ".join(one.words for one in found if one.name == "ENV")
    assert re.findall(r"\w*(?:SECRET|TOKEN|PASSWORD|KEY)\w*", named) == []
