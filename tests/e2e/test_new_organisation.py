"""An organisation begun from a file, on the running emulators: its people choose a password and sign in."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from dashboard.firebase_identity import FirebaseIdentity
from dashboard.identity import WrongCredentials
from deploy.firebase_accounts import FirebaseAccounts
from deploy.organisation import NotAdmitted
from holdline.people import Role
from holdline.settings import SignInSettings
from tests.unit.dashboard.world import settings_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

PASSWORD = "a password of their own"


@pytest.fixture
def settings(stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> SignInSettings:
    host = stack["auth_emulator_host"]
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", host)  # so that it is taken back after the test
    return settings_of(google_cloud_project=stack["project_id"], firebase_auth_emulator_host=host)


@pytest.fixture
def accounts(settings: SignInSettings) -> Iterator[FirebaseAccounts]:
    accounts = FirebaseAccounts(settings)
    yield accounts
    accounts.close()


@pytest.fixture
def identity(settings: Any) -> FirebaseIdentity:
    return FirebaseIdentity(settings)


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex[:12]}@example.com"


def ask(settings: SignInSettings, verb: str, **body: str) -> None:
    """What a browser asks of Firebase Auth."""
    root = f"http://{settings.firebase_auth_emulator_host}/identitytoolkit.googleapis.com/v1/accounts"
    httpx.post(f"{root}:{verb}?key=emulator", json=body, timeout=30).raise_for_status()


def choose(settings: SignInSettings, link: str) -> None:
    """Follow the link and choose a password."""
    (code,) = parse_qs(urlsplit(link).query)["oobCode"]
    ask(settings, "resetPassword", oobCode=code, newPassword=PASSWORD)


def test_somebody_new_chooses_a_password_and_may_do_what_the_file_says(
    settings: SignInSettings, accounts: FirebaseAccounts, identity: FirebaseIdentity, email: str
) -> None:
    uid, link = accounts.admit(email, "Ana", org="corner-bakery", role=Role.ADMIN)
    assert link is not None
    assert re.match(r"https?://", link)
    choose(settings, link)
    person = identity.signed_in(identity.sign_in(email, PASSWORD), current=True)
    assert (person.uid, person.name, person.org, person.role) == (uid, "Ana", "corner-bakery", Role.ADMIN)


def test_admitting_again_changes_the_role_and_leaves_the_password(
    settings: SignInSettings, accounts: FirebaseAccounts, identity: FirebaseIdentity, email: str
) -> None:
    uid, link = accounts.admit(email, "Ana", org="corner-bakery", role=Role.ADMIN)
    choose(settings, str(link))
    assert accounts.admit(email, "Ana", org="corner-bakery", role=Role.SUPERVISOR) == (uid, None)
    assert identity.signed_in(identity.sign_in(email, PASSWORD), current=True).role is Role.SUPERVISOR


def test_who_registered_the_address_before_is_put_out_of_it(
    settings: SignInSettings, accounts: FirebaseAccounts, identity: FirebaseIdentity, email: str
) -> None:
    ask(settings, "signUp", email=email, password="a stranger's")
    _, link = accounts.admit(email, "Ana", org="corner-bakery", role=Role.ADMIN)
    with pytest.raises(WrongCredentials):
        identity.sign_in(email, "a stranger's")
    assert link is not None


def test_an_account_has_one_organisation(accounts: FirebaseAccounts, email: str) -> None:
    accounts.admit(email, "Ana", org="corner-bakery", role=Role.ADMIN)
    with pytest.raises(NotAdmitted, match="belongs to corner-bakery already"):
        accounts.admit(email, "Ana", org="another", role=Role.ADMIN)
