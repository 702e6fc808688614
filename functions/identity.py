"""Who asks: the port to verified identities, and its Firebase adapter."""

import os
from dataclasses import dataclass
from typing import Any, Protocol

from holdline.errors import BadSettings, HoldlineError
from holdline.people import Role
from holdline.records import checked_id
from holdline.settings import FunctionsSettings


class NotSignedIn(HoldlineError):
    """No token, or one that is not worth anything (any more)."""


class IdentityUnavailable(HoldlineError):
    """The token could not be checked."""


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in. A person with a role has an organisation; an anonymous visitor has neither."""

    uid: str
    org: str | None = None
    role: Role | None = None

    @classmethod
    def of(cls, claims: dict[str, Any]) -> "Visitor":
        """From verified claims. Half a role, or one that we do not know, is no role."""
        try:
            return cls(uid=checked_id(claims["uid"]), org=checked_id(claims["org"]), role=Role(claims["role"]))
        except (KeyError, ValueError, TypeError):
            return cls(uid=claims["uid"])


class Identity(Protocol):
    def verify(self, token: str) -> Visitor:
        """Who holds this token; raises NotSignedIn, IdentityUnavailable."""
        ...


class FirebaseIdentity:
    """Firebase ID tokens. firebase_admin is slow to import, and only a request with a token needs it."""

    def __init__(self, settings: FunctionsSettings) -> None:
        self._project = settings.google_cloud_project
        emulator = settings.firebase_auth_emulator_host
        if emulator is None:
            return
        if not self._project.startswith("demo-"):  # the emulator's tokens are not signed: anybody could be anybody
            raise BadSettings(missing=[], malformed={"FIREBASE_AUTH_EMULATOR_HOST": "needs a project named demo-..."})
        os.environ["FIREBASE_AUTH_EMULATOR_HOST"] = emulator  # the only way to tell firebase_admin

    def verify(self, token: str) -> Visitor:
        import firebase_admin
        from firebase_admin import auth, exceptions

        try:
            app = firebase_admin.get_app("holdline")
        except ValueError:
            app = firebase_admin.initialize_app(options={"projectId": self._project}, name="holdline")
        try:
            return Visitor.of(auth.verify_id_token(token, app=app, check_revoked=True))
        except (auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError, ValueError) as error:
            raise NotSignedIn(f"The token is refused ({type(error).__name__}).") from None
        except exceptions.FirebaseError as error:
            raise IdentityUnavailable(f"The token could not be checked ({type(error).__name__}).") from error
