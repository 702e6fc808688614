"""Why a request got no answer, in words."""

import socket
import ssl
from collections.abc import Iterator

import httpx

from cli.checks.check import Fault


def no_answer(error: httpx.HTTPError, *, whom: str, setting: str, remedy: str) -> Fault:
    """`remedy` is what to do where the address is right and nobody is there."""
    chain = list(_causes(error))
    text = " ".join(str(one) for one in chain).lower()
    if isinstance(error, httpx.TimeoutException):
        return Fault(f"{whom} does not answer in time", remedy)
    if any(isinstance(one, socket.gaierror) for one in chain) or "name or service" in text or "name resolution" in text:
        return Fault(
            f"the host of {setting} has no address", f"Correct {setting}, or the name service of this machine."
        )
    if any(isinstance(one, ssl.SSLError) for one in chain) or "ssl" in text:
        return Fault(f"{whom} has no certificate that is trusted here", f"Correct {setting}, or the certificate there.")
    return Fault(f"nobody answers at the address of {setting}", remedy)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, the outermost first."""
    while error is not None:
        yield error
        error = error.__cause__
