"""The demo data of compose.yaml never gets into a real project."""

import pytest

from local import compose_demo


def test_without_an_emulator_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a-real-project")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "")
    with pytest.raises(SystemExit, match="FIRESTORE_EMULATOR_HOST is empty"):
        compose_demo.main()
