"""Does LiveKit answer, and does it take our key?"""

import aiohttp
import httpx
from livekit.api import ListRoomsRequest, LiveKitAPI, TwirpError

from cli.checks.asking import no_answer
from cli.checks.check import WITHIN_S, Answer, Check, Fault, Fine, Subject


async def answers(subject: Subject) -> Answer:
    address = subject.url("LIVEKIT_URL")
    if address.startswith("ws"):
        address = address.replace("ws", "http", 1)
    try:
        answer = await subject.http.get(address)
    except httpx.HTTPError as error:
        start = "Start the stack (`make demo`)" if subject.is_local else "Start LiveKit there"
        return no_answer(error, whom="LiveKit", setting="LIVEKIT_URL", remedy=f"{start}, or correct LIVEKIT_URL.")
    if answer.status_code >= 500:
        return Fault(f"LiveKit is not well (HTTP {answer.status_code})", "See its log; it may lack redis or a node.")
    return Fine(f"{answer.url.host} answers")


async def key(subject: Subject) -> Answer:
    """Asks for the list of rooms, as whoever administers them."""
    try:
        async with api(subject) as livekit:
            rooms = (await livekit.room.list_rooms(ListRoomsRequest())).rooms
    except TwirpError as error:
        if error.status in (401, 403):
            return Fault(
                "LiveKit refuses LIVEKIT_API_KEY with LIVEKIT_API_SECRET",
                "Set both from the same key of the LiveKit project that LIVEKIT_URL names.",
            )
        return Fault(f"LiveKit does not list its rooms (HTTP {error.status})", "See its log.")
    except aiohttp.ClientError as error:
        return Fault(f"LiveKit breaks off ({type(error).__name__})", "Is LIVEKIT_URL really LiveKit's address?")
    return Fine(f"accepted; {len(rooms)} {'room is' if len(rooms) == 1 else 'rooms are'} open")


def api(subject: Subject) -> LiveKitAPI:
    return LiveKitAPI(
        subject["LIVEKIT_URL"],
        subject["LIVEKIT_API_KEY"],
        subject["LIVEKIT_API_SECRET"],
        timeout=aiohttp.ClientTimeout(total=WITHIN_S),
        failover=False,
    )


KEY = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")

CHECKS = (
    Check("livekit.answers", "address", answers, needs=("network.names",), settings=("LIVEKIT_URL",)),
    Check("livekit.key", "key and secret", key, needs=("livekit.answers", "clock.skew"), settings=KEY),
)
