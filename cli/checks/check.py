"""What a check is: one question about what runs, what it needs to be asked, and the three answers there are."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from holdline.store import Database

if TYPE_CHECKING:
    from agent.pipelines.trial import Trial

    AskProviders = Callable[[], Coroutine[Any, Any, list[Trial]]]

WITHIN_S = 5.0
"""The longest that one check may take."""

SCHEMES = {"LIVEKIT_URL": ("ws", "wss", "http", "https")}
"""Those of other addresses are http and https."""


def is_address(name: str, value: str) -> bool:
    """Whether the value of this setting can be asked at all."""
    try:
        address = urlsplit(value)
        return address.scheme in SCHEMES.get(name, ("http", "https")) and bool(address.hostname)
    except ValueError:
        return False


@dataclass(frozen=True)
class Subject:
    """What is examined: the settings that are given, as they stand, and how the world is reached from here."""

    settings: Mapping[str, str]
    http: httpx.AsyncClient
    database: Callable[[], Database]
    """Connects when it is first called, which blocks; raises NoCredentials."""
    now: Callable[[], datetime]
    worker_url: str | None = None
    """Where the worker serves its readiness; None looks on this machine."""
    try_providers: "AskProviders | None" = None
    """Sends each provider of the pipeline a tiny request; None leaves them alone."""

    @property
    def is_local(self) -> bool:
        """Whether documents are kept in the emulator: then there is no phone, and nothing is deployed."""
        return "FIRESTORE_EMULATOR_HOST" in self.settings

    def __getitem__(self, name: str) -> str:
        return self.settings[name]

    def url(self, name: str, path: str = "") -> str:
        """The address that a setting names, without a slash at its end, and `path` after it."""
        return f"{self.settings[name].rstrip('/')}{path}"


@dataclass(frozen=True)
class Fine:
    said: str


@dataclass(frozen=True)
class Fault:
    """`said` is what is wrong, `remedy` how to mend it: a sentence each."""

    said: str
    remedy: str


@dataclass(frozen=True)
class NotChecked:
    why: str


Answer = Fine | Fault | NotChecked


@dataclass(frozen=True)
class Check:
    """`needs` are the ids of checks that must be fine before this one tells anything: the cause is told, not its echo.

    `settings` are the names without which it cannot be asked, `otherwise` what to do where it takes too long.
    """

    id: str
    title: str
    ask: Callable[[Subject], Awaitable[Answer]] = field(repr=False)
    needs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    otherwise: str = "See what keeps it: its log, or the network between here and there."
    within_s: float = WITHIN_S

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Result:
    check: Check
    answer: Answer
