"""LiveKit's side of our numbers: what its SIP service is to hold, and what it holds. How to change it lies elsewhere.

Twilio dials a room by its name, so the number that a call is for never reaches LiveKit: one trunk without numbers,
guarded by user and password, and one rule that reads the room from the address serve every number of ours. Which
those are is kept in the trunk's metadata, so that the last one to go can take trunk and rule along.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from google.protobuf.json_format import ParseDict
from livekit.api import (
    CreateSIPDispatchRuleRequest,
    CreateSIPInboundTrunkRequest,
    ListSIPDispatchRuleRequest,
    ListSIPInboundTrunkRequest,
    LiveKitAPI,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
    TwirpError,
)

from deploy.phone_step import CannotGoOn
from holdline.settings import FunctionsSettings, LiveKitSettings

T = TypeVar("T")

TIMEOUT_S = 15.0
_FILES = Path(__file__).parent / "sip"
_OUR_NUMBERS = "numbers"


@dataclass(frozen=True)
class SipState:
    """Every inbound trunk and dispatch rule of the LiveKit project, ours among them."""

    trunks: tuple[SIPInboundTrunkInfo, ...]
    rules: tuple[SIPDispatchRuleInfo, ...]

    @property
    def trunk(self) -> SIPInboundTrunkInfo | None:
        """Ours, known by its name."""
        return next((trunk for trunk in self.trunks if trunk.name == _trunk_file()["name"]), None)

    @property
    def rule(self) -> SIPDispatchRuleInfo | None:
        """Ours, known by its name."""
        return next((rule for rule in self.rules if rule.name == _rule_file()["name"]), None)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers that were bound to our trunk."""
        return numbers_of(self.trunk) if self.trunk else ()

    @property
    def rival(self) -> SIPInboundTrunkInfo | None:
        """Another trunk that answers for every number; LiveKit allows a project one, so ours has no place beside it."""
        every = (trunk for trunk in self.trunks if not trunk.numbers and not trunk.allowed_numbers)
        return next((trunk for trunk in every if trunk.name != _trunk_file()["name"]), None)


def read_sip(settings: LiveKitSettings) -> SipState:
    """What LiveKit's SIP service holds now. Blocking; raises CannotGoOn."""

    async def read(api: LiveKitAPI) -> SipState:
        trunks = await api.sip.list_inbound_trunk(ListSIPInboundTrunkRequest())
        rules = await api.sip.list_dispatch_rule(ListSIPDispatchRuleRequest())
        return SipState(tuple(trunks.items), tuple(rules.items))

    return ask(settings, read)


def numbers_of(trunk: SIPInboundTrunkInfo) -> tuple[str, ...]:
    """The numbers noted on a trunk of ours; none where somebody else wrote its metadata."""
    noted = _metadata(trunk).get(_OUR_NUMBERS)
    return tuple(str(number) for number in noted) if isinstance(noted, list) else ()


def noted_on(trunk: SIPInboundTrunkInfo, numbers: Iterable[str]) -> str:
    """The trunk's metadata with these numbers noted as bound to it."""
    return json.dumps({**_metadata(trunk), _OUR_NUMBERS: sorted(set(numbers))})


def wanted_trunk(
    settings: FunctionsSettings, numbers: Iterable[str], *, found: SIPInboundTrunkInfo | None = None
) -> SIPInboundTrunkInfo:
    """Our trunk as it is to be; what the file does not name stays as it was found."""
    trunk = SIPInboundTrunkInfo()
    if found is not None:
        trunk.CopyFrom(found)
    given = _trunk_file()
    for name in given:
        trunk.ClearField(name)
    trunk.MergeFrom(ParseDict({"trunk": given}, CreateSIPInboundTrunkRequest()).trunk)
    trunk.auth_username = settings.sip_username
    trunk.auth_password = settings.sip_password.get_secret_value()
    trunk.metadata = noted_on(trunk, numbers)
    return trunk


def wanted_rule(trunk_id: str, *, found: SIPDispatchRuleInfo | None = None) -> SIPDispatchRuleInfo:
    """Our rule as it is to be, for calls of our trunk alone; what the file does not name stays as it was found."""
    rule = SIPDispatchRuleInfo()
    if found is not None:
        rule.CopyFrom(found)
    given = _rule_file()
    for name in (*given, "trunk_ids"):
        rule.ClearField(name)
    rule.MergeFrom(ParseDict({"dispatch_rule": given}, CreateSIPDispatchRuleRequest()).dispatch_rule)
    rule.trunk_ids.append(trunk_id)
    return rule


def trunk_differences(found: SIPInboundTrunkInfo, wanted: SIPInboundTrunkInfo) -> list[str]:
    """The names of the fields that are not as they should be. A password that LiveKit does not show counts as right."""
    names = _differences(found, wanted)
    return [name for name in names if not (name == "auth_password" and found.auth_password == "")]


def rule_differences(found: SIPDispatchRuleInfo, wanted: SIPDispatchRuleInfo) -> list[str]:
    """The names of the fields that are not as they should be."""
    return _differences(found, wanted)


def ask(settings: LiveKitSettings, question: Callable[[LiveKitAPI], Awaitable[T]]) -> T:
    """Ask LiveKit something, within a bound. Blocking; raises CannotGoOn in words that say how to mend it."""

    async def within_bound() -> T:
        async with LiveKitAPI(
            settings.livekit_url,
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            failover=False,
        ) as api:
            return await question(api)

    try:
        return asyncio.run(within_bound())
    except TwirpError as error:
        raise CannotGoOn(_meaning(error)) from error
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise CannotGoOn(
            f"LiveKit does not answer at {settings.livekit_url} ({type(error).__name__}): check LIVEKIT_URL."
        ) from error


def _meaning(error: TwirpError) -> str:
    # Not by its code: what refuses a key speaks plain HTTP.
    if error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return "LiveKit refuses the key: check LIVEKIT_API_KEY and LIVEKIT_API_SECRET."
    if "redis" in error.message:
        return "This LiveKit server has no SIP service: give it a redis, and run livekit-sip beside it on the same one."
    return f"LiveKit refuses: {error.message or error.code}"


def _differences(found: Any, wanted: Any) -> list[str]:
    return [
        field.name for field in wanted.DESCRIPTOR.fields if getattr(found, field.name) != getattr(wanted, field.name)
    ]


def _metadata(trunk: SIPInboundTrunkInfo) -> dict[str, Any]:
    try:
        metadata = json.loads(trunk.metadata)
    except ValueError:
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _trunk_file() -> dict[str, Any]:
    given: dict[str, Any] = json.loads((_FILES / "inbound_trunk.json").read_text())["trunk"]
    return given


def _rule_file() -> dict[str, Any]:
    given: dict[str, Any] = json.loads((_FILES / "dispatch_rule.json").read_text())["dispatch_rule"]
    return given
