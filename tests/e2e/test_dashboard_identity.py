"""The Firebase adapter of the dashboard's identity port, on the running Auth emulator."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import firebase_admin
import pytest
from firebase_admin import auth

from dashboard.firebase_identity import FirebaseIdentity
from dashboard.identity import SESSION_LASTS, NoAccess, NotSignedIn, WrongCredentials
from holdline.errors import BadSettings
from holdline.people import Role
from tests.unit.dashboard.world import settings_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

PASSWORD = "a password for tests"
SUPERVISOR = {"org": "salon", "role": "supervisor"}


@pytest.fixture
def identity(stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> FirebaseIdentity:
    host = stack["auth_emulator_host"]
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", host)  # so that it is taken back after the test
    return FirebaseIdentity(settings_of(google_cloud_project=stack["project_id"], firebase_auth_emulator_host=host))


@pytest.fixture
def admin(stack: dict[str, Any], identity: FirebaseIdentity) -> Iterator[firebase_admin.App]:
    app = firebase_admin.initialize_app(options={"projectId": stack["project_id"]}, name=uuid4().hex)
    yield app
    firebase_admin.delete_app(app)


@pytest.fixture
def account(admin: firebase_admin.App) -> Iterator[Callable[..., str]]:
    """A new account with these claims: its email."""
    made: list[str] = []

    def one(claims: dict[str, str] | None = SUPERVISOR) -> str:
        email = f"{uuid4().hex[:12]}@example.com"
        user = auth.create_user(email=email, password=PASSWORD, display_name="Ana", app=admin)
        auth.set_custom_user_claims(user.uid, claims, app=admin)
        made.append(user.uid)
        return email

    yield one
    auth.delete_users(made, app=admin)


def test_a_session_says_who_and_where_and_for_how_long(identity: FirebaseIdentity, account: Callable[..., str]) -> None:
    person = identity.signed_in(identity.sign_in(account(), PASSWORD), current=True)
    assert (person.name, person.org, person.role) == ("Ana", "salon", Role.SUPERVISOR)
    assert abs(person.expires_at - datetime.now(UTC) - SESSION_LASTS) < timedelta(minutes=1)


def test_a_wrong_password_and_an_unknown_account_are_the_same(
    identity: FirebaseIdentity, account: Callable[..., str]
) -> None:
    for email in (account(), "nobody@example.com", "not an email"):
        with pytest.raises(WrongCredentials):
            identity.sign_in(email, "not the password")


@pytest.mark.parametrize("claims", [None, {"org": "salon"}, {"org": "salon", "role": "owner"}, {"role": "admin"}])
def test_an_account_without_organisation_and_role_may_not_enter(
    identity: FirebaseIdentity, account: Callable[..., str], claims: dict[str, str] | None
) -> None:
    with pytest.raises(NoAccess):
        identity.sign_in(account(claims), PASSWORD)


def test_signing_out_ends_a_session_that_has_just_begun(
    identity: FirebaseIdentity, account: Callable[..., str]
) -> None:
    cookie = identity.sign_in(account(), PASSWORD)
    identity.sign_out(cookie)
    with pytest.raises(NotSignedIn):
        identity.signed_in(cookie, current=True)


@pytest.mark.parametrize("change", [{"disabled": True}, {"custom_claims": {"org": "other", "role": "supervisor"}}])
def test_what_the_account_is_now_counts_and_not_what_it_was(
    identity: FirebaseIdentity, account: Callable[..., str], admin: firebase_admin.App, change: dict[str, Any]
) -> None:
    cookie = identity.sign_in(account(), PASSWORD)
    auth.update_user(identity.signed_in(cookie, current=True).uid, app=admin, **change)
    with pytest.raises(NotSignedIn):
        identity.signed_in(cookie, current=True)


@pytest.mark.parametrize("cookie", ["", "made up", "a.b.c"])
def test_a_made_up_cookie_is_nobody(identity: FirebaseIdentity, cookie: str) -> None:
    with pytest.raises(NotSignedIn):
        identity.signed_in(cookie, current=False)


def test_a_visitor_gets_a_token_that_lasts_an_hour(identity: FirebaseIdentity) -> None:
    visitor = identity.visitor()
    assert visitor.token
    assert timedelta(minutes=55) < visitor.expires_at - datetime.now(UTC) <= timedelta(hours=1)


def test_unsigned_tokens_are_for_demo_projects_alone() -> None:
    with pytest.raises(BadSettings):
        FirebaseIdentity(
            settings_of(google_cloud_project="holdline-live", firebase_auth_emulator_host="127.0.0.1:9099")
        )
