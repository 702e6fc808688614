"""Firebase Auth as the place where people's accounts and roles are kept."""

import secrets
from typing import Any

import firebase_admin
from firebase_admin import auth
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError

from deploy.organisation import NotAdmitted
from holdline.people import Role
from holdline.settings import SignInSettings

TIMEOUT_S = 15


class FirebaseAccounts:
    def __init__(self, settings: SignInSettings) -> None:
        settings.use_auth_emulator()
        options = {"projectId": settings.google_cloud_project, "httpTimeout": TIMEOUT_S}
        self._app = firebase_admin.initialize_app(options=options, name="deploy")

    def admit(self, email: str, name: str, *, org: str, role: Role) -> tuple[str, str | None]:
        try:
            return self._admit(email, name, {"org": org, "role": role.value})
        except (FirebaseError, GoogleAuthError, ValueError) as error:
            raise NotAdmitted(f"{email} could not be given an account: {error}") from None

    def close(self) -> None:
        firebase_admin.delete_app(self._app)

    def _admit(self, email: str, name: str, claims: dict[str, str]) -> tuple[str, str | None]:
        try:
            account = auth.get_user_by_email(email, self._app)
        except auth.UserNotFoundError:
            account = auth.create_user(email=email, display_name=name, app=self._app)
        has: dict[str, Any] = account.custom_claims or {}
        if has.get("org", claims["org"]) != claims["org"]:
            raise NotAdmitted(f"{email} belongs to {has['org']} already, and an account has one organisation.")
        link = None
        if "org" not in has:
            # Anybody may have registered this address before we did, with a password of their own.
            auth.update_user(account.uid, password=secrets.token_urlsafe(32), app=self._app)
            auth.revoke_refresh_tokens(account.uid, app=self._app)
            link = auth.generate_password_reset_link(email, app=self._app)
        if has != {**has, **claims}:
            auth.set_custom_user_claims(account.uid, {**has, **claims}, app=self._app)
        return str(account.uid), link
