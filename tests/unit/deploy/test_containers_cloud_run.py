"""The command that puts the console on Cloud Run tells it all it needs, and fits how it is served."""

import re
import shlex
from typing import Any

import yaml

from deploy.functions_table import BUILDS_AS, ROLES
from holdline.settings import DashboardSettings
from local.parts import names_of
from tests.unit.deploy.images import ROOT

GUIDE = (ROOT / "docs" / "deploy.md").read_text().replace("\\\n", " ")
[COMMAND] = re.findall(r"^    (gcloud run deploy holdline-dashboard .+)$", GUIDE, re.MULTILINE)
FLAGS = dict(word.removeprefix("--").partition("=")[::2] for word in shlex.split(COMMAND) if word.startswith("--"))


def named(flag: str, separator: str) -> set[str]:
    return {one.partition("=")[0] for one in FLAGS[flag].removeprefix("^;^").split(separator)}


def test_it_names_every_setting_that_the_console_must_have_and_none_that_it_does_not_read() -> None:
    secrets, others = named("set-secrets", ","), named("set-env-vars", ";")
    needed = {name.upper() for name, field in DashboardSettings.model_fields.items() if field.is_required()}
    assert needed <= secrets | others <= names_of(DashboardSettings)
    assert {"DASHBOARD_SECRET_KEY", "LIVEKIT_API_SECRET"} <= secrets


def test_no_more_is_let_in_than_there_are_threads() -> None:
    served: dict[str, Any] = {}
    exec((ROOT / "dashboard" / "gunicorn_conf.py").read_text(), served)  # noqa: S102 - as gunicorn does
    assert int(FLAGS["concurrency"]) < served["threads"]


def test_the_watches_go_on_between_requests_and_nothing_speaks_http2_to_the_threads() -> None:
    assert "no-cpu-throttling" in FLAGS
    assert int(FLAGS["min-instances"]) >= 1
    assert "use-http2" not in FLAGS


def test_a_stream_lasts_as_long_as_cloud_run_allows_at_most() -> None:
    assert 60 <= int(FLAGS["timeout"]) <= 3600


def test_its_image_is_built_in_the_name_of_an_account_that_setup_makes() -> None:
    build = yaml.safe_load((ROOT / "dashboard" / "cloudbuild.yaml").read_text())
    assert build["serviceAccount"].endswith(f"/{BUILDS_AS}@$PROJECT_ID.iam.gserviceaccount.com")
    # Without this one Cloud Build refuses an account that is not its own.
    assert build["options"]["logging"] == "CLOUD_LOGGING_ONLY"
    assert {"roles/logging.logWriter", "roles/artifactregistry.writer"} <= set(ROLES[BUILDS_AS])
