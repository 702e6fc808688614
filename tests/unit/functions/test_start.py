"""A revision that cannot work does not start, so that the one before it goes on answering."""

import os
import subprocess
import sys

import functions_framework
import pytest

from functions import context
from holdline.errors import BadSettings
from holdline.settings import FunctionsSettings
from local.twilio_double import ACCOUNT
from tests.unit.functions.world import SOURCE, World


def test_a_missing_setting_keeps_a_function_from_starting_and_all_of_them_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in FunctionsSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(BadSettings, match=r"FUNCTIONS_URL.*LIVEKIT_API_SECRET.*SIP_HOST.*TWILIO_AUTH_TOKEN"):
        functions_framework.create_app(target="twilio_voice", source=SOURCE)  # type: ignore[no-untyped-call]


def test_a_cold_start_does_not_import_what_a_ringing_phone_does_not_need() -> None:
    """A caller waits for the first request of a process to be answered, imports and all."""
    program = "import sys, functions.main; print(*sys.modules)"
    given = {name.upper(): str(index) for index, name in enumerate(FunctionsSettings.model_fields)}
    given |= {
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
        "DEFAULT_VOICE_AGENT": "salon/front-desk",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "PATH": os.environ["PATH"],
    }
    imported = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True)
    heavy = {"firebase_admin", "google.events", "google.genai", "livekit.agents", "livekit.rtc", "twilio.rest"}
    heavy |= {"holdline.knowledge", "numpy", "rapidfuzz", "snowballstemmer"}
    assert heavy.isdisjoint(imported.stdout.split())


def test_the_seam_is_closed_again_behind_a_test(world: World) -> None:
    with context.replaced(World().context()):
        assert context.context().rooms is not world.rooms
    assert context.context().rooms is world.rooms
