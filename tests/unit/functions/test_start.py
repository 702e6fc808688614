"""A revision that cannot work does not start, so that the one before it goes on answering."""

from pathlib import Path

import functions_framework
import pytest

from functions import context
from holdline.errors import BadSettings
from holdline.settings import FunctionsSettings
from tests.unit.functions.world import SOURCE, World


def test_a_missing_setting_keeps_a_function_from_starting_and_all_of_them_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no .env
    for name in FunctionsSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(BadSettings, match=r"FUNCTIONS_URL.*LIVEKIT_API_SECRET.*SIP_HOST.*TWILIO_AUTH_TOKEN"):
        functions_framework.create_app(target="twilio_voice", source=SOURCE)  # type: ignore[no-untyped-call]


def test_the_seam_is_closed_again_behind_a_test(world: World) -> None:
    with context.replaced(World().context()):
        assert context.context().rooms is not world.rooms
    assert context.context().rooms is world.rooms
