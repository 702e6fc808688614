"""Firebase Auth behind the identity port: passwords over REST, session cookies through the Admin SDK."""

import secrets
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import firebase_admin
import httpx
from firebase_admin import auth
from firebase_admin.exceptions import FirebaseError
from google.auth.exceptions import GoogleAuthError

from dashboard.identity import (
    SESSION_LASTS,
    IdentityUnavailable,
    NoAccess,
    NotSignedIn,
    SignedIn,
    TooManyTries,
    VisitorToken,
    WrongCredentials,
)
from holdline.people import Role, org_and_role
from holdline.settings import DashboardSettings

TIMEOUT_S = 5
SIGNED_OUT_KEPT = 1000
_AWAY = (FirebaseError, GoogleAuthError)
"""Firebase does not answer, or Google does not give us the credentials to ask it."""


class FirebaseIdentity:
    def __init__(self, settings: DashboardSettings) -> None:
        emulator = settings.use_auth_emulator()
        root = f"http://{emulator}" if emulator else "https:/"
        self._accounts = f"{root}/identitytoolkit.googleapis.com/v1/accounts"
        # In a header and not in the address, which ends up in logs.
        self._headers = {"X-Goog-Api-Key": settings.firebase_web_api_key.get_secret_value()}
        # Revocation counts in whole seconds: a session that began and ended within one would live on.
        self._signed_out: deque[str] = deque(maxlen=SIGNED_OUT_KEPT)
        self._app = firebase_admin.initialize_app(
            options={"projectId": settings.google_cloud_project, "httpTimeout": TIMEOUT_S},
            name=f"dashboard-{secrets.token_hex(4)}",
        )

    def sign_in(self, email: str, password: str) -> str:
        reply = self._post("signInWithPassword", {"email": email, "password": password, "returnSecureToken": True})
        try:
            claims = auth.verify_id_token(reply["idToken"], self._app, clock_skew_seconds=10)
            _standing_of(claims["uid"], claims)
            return str(auth.create_session_cookie(reply["idToken"], SESSION_LASTS, self._app))
        except (*_AWAY, ValueError) as error:
            raise IdentityUnavailable from error

    def signed_in(self, cookie: str, *, current: bool) -> SignedIn:
        try:
            if cookie in self._signed_out:
                raise NotSignedIn
            claims = auth.verify_session_cookie(cookie, app=self._app, clock_skew_seconds=10)
            if current:
                self._check_account(claims)
            org, role = _standing_of(claims["uid"], claims)
        except (auth.InvalidSessionCookieError, auth.UserNotFoundError, NoAccess, ValueError) as error:
            raise NotSignedIn from error
        except (AttributeError, TypeError):  # a cookie whose parts are JSON, and not of the shape the library expects
            raise NotSignedIn from None
        except _AWAY as error:
            raise IdentityUnavailable from error
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        if expires_at <= datetime.now(UTC):  # the SDK leaves this out when it talks to the emulator
            raise NotSignedIn
        name = claims.get("name") or str(claims.get("email", "")).partition("@")[0] or "Supervisor"
        return SignedIn(uid=claims["uid"], name=name, org=org, role=role, expires_at=expires_at)

    def sign_out(self, cookie: str) -> None:
        try:
            uid = self.signed_in(cookie, current=False).uid
            self._signed_out.append(cookie)
            auth.revoke_refresh_tokens(uid, self._app)
        except (NotSignedIn, auth.UserNotFoundError):
            return  # the session, or the account with all its sessions, is gone already
        except _AWAY as error:
            raise IdentityUnavailable from error

    def visitor(self) -> VisitorToken:
        asked_at = datetime.now(UTC)
        reply = self._post("signUp", {"returnSecureToken": True})
        return VisitorToken(reply["idToken"], asked_at + timedelta(seconds=int(reply["expiresIn"])))

    def _check_account(self, claims: dict[str, Any]) -> None:
        """Claims freeze when a cookie is made; what the account says now is what counts."""
        account = auth.get_user(claims["uid"], self._app)
        revoked = claims["iat"] * 1000 < account.tokens_valid_after_timestamp
        standing = org_and_role(account.uid, account.custom_claims or {})
        if account.disabled or revoked or standing != org_and_role(claims["uid"], claims):
            raise NotSignedIn

    def _post(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = httpx.post(f"{self._accounts}:{method}", headers=self._headers, json=body, timeout=TIMEOUT_S)
            reply: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise IdentityUnavailable from error
        if response.is_success:
            return reply
        code = str(reply.get("error", {}).get("message", ""))
        if code.startswith("TOO_MANY_ATTEMPTS"):
            raise TooManyTries
        if response.status_code == httpx.codes.BAD_REQUEST and not code.startswith("API key"):
            raise WrongCredentials
        raise IdentityUnavailable


def _standing_of(uid: str, claims: dict[str, Any]) -> tuple[str, Role]:
    standing = org_and_role(uid, claims)
    if standing is None:
        raise NoAccess
    return standing
