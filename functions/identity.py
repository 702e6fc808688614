"""Who asks: the port to verified identities, and its Firebase adapter."""

from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from holdline.errors import HoldlineError
from holdline.people import Role, org_and_role
from holdline.settings import FunctionsSettings

TIMEOUT_S = 3.0


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
        """From verified claims."""
        org, role = org_and_role(claims["uid"], claims) or (None, None)
        return cls(uid=claims["uid"], org=org, role=role)


class Identity(Protocol):
    def verify(self, token: str) -> Visitor:
        """Who holds this token; raises NotSignedIn, IdentityUnavailable."""
        ...


class FirebaseIdentity:
    """Firebase ID tokens. firebase_admin is slow to import, and only a request with a token needs it."""

    def __init__(self, settings: FunctionsSettings) -> None:
        self._project = settings.google_cloud_project
        self._lock = Lock()
        settings.use_auth_emulator()

    def verify(self, token: str) -> Visitor:
        from firebase_admin import auth, exceptions
        from google.auth.exceptions import GoogleAuthError

        try:
            # Revoked is asked each time: what a token opens, a call's sound among it, is not to be had an hour longer.
            claims = auth.verify_id_token(token, app=self._app(), check_revoked=True, clock_skew_seconds=5)
        except (auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError, ValueError) as error:
            raise NotSignedIn(f"The token is refused ({type(error).__name__}).") from None
        except (AttributeError, TypeError):  # a token whose parts are JSON, and not of the shape the library expects
            raise NotSignedIn("The token is malformed.") from None
        except (exceptions.FirebaseError, GoogleAuthError) as error:
            raise IdentityUnavailable(f"The token could not be checked ({type(error).__name__}).") from error
        return Visitor.of(claims)

    def _app(self) -> Any:
        import firebase_admin

        with self._lock:
            try:
                return firebase_admin.get_app(self._project)
            except ValueError:
                options = {"projectId": self._project, "httpTimeout": TIMEOUT_S}
                return firebase_admin.initialize_app(options=options, name=self._project)
