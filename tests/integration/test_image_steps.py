"""Each Dockerfile's steps, done in an empty folder: what is installed and copied is enough for its program to load."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.runtimes import uv
from tests.unit.deploy.images import ROOT, context_of, files_in_image, instructions

pytestmark = [pytest.mark.proof, pytest.mark.timeout(300)]

LOADS = {
    "agent": "import agent.main; assert agent.main.server",
    "dashboard": "import dashboard, gunicorn; assert dashboard.create_app_from_environment()",
    "functions": "import local.compose_demo, local.functions_server as f; assert f.create_app()",
}
"""Image -> what its command does first, short of serving."""
SETTINGS = {
    "CALL_PAGE_NUMBER": "+12125550100",
    "DASHBOARD_SECRET_KEY": "a" * 32,
    "DASHBOARD_URL": "http://127.0.0.1:9",
    "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9",
    "FIREBASE_WEB_API_KEY": "emulator",
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9",
    "FUNCTIONS_URL": "http://127.0.0.1:9",
    "GOOGLE_CLOUD_PROJECT": "demo-holdline",
    "LIVEKIT_API_KEY": "holdline",
    "LIVEKIT_API_SECRET": "b" * 32,
    "LIVEKIT_URL": "ws://127.0.0.1:9",
    "SIP_HOST": "127.0.0.1",
    "SIP_PASSWORD": "c",
    "SIP_USERNAME": "holdline",
    "TWILIO_AUTH_TOKEN": "d",
}


@pytest.mark.parametrize("image", LOADS)
def test_an_image_that_is_built_by_its_steps_loads_its_program(image: str, tmp_path: Path) -> None:
    dockerfile = ROOT / image / "Dockerfile"
    app = tmp_path / "app"
    app.mkdir()
    for path in ("pyproject.toml", "uv.lock", *files_in_image(dockerfile, context_of(ROOT))):
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, app / path)
    path = f"{app}/.venv/bin:{Path(uv()).parent}:/usr/bin:/bin"
    # The image's Python is its only one; here, the one that runs the tests stands for it. What this machine needs to
    # reach packages at all is in its environment.
    build = os.environ | {"PATH": path, "UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    build.pop("VIRTUAL_ENV", None)
    for step in (one.words for one in instructions(dockerfile) if one.name == "RUN"):
        if step.startswith("useradd"):
            continue
        done = subprocess.run(step.split(), cwd=app, env=build, capture_output=True, text=True)
        assert done.returncode == 0, f"{step}: {done.stderr}"
    (app / "pyproject.toml").unlink()
    (app / "uv.lock").unlink()

    run = {"PATH": path, "HOME": "/nonexistent", "PYTHONPATH": str(app), "PYTHONSAFEPATH": "1"} | SETTINGS
    done = subprocess.run(["python", "-c", LOADS[image]], cwd=app, env=run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
