"""Who is signed in: the port to the identity provider. The adapter is `dashboard.firebase_identity`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from holdline.errors import HoldlineError
from holdline.people import PersonRef, Role

SESSION_LASTS = timedelta(hours=12)
"""A long shift; after it one signs in again."""


class WrongCredentials(HoldlineError):
    """No such account, or not its password: nobody is told which."""

    def __init__(self) -> None:
        super().__init__("Email or password is not right.")


class NoAccess(HoldlineError):
    """A known account that belongs to no organisation, or has no role there."""

    def __init__(self) -> None:
        super().__init__("This account may not use the dashboard. Ask your admin to give it a role.")


class TooManyTries(HoldlineError):
    """The door is closed for a while."""

    def __init__(self) -> None:
        super().__init__("Too many tries. Wait a minute, then try again.")


class NotSignedIn(HoldlineError):
    """No session, or one that is over, revoked or no longer true."""

    def __init__(self) -> None:
        super().__init__("Please sign in.")


class IdentityUnavailable(HoldlineError):
    """The identity provider does not answer."""

    def __init__(self) -> None:
        super().__init__("Signing in does not work right now. Try again in a moment.")


@dataclass(frozen=True)
class SignedIn:
    """What a session proves."""

    uid: str
    name: str
    org: str
    role: Role
    expires_at: datetime

    @property
    def ref(self) -> PersonRef:
        return PersonRef(uid=self.uid, name=self.name)


@dataclass(frozen=True)
class VisitorToken:
    """An ID token for a visitor without an account."""

    token: str
    expires_at: datetime


class Identity(Protocol):
    """Every method may also raise IdentityUnavailable."""

    def sign_in(self, email: str, password: str) -> str:
        """A session cookie that lasts SESSION_LASTS; raises WrongCredentials, NoAccess, TooManyTries."""
        ...

    def signed_in(self, cookie: str, *, current: bool) -> SignedIn:
        """Who the cookie stands for; raises NotSignedIn.

        With `current`, the provider is asked whether the session was revoked or the account changed since.
        """
        ...

    def sign_out(self, cookie: str) -> None:
        """End this session and every other of its account, on every device."""
        ...

    def visitor(self) -> VisitorToken:
        """A new anonymous account."""
        ...
