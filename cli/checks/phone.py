"""Does a call on the telephone network find its way: LiveKit's trunk and rule, and Twilio's addresses?"""

import re

from cli.checks.blocking import blocking
from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject
from deploy.phone_sip import SipState, read_sip, rule_differences, trunk_differences, wanted_rule, wanted_trunk
from deploy.phone_step import CannotGoOn
from deploy.phone_urls import TwilioNumber, owned_numbers
from holdline.people import PhoneNumber
from holdline.redaction import masked
from holdline.settings import DeploySettings, FunctionsSettings, LiveKitSettings, load
from holdline.store import Query

_MENDED = re.compile(r"(.+?): ((?:check|give|delete|set|run|correct) .+)", re.DOTALL)
BIND = "Run `holdline number bind` for it again: it mends what differs."


async def trunk(subject: Subject) -> Answer:
    state = await _sip(subject)
    if not isinstance(state, SipState):
        return state
    if state.trunk is None:
        beside = f"; trunk {state.rival.name or state.rival.sip_trunk_id} takes every number" if state.rival else ""
        return Fault(f"LiveKit has no inbound trunk of ours{beside}", "Run `holdline number bind`: it makes one.")
    wanted = wanted_trunk(load(FunctionsSettings), state.numbers, found=state.trunk)
    if differing := trunk_differences(state.trunk, wanted):
        return Fault(f"our trunk differs in {', '.join(differing)}", BIND)
    return Fine(f"{state.trunk.sip_trunk_id} is as it should be")


async def rule(subject: Subject) -> Answer:
    state = await _sip(subject)
    if not isinstance(state, SipState) or state.trunk is None:
        return state if not isinstance(state, SipState) else NotChecked("there is no trunk")
    if state.rule is None:
        return Fault("LiveKit has no dispatch rule of ours", "Run `holdline number bind`: it makes one.")
    if differing := rule_differences(state.rule, wanted_rule(state.trunk.sip_trunk_id, found=state.rule)):
        return Fault(f"our dispatch rule differs in {', '.join(differing)}", BIND)
    return Fine(f"{state.rule.sip_dispatch_rule_id} is as it should be")


async def twilio(subject: Subject) -> Answer:
    """What each bound number calls, compared with what it should."""
    settings = load(DeploySettings)
    platform = subject.database().platform
    try:
        bound = (await blocking(lambda: platform.find(Query(PhoneNumber)))).records
        owned = {one.number: one for one in await blocking(lambda: owned_numbers(settings))}
    except CannotGoOn as obstacle:
        return _in_words(obstacle)
    if not owned and subject.is_local:
        return NotChecked("the double that stands in for Twilio has no numbers")
    wrong = [
        f"{masked(line.id)} {problem}" for line in bound if (problem := _wrong_with(line, owned.get(line.id), settings))
    ]
    if wrong:
        return Fault("; ".join(wrong), BIND)
    ours = sum(line.id in owned for line in bound)
    return Fine(f"{ours} of {len(bound)} bound numbers are Twilio's, and call our functions")


def _wrong_with(line: PhoneNumber, number: TwilioNumber | None, settings: DeploySettings) -> str | None:
    if number is None:
        return None if line.web_calls else "is not a number of this Twilio account"
    if number.diverted_to is not None:
        return f"is diverted to {number.diverted_to}, whatever its addresses say"
    if not number.is_voice:
        return "takes no voice calls"
    differing = number.differences(settings)
    return f"differs in {', '.join(differing)}" if differing else None


async def _sip(subject: Subject) -> SipState | Answer:
    try:
        return await blocking(lambda: read_sip(load(LiveKitSettings)))
    except CannotGoOn as obstacle:
        answer = _in_words(obstacle)
        is_without_phone = subject.is_local and "no SIP service" in answer.said
        return NotChecked("this LiveKit has no SIP service") if is_without_phone else answer


def _in_words(obstacle: CannotGoOn) -> Fault:
    """Its text ends with how to mend it, where that is known."""
    told = _MENDED.fullmatch(str(obstacle))
    if told is None:
        return Fault(str(obstacle).rstrip("."), "See what the console of the provider says.")
    return Fault(told[1], f"{told[2][:1].upper()}{told[2][1:]}")


CHECKS = (
    Check("phone.trunk", "LiveKit's inbound trunk", trunk, needs=("livekit.key", "settings.functions")),
    Check("phone.rule", "LiveKit's dispatch rule", rule, needs=("phone.trunk",)),
    Check(
        "phone.twilio",
        "Twilio's numbers",
        twilio,
        # The last of them tells of a wrong token.
        needs=("firestore.reads", "settings.functions", "settings.number", "functions.twilio_voice"),
        settings=("TWILIO_ACCOUNT_SID",),
    ),
)
