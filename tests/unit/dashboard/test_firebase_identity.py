"""The Firebase adapter where Firebase cannot be asked; what it says when it can is in tests/e2e."""

from pathlib import Path

import pytest

from dashboard.firebase_identity import FirebaseIdentity
from dashboard.identity import IdentityUnavailable
from tests.unit.dashboard.world import settings_of


@pytest.fixture
def without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FirebaseIdentity:
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    return FirebaseIdentity(settings_of(google_cloud_project="holdline-live"))


@pytest.mark.parametrize("current", [True, False])
def test_a_session_that_googles_credentials_do_not_let_us_check_is_not_refused_and_not_believed(
    without_credentials: FirebaseIdentity, current: bool
) -> None:
    with pytest.raises(IdentityUnavailable):
        without_credentials.signed_in("a.b.c", current=current)


def test_nor_can_it_be_ended(without_credentials: FirebaseIdentity) -> None:
    with pytest.raises(IdentityUnavailable):
        without_credentials.sign_out("a.b.c")
