"""Running gcloud commands one after the other, or only printing them; what they do is decided elsewhere."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import SecretStr

from holdline.errors import HoldlineError


class NotDeployed(HoldlineError):
    """What keeps us from going on, and how to mend it. What was done before it stays, and is met as done."""


@dataclass(frozen=True)
class Check:
    """Asks whether something is so: the command succeeds and, where that is given, prints exactly this."""

    argv: tuple[str, ...]
    prints: SecretStr | None = None


@dataclass(frozen=True)
class Command:
    argv: tuple[str, ...]
    stdin: SecretStr | None = None
    unless: Check | None = None
    """What makes the command needless."""
    instead: tuple[str, ...] | None = None
    """Run where it is needless."""

    def __str__(self) -> str:
        """As one types it; a secret stands for itself, behind the pipe."""
        return ("(the secret) | " if self.stdin else "") + shlex.join(self.argv)


def run(commands: Iterable[Command], tell: Callable[[str], object]) -> None:
    """Run them in their order, telling each; raises NotDeployed at the first that fails."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise NotDeployed(
            "gcloud is not on PATH. Install the Google Cloud CLI (https://cloud.google.com/sdk/docs/install), sign in "
            "with `gcloud auth login`, and run this again; with --dry-run the commands are only printed."
        )
    for command in commands:
        argv = command.argv
        if command.unless is not None and _is_so(gcloud, command.unless):
            if command.instead is None:
                continue
            argv = command.instead
        tell(shlex.join(argv))
        _run(gcloud, argv, stdin=command.stdin)


def _run(gcloud: str, argv: tuple[str, ...], *, stdin: SecretStr | None) -> None:
    given = stdin.get_secret_value().encode() if stdin else None
    done = subprocess.run([gcloud, *argv[1:]], input=given, check=False)  # noqa: S603 - printed before it is run
    if done.returncode != 0:
        raise NotDeployed(
            f"That command failed (exit code {done.returncode}); gcloud says why above. What came before it is done "
            f"and stays. Mend this, and run the same command again; what was made a moment ago may take Google a few "
            f"minutes to know."
        )


def _is_so(gcloud: str, check: Check) -> bool:
    done = subprocess.run([gcloud, *check.argv[1:]], capture_output=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S603
    if done.returncode != 0:
        return False
    return check.prints is None or done.stdout == check.prints.get_secret_value().encode()
