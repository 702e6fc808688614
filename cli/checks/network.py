"""Does this machine find anybody at all? Without names, everything beyond it would seem to be down at once."""

import asyncio
import socket
from urllib.parse import urlsplit

from cli.checks.blocking import blocking
from cli.checks.check import Answer, Check, Fault, Fine, Subject, is_address

ADDRESSES = ("LIVEKIT_URL", "FUNCTIONS_URL", "DASHBOARD_URL")
GOOGLE = "firestore.googleapis.com"


async def names(subject: Subject) -> Answer:
    """One host without an address is that setting's fault; all of them together are this machine's."""
    if subject.is_local:
        return Fine("a stack on this machine needs none")
    hosts = sorted(_hosts(subject))
    found = await asyncio.gather(*(_has_address(host) for host in hosts))
    if not any(found):
        return Fault(
            f"no name is found from here ({', '.join(hosts)})",
            "Connect this machine to the network, and see which name servers it asks (/etc/resolv.conf).",
        )
    return Fine(f"{sum(found)} of {len(hosts)} hosts have an address")


async def _has_address(host: str) -> bool:
    try:
        await blocking(lambda: socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM))
    except OSError:
        return False
    return True


def _hosts(subject: Subject) -> set[str]:
    """Google's, and those of the settings that are addresses."""
    given = (subject[name] for name in ADDRESSES if is_address(name, subject.settings.get(name, "")))
    return {GOOGLE, *(host for address in given if (host := urlsplit(address).hostname))}


CHECKS = (Check("network.names", "names of hosts", names),)
