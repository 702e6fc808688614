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
    imported = printed("import sys, functions.main; print(*sys.modules)")
    heavy = {"firebase_admin", "google.events", "google.genai", "livekit.agents", "livekit.rtc", "twilio.rest"}
    heavy |= {"holdline.knowledge", "numpy", "rapidfuzz", "snowballstemmer"}
    assert heavy.isdisjoint(imported)


def test_requests_that_come_at_once_to_a_fresh_process_share_its_clients() -> None:
    program = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from functions.context import context

def first(_):
    together.wait()
    return id(context())

together = Barrier(16)
with ThreadPoolExecutor(16) as requests:
    print(*requests.map(first, range(16)))
"""
    assert len(set(printed(program))) == 1


def printed(program: str) -> list[str]:
    """The words of the first line that a Python program printed, in a process of its own with a function's settings."""
    given = {name.upper(): str(index) for index, name in enumerate(FunctionsSettings.model_fields)}
    given |= {
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
        "DEFAULT_VOICE_AGENT": "salon/front-desk",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "GOOGLE_CLOUD_PROJECT": "demo-holdline",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
        "LIVEKIT_URL": "ws://127.0.0.1:1",
        "PATH": os.environ["PATH"],
    }
    ran = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()[0].split()  # what is logged at its end comes after


def test_the_seam_is_closed_again_behind_a_test(world: World) -> None:
    with context.replaced(World().context()):
        assert context.context().rooms is not world.rooms
    assert context.context().rooms is world.rooms
