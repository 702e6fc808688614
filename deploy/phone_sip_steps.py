"""What is changed in LiveKit for a number: our trunk and the rule that goes with it, which end with the last one."""

import json
from typing import Any

from google.protobuf.json_format import MessageToDict
from livekit.api import (
    CreateSIPDispatchRuleRequest,
    CreateSIPInboundTrunkRequest,
    DeleteSIPDispatchRuleRequest,
    DeleteSIPTrunkRequest,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
)

from deploy.phone_sip import (
    SipState,
    ask,
    noted_on,
    read_sip,
    rule_differences,
    trunk_differences,
    wanted_rule,
    wanted_trunk,
)
from deploy.phone_step import CannotGoOn, Step
from holdline.settings import FunctionsSettings, LiveKitSettings

WHERE = "LiveKit"
_NEW_TRUNK = "(the new trunk)"


def bind_steps(settings: FunctionsSettings, state: SipState, number: str) -> list[Step]:
    """Trunk first, because the rule names it. Raises CannotGoOn where another trunk is in the way."""
    return [_trunk_step(settings, state, number), _rule_step(settings, state)]


def unbind_steps(settings: LiveKitSettings, state: SipState, number: str) -> list[Step]:
    """Rule first, because without its trunk nobody would know whose it was."""
    what = f"no trunk takes calls for {number}"
    trunk, left = state.trunk, sorted(set(state.numbers) - {number})
    if trunk is not None and number not in state.numbers:
        return [Step(WHERE, what)]
    if trunk is not None and left:
        return [_note(settings, trunk, left, what=what)]
    steps = []
    if state.rule is not None:
        steps.append(_delete_rule(settings, state.rule))
    if trunk is not None:
        steps.append(_delete_trunk(settings, trunk))
    return steps or [Step(WHERE, what)]


def _trunk_step(settings: FunctionsSettings, state: SipState, number: str) -> Step:
    found = state.trunk
    wanted = wanted_trunk(settings, (*state.numbers, number), found=found)
    what = f"the inbound trunk {wanted.name} takes calls for {number}"
    if found is not None:
        changed = trunk_differences(found, wanted)
        if not changed:
            return Step(WHERE, what)
        call = f"UpdateSIPInboundTrunk {found.sip_trunk_id} {_shown(wanted, changed)}"
        found_id = found.sip_trunk_id
        return Step(
            WHERE, what, call, lambda: ask(settings, lambda api: api.sip.update_inbound_trunk(found_id, wanted))
        )
    if state.rival is not None:
        raise CannotGoOn(
            f"LiveKit's trunk {state.rival.sip_trunk_id} ({state.rival.name or 'without a name'}) takes the calls of "
            f"every number, and there can be one such trunk: delete it, give it its numbers, or name it {wanted.name}."
        )
    create = CreateSIPInboundTrunkRequest(trunk=wanted)
    call = f"CreateSIPInboundTrunk {_shown(wanted)}"
    return Step(WHERE, what, call, lambda: ask(settings, lambda api: api.sip.create_inbound_trunk(create)))


def _rule_step(settings: FunctionsSettings, state: SipState) -> Step:
    trunk_id = state.trunk.sip_trunk_id if state.trunk else _NEW_TRUNK
    wanted = wanted_rule(trunk_id, found=state.rule)
    what = f"the dispatch rule {wanted.name} puts each call into the room that was dialled"
    if state.rule is None:
        return Step(WHERE, what, f"CreateSIPDispatchRule {_shown(wanted)}", lambda: _put_rule(settings))
    changed = rule_differences(state.rule, wanted)
    if not changed:
        return Step(WHERE, what)
    call = f"UpdateSIPDispatchRule {state.rule.sip_dispatch_rule_id} {_shown(wanted, changed)}"
    return Step(WHERE, what, call, lambda: _put_rule(settings))


def _note(settings: LiveKitSettings, trunk: SIPInboundTrunkInfo, numbers: list[str], *, what: str) -> Step:
    """Note other numbers on the trunk, and touch nothing else: LiveKit replaces it whole."""
    noted = SIPInboundTrunkInfo()
    noted.CopyFrom(trunk)
    noted.metadata = noted_on(trunk, numbers)
    call = f"UpdateSIPInboundTrunk {trunk.sip_trunk_id} metadata={noted.metadata}"
    return Step(
        WHERE,
        what,
        call,
        lambda: ask(settings, lambda api: api.sip.update_inbound_trunk(trunk.sip_trunk_id, noted)),
    )


def _put_rule(settings: FunctionsSettings) -> None:
    """Write the rule for the trunk that is there by now."""
    state = read_sip(settings)
    if state.trunk is None:
        raise CannotGoOn("The trunk that was just made is gone: somebody deleted it. Run the command again.")
    found = state.rule
    wanted = wanted_rule(state.trunk.sip_trunk_id, found=found)
    if found is None:
        create = CreateSIPDispatchRuleRequest(dispatch_rule=wanted)
        ask(settings, lambda api: api.sip.create_dispatch_rule(create))
    else:
        ask(settings, lambda api: api.sip.update_dispatch_rule(found.sip_dispatch_rule_id, wanted))


def _delete_rule(settings: LiveKitSettings, rule: SIPDispatchRuleInfo) -> Step:
    request = DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
    return Step(
        WHERE,
        f"the dispatch rule {rule.name} is gone with its last number",
        f"DeleteSIPDispatchRule {rule.sip_dispatch_rule_id}",
        lambda: ask(settings, lambda api: api.sip.delete_dispatch_rule(request)),
    )


def _delete_trunk(settings: LiveKitSettings, trunk: SIPInboundTrunkInfo) -> Step:
    request = DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id)
    return Step(
        WHERE,
        f"the inbound trunk {trunk.name} is gone with its last number",
        f"DeleteSIPTrunk {trunk.sip_trunk_id}",
        lambda: ask(settings, lambda api: api.sip.delete_trunk(request)),
    )


def _shown(message: SIPInboundTrunkInfo | SIPDispatchRuleInfo, only: list[str] | None = None) -> str:
    """What is set, or these fields alone, in LiveKit's own names, on one line and without the password."""
    names = [field.name for field, _ in message.ListFields()] if only is None else only
    whole: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    shown = {name: value for name, value in whole.items() if name in names}
    if "auth_password" in shown:
        shown["auth_password"] = "***"  # noqa: S105 - this is what hides it
    return json.dumps(shown)
