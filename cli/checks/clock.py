"""Does this machine know the time? Tokens are good for a while from now: a wrong clock has them refused everywhere."""

import asyncio
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject

LARGEST_SKEW = timedelta(seconds=30)
GOOGLE = "https://firestore.googleapis.com/"


async def clock(subject: Subject) -> Answer:
    """Compared with the Date of everybody who answers: LiveKit's own may be the one that is wrong."""
    told = await asyncio.gather(*(_time_at(address, subject) for address in _addresses(subject)))
    skews = {where: abs(here - there) for where, there, here in filter(None, told)}
    if not skews:
        return NotChecked("nobody who would tell the time answers")
    where, skew = max(skews.items(), key=lambda one: one[1])
    if skew > LARGEST_SKEW:
        return Fault(
            f"this machine's clock and {where}'s are {skew.total_seconds():.0f} s apart",
            "Let both keep their time by NTP (`timedatectl set-ntp true`), this one first.",
        )
    return Fine(f"right within {LARGEST_SKEW.seconds} s, by {', '.join(skews)}")


async def _time_at(address: str, subject: Subject) -> tuple[str, datetime, datetime] | None:
    """Who says it, what time it is there, and what time it is here."""
    try:
        answer = await subject.http.get(address)
        there = parsedate_to_datetime(answer.headers["Date"])
    except (httpx.HTTPError, httpx.InvalidURL, KeyError, ValueError):
        return None
    return answer.url.host, there, subject.now()


def _addresses(subject: Subject) -> list[str]:
    named = [
        subject.url(name) for name in ("LIVEKIT_URL", "FUNCTIONS_URL", "DASHBOARD_URL") if name in subject.settings
    ]
    http = [address.replace("ws", "http", 1) if address.startswith("ws") else address for address in named]
    return http if subject.is_local else [*http, GOOGLE]


CHECKS = (Check("clock.skew", "this machine's clock", clock, needs=("network.names",)),)
