"""What LiveKit is to hold for our numbers, from the files in its own names."""

import json

import pytest
from livekit.api import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from deploy.phone_sip import SipState, numbers_of, trunk_differences, wanted_rule, wanted_trunk
from deploy.phone_sip_steps import bind_steps
from tests.deploy_settings import SIP_PASSWORD, deploy_settings

LINE = "+15555550100"


def test_the_trunk_answers_to_any_name_and_to_nobody_without_the_password() -> None:
    trunk = wanted_trunk(deploy_settings(), [LINE])
    assert list(trunk.numbers) == [], "Twilio dials a room: a trunk with numbers would answer none of these calls"
    assert trunk.auth_username == "holdline"
    assert trunk.auth_password == SIP_PASSWORD


def test_the_rule_takes_the_room_from_the_address_for_our_trunk_alone() -> None:
    rule = wanted_rule("ST_1")
    assert rule.rule.WhichOneof("rule") == "dispatch_rule_callee"
    callee = rule.rule.dispatch_rule_callee
    assert (callee.room_prefix, callee.randomize, callee.pin) == ("", False, "")
    assert list(rule.trunk_ids) == ["ST_1"], "a rule for any trunk would let in who has no password"
    assert not rule.hide_phone_number, "the caller's identity is made from the number"


def test_a_rule_of_an_earlier_trunk_is_turned_to_the_present_one() -> None:
    found = wanted_rule("ST_1")
    found.metadata = "theirs"
    turned = wanted_rule("ST_2", found=found)
    assert (list(turned.trunk_ids), turned.metadata) == (["ST_2"], "theirs")


def test_the_numbers_are_noted_once_each_beside_what_others_noted() -> None:
    found = SIPInboundTrunkInfo(metadata='{"owner": "ops", "numbers": ["+15555550101"]}')
    trunk = wanted_trunk(deploy_settings(), [*numbers_of(found), LINE, LINE], found=found)
    assert json.loads(trunk.metadata) == {"owner": "ops", "numbers": [LINE, "+15555550101"]}


@pytest.mark.parametrize("metadata", ["", "words", "[]", '{"numbers": "all"}'])
def test_metadata_that_is_not_ours_notes_no_number(metadata: str) -> None:
    assert numbers_of(SIPInboundTrunkInfo(metadata=metadata)) == ()


def test_a_password_that_livekit_does_not_show_counts_as_right() -> None:
    wanted = wanted_trunk(deploy_settings(), [LINE])
    shown = SIPInboundTrunkInfo()
    shown.CopyFrom(wanted)
    shown.auth_password = ""
    assert trunk_differences(shown, wanted) == []
    shown.auth_password = "another"
    assert trunk_differences(shown, wanted) == ["auth_password"]


def test_a_trunk_with_numbers_of_its_own_is_no_rival() -> None:
    theirs = SIPInboundTrunkInfo(sip_trunk_id="ST_1", name="theirs", numbers=["+15555550177"])
    everybodys = SIPDispatchRuleInfo(name="theirs")
    trunk, rule = bind_steps(deploy_settings(), SipState((theirs,), (everybodys,)), LINE)
    assert not trunk.is_done
    assert not rule.is_done


def test_the_call_that_makes_the_rule_shows_what_it_says_of_rooms() -> None:
    _, rule = bind_steps(deploy_settings(), SipState((), ()), LINE)
    assert rule.call is not None
    shown = json.loads(rule.call.removeprefix("CreateSIPDispatchRule "))
    assert shown["rule"] == {"dispatch_rule_callee": {"room_prefix": "", "pin": "", "randomize": False}}


def test_no_call_that_is_shown_holds_the_password() -> None:
    for found in ((), (SIPInboundTrunkInfo(sip_trunk_id="ST_1", name="holdline", auth_password="yesterdays"),)):
        calls = [step.call for step in bind_steps(deploy_settings(), SipState(found, ()), LINE)]
        assert calls
        assert not any("yesterdays" in str(call) or SIP_PASSWORD in str(call) for call in calls)
