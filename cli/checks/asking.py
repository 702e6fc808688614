"""Why a request got no answer, in words."""

import ssl

import httpx

from cli.checks.check import Fault


def no_answer(error: httpx.HTTPError, *, whom: str, setting: str, remedy: str) -> Fault:
    """`remedy` is what to do where the address is right and nobody is there."""
    cause = error.__cause__ or error
    text = f"{error} {cause}".lower()
    if isinstance(error, httpx.TimeoutException):
        return Fault(f"{whom} does not answer in time", remedy)
    if any(sign in text for sign in ("name or service", "nodename", "name resolution", "no address associated")):
        return Fault(
            f"the host of {setting} has no address", f"Correct {setting}, or the name service of this machine."
        )
    if isinstance(cause, ssl.SSLError) or "certificate" in text or "ssl" in text:
        return Fault(f"{whom} has no certificate that is trusted here", f"Correct {setting}, or the certificate there.")
    return Fault(f"nobody answers at the address of {setting}", remedy)
