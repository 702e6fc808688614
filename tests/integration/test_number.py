"""`holdline number` with LiveKit's SIP API, Firestore's emulator and a double of Twilio's: what it makes, it undoes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from google.protobuf.json_format import MessageToDict
from livekit.api import (
    CreateSIPInboundTrunkRequest,
    DeleteSIPDispatchRuleRequest,
    DeleteSIPTrunkRequest,
    LiveKitAPI,
    SIPInboundTrunkInfo,
)

from cli.main import main
from deploy.phone_sip import ask, read_sip
from holdline.firestore import connect
from holdline.people import PhoneNumber
from holdline.settings import DeploySettings, FirestoreSettings, LiveKitSettings
from holdline.store import Create, Database, Put, Query
from tests.builders import a_voice_agent, an_organisation
from tests.deploy_settings import FUNCTIONS, SIP_PASSWORD, deploy_settings
from tests.emulator import free_port
from tests.livekit_server import running_livekit
from tests.redis_server import running_redis
from tests.twilio_api import TOKEN, TwilioApi, running_twilio_api

LINE = "+15555550100"
SECOND = "+15555550101"
BIND = ("bind", LINE, "--org", "salon", "--agent", "reception")


@dataclass
class Place:
    """The three that a number is made in, and the command."""

    settings: DeploySettings
    database: Database
    twilio: TwilioApi

    def run(self, *arguments: str) -> Result:
        result = CliRunner().invoke(main, ["number", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        for secret in (SIP_PASSWORD, TOKEN, self.settings.livekit_api_secret.get_secret_value()):
            assert secret not in result.output
        return result

    def done(self, *arguments: str) -> list[str]:
        """The lines of a command that must succeed."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output.splitlines()

    def refused(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 1, result.output
        return " ".join(result.output.split())

    def state(self) -> dict[str, Any]:
        """Everything that the three hold; what LiveKit writes by itself is left out."""
        sip = read_sip(self.settings)
        return {
            "bindings": [number.document() for number in self.database.platform.find(Query(PhoneNumber)).records],
            "trunks": [_plain(trunk) for trunk in sip.trunks],
            "rules": [_plain(rule) for rule in sip.rules],
            "numbers": {one["phone_number"]: dict(one) for one in self.twilio.numbers.values()},
        }


def _plain(message: Any) -> dict[str, Any]:
    plain: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return {name: value for name, value in plain.items() if not name.endswith("_at")}


@pytest.fixture(scope="module")
def livekit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitSettings]:
    folder = tmp_path_factory.mktemp("livekit")
    with running_redis(folder) as redis, running_livekit(folder, redis=redis) as settings:
        yield settings


@pytest.fixture
def place(
    livekit: LiveKitSettings, firestore_settings: FirestoreSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    with running_twilio_api() as twilio:
        settings = deploy_settings(
            **firestore_settings.model_dump(),
            **livekit.model_dump(include={"livekit_url", "livekit_api_key", "livekit_api_secret"}),
            twilio_api_url=twilio.url,
        )
        for name, value in settings.model_dump().items():
            if value is not None:
                shown = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
                monkeypatch.setenv(name.upper(), shown)
        database = connect(settings)
        for org in ("salon", "dental"):
            database.platform.commit(Create(an_organisation(org)))
            database.for_org(org).commit(Create(a_voice_agent()))
        for number in (LINE, SECOND, "+15555550102"):
            twilio.owns(number)
        yield Place(settings, database, twilio)
        database.close()
        _clear(settings)


def _clear(settings: LiveKitSettings) -> None:
    async def delete_all(api: LiveKitAPI) -> None:
        for rule in sip.rules:
            gone_rule = DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
            await api.sip.delete_dispatch_rule(gone_rule)
        for trunk in sip.trunks:
            await api.sip.delete_trunk(DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))

    sip = read_sip(settings)
    ask(settings, delete_all)


def test_a_bound_number_rings_its_agent_through_a_room_that_is_dialled_by_name(place: Place) -> None:
    assert len(place.done(*BIND)) == 4
    state = place.state()
    (binding,) = state["bindings"]
    assert (binding["org"], binding["voice_agent"]) == ("salon", "reception")
    (trunk,) = state["trunks"]
    assert (trunk["auth_username"], trunk["auth_password"]) == ("holdline", SIP_PASSWORD)
    assert "numbers" not in trunk, "what is dialled is a room, which is no number"
    (rule,) = state["rules"]
    assert rule["trunk_ids"] == [trunk["sip_trunk_id"]]
    assert rule["rule"] == {"dispatch_rule_callee": {}}, "no prefix, and nothing random"
    number = state["numbers"][LINE]
    assert (number["voice_url"], number["voice_method"]) == (f"{FUNCTIONS}/twilio_voice", "POST")
    assert (number["status_callback"], number["status_callback_method"]) == (f"{FUNCTIONS}/twilio_status", "POST")
    assert number["voice_fallback_url"].startswith("https://twimlets.com/")
    assert number["voice_fallback_method"] == "GET"
    assert (number["sms_url"], number["sms_method"]) == (f"{FUNCTIONS}/twilio_message", "POST")


def test_to_bind_twice_changes_nothing_more_and_says_so_of_each_step(place: Place) -> None:
    place.done(*BIND)
    once, asked = place.state(), len(place.twilio.writes)
    lines = place.done(*BIND)
    assert len(lines) == 4
    assert all("already so" in line for line in lines)
    assert (place.state(), len(place.twilio.writes)) == (once, asked)


def test_unbind_leaves_what_was_there_before_and_may_be_repeated(place: Place) -> None:
    before = place.state()
    place.done(*BIND)
    place.done(*BIND)
    place.done("unbind", LINE)
    assert place.state() == before
    assert all("already so" in line for line in place.done("unbind", LINE))
    assert place.state() == before


def test_a_dry_run_prints_the_calls_and_makes_none(place: Place) -> None:
    before = place.state()
    lines = place.done(*BIND, "--dry-run")
    assert [line.split()[:2] for line in lines] == [
        ["Firestore", "create"],
        ["LiveKit", "CreateSIPInboundTrunk"],
        ["LiveKit", "CreateSIPDispatchRule"],
        ["Twilio", "POST"],
    ]
    assert place.state() == before
    place.done(*BIND)
    bound, asked = place.state(), len(place.twilio.writes)
    lines = place.done("unbind", LINE, "--dry-run")
    assert [line.split()[:2] for line in lines] == [
        ["Twilio", "POST"],
        ["LiveKit", "DeleteSIPDispatchRule"],
        ["LiveKit", "DeleteSIPTrunk"],
        ["Firestore", "delete"],
    ]
    assert (place.state(), len(place.twilio.writes)) == (bound, asked)


def test_to_unbind_one_number_leaves_the_others(place: Place) -> None:
    place.done("bind", SECOND, "--org", "dental", "--agent", "reception")
    alone = place.state()
    place.done(*BIND)
    place.done("unbind", LINE)
    assert place.state() == alone
    assert read_sip(place.settings).numbers == (SECOND,)


def test_to_unbind_a_number_that_was_not_bound_changes_nothing(place: Place) -> None:
    by_hand = SIPInboundTrunkInfo(name="holdline", auth_username="a", auth_password="b")
    request = CreateSIPInboundTrunkRequest(trunk=by_hand)
    ask(place.settings, lambda api: api.sip.create_inbound_trunk(request))
    for _ in range(2):
        before = place.state()
        assert all("already so" in line for line in place.done("unbind", SECOND))
        assert place.state() == before
        place.done(*BIND)


def test_a_number_of_another_organisation_is_taken_from_it_only_where_that_is_said(place: Place) -> None:
    place.done(*BIND)
    before = place.state()
    elsewhere = ("bind", LINE, "--org", "dental", "--agent", "reception")
    assert "is bound to reception of salon" in place.refused(*elsewhere)
    assert place.state() == before
    place.done(*elsewhere, "--move")
    assert place.state()["bindings"][0]["org"] == "dental"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--org", "saloon", "--agent", "reception"), "There is no organisation saloon. There is: dental, salon."),
        (("--org", "salon", "--agent", "bookings"), "There is no voice agent bookings of salon. There is: reception."),
        (("--org", "salon/x", "--agent", "reception"), "cannot be the id of a document"),
    ],
)
def test_who_is_not_there_is_named_with_who_is_before_anything_is_made(
    place: Place, arguments: tuple[str, ...], why: str
) -> None:
    before = place.state()
    assert why in place.refused("bind", LINE, *arguments)
    assert place.state() == before


def test_a_voice_agent_that_is_switched_off_gets_no_number(place: Place) -> None:
    place.database.for_org("salon").commit(Put(a_voice_agent(active=False)))
    assert "switched off" in place.refused(*BIND)


def test_a_number_that_the_account_does_not_own_is_refused_before_anything_is_made(place: Place) -> None:
    before = place.state()
    refusal = place.refused("bind", "+15555550199", "--org", "salon", "--agent", "reception")
    assert f"does not own +15555550199. It owns: {LINE}, {SECOND}, +15555550102." in refusal
    assert place.state() == before


def test_a_number_whose_digits_are_only_part_of_an_owned_one_is_not_owned(place: Place) -> None:
    part = LINE[:-1]
    assert f"does not own {part}. It owns" in place.refused("bind", part, "--org", "salon", "--agent", "reception")


def test_an_address_that_only_this_machine_can_reach_is_given_to_no_number(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place.state()
    monkeypatch.setenv("FUNCTIONS_URL", "http://127.0.0.1:18001")
    assert "Twilio cannot reach FUNCTIONS_URL" in place.refused(*BIND)
    assert place.state() == before


def test_a_dry_run_says_which_address_would_be_replaced(place: Place) -> None:
    place.twilio.number(LINE)["voice_url"] = "https://example.com/voice"
    twilio = place.done(*BIND, "--dry-run")[-1]
    assert f"VoiceUrl={FUNCTIONS}/twilio_voice (was https://example.com/voice)" in twilio


def test_a_number_whose_calls_twilio_sends_elsewhere_is_refused(place: Place) -> None:
    place.twilio.number(LINE)["trunk_sid"] = "TK" + "0" * 32
    assert "sends the calls of +15555550100 to TK0000" in place.refused(*BIND)


def test_a_step_that_fails_is_named_and_the_next_run_finishes_the_work(place: Place) -> None:
    place.twilio.refuses_writes = True
    refusal = place.refused(*BIND)
    assert f"Stopped at this step (Twilio): {LINE} calls {FUNCTIONS}. Twilio refuses (20503)" in refusal
    assert "run the same command again" in refusal
    place.twilio.refuses_writes = False
    lines = place.done(*BIND)
    assert ["already so" in line for line in lines] == [True, True, True, False]
    assert all("already so" in line for line in place.done(*BIND))


def test_what_was_changed_by_hand_is_put_right_and_what_is_not_ours_to_say_is_kept(place: Place) -> None:
    place.done(*BIND)
    found = read_sip(place.settings).trunk
    assert found is not None
    by_hand = SIPInboundTrunkInfo()
    by_hand.CopyFrom(found)
    by_hand.auth_password = "guessable"
    by_hand.numbers.append(LINE)
    by_hand.headers["X-Holdline"] = "kept"
    ask(place.settings, lambda api: api.sip.update_inbound_trunk(found.sip_trunk_id, by_hand))
    (line,) = [line for line in place.done(*BIND, "--dry-run") if "already so" not in line]
    assert json.loads(line[line.index("{") :]) == {"numbers": [], "auth_password": "***"}
    place.done(*BIND)
    mended = read_sip(place.settings).trunk
    assert mended is not None
    assert (list(mended.numbers), mended.auth_password) == ([], SIP_PASSWORD)
    assert dict(mended.headers) == {"X-Holdline": "kept"}


def test_another_trunk_for_every_number_is_named_and_left_alone(place: Place) -> None:
    rival = SIPInboundTrunkInfo(name="somebody's", auth_username="a", auth_password="b")
    request = CreateSIPInboundTrunkRequest(trunk=rival)
    made = ask(place.settings, lambda api: api.sip.create_inbound_trunk(request))
    before = place.state()
    assert f"{made.sip_trunk_id} (somebody's) takes the calls of every number" in place.refused(*BIND)
    assert place.state() == before


def test_addresses_of_others_stay_when_a_number_is_unbound(place: Place) -> None:
    place.done(*BIND)
    theirs = {
        "voice_url": "https://example.com/voice",
        "status_callback": "https://example.com/status",
        "sms_url": "https://example.com/sms",
    }
    place.twilio.number(LINE).update(theirs)
    place.done("unbind", LINE)
    number = place.twilio.number(LINE)
    assert {name: number[name] for name in theirs} == theirs
    assert number["voice_fallback_url"] == ""


def test_a_fallback_of_ones_own_is_used_and_goes_with_the_number(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    before = place.state()
    monkeypatch.setenv("TWILIO_FALLBACK_URL", "https://static.example.com/fallback.xml")
    place.done(*BIND)
    assert place.twilio.number(LINE)["voice_fallback_url"] == "https://static.example.com/fallback.xml"
    monkeypatch.delenv("TWILIO_FALLBACK_URL")
    place.done("unbind", LINE)
    assert place.state() == before


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TWILIO_AUTH_TOKEN", "another", "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
        ("TWILIO_API_URL", "http://127.0.0.1:{free}", "Twilio does not answer"),
        ("LIVEKIT_API_KEY", "another", "check LIVEKIT_API_KEY and LIVEKIT_API_SECRET"),
        ("LIVEKIT_URL", "ws://127.0.0.1:{free}", "check LIVEKIT_URL"),
    ],
)
def test_who_refuses_or_is_away_is_named_before_anything_is_made(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    before = place.state()
    monkeypatch.setenv(name, value.format(free=free_port()))
    assert words in place.refused(*BIND)
    assert place.state() == before


def test_a_livekit_without_a_sip_service_is_told_what_it_lacks(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running_livekit(tmp_path) as without_redis:
        monkeypatch.setenv("LIVEKIT_URL", without_redis.livekit_url)
        assert "has no SIP service: give it a redis, and run livekit-sip" in place.refused(*BIND)


def test_the_list_tells_of_each_number_whether_all_three_agree(place: Place) -> None:
    place.done(*BIND)
    place.twilio.number(SECOND)["voice_url"] = "https://example.com/voice"
    place.twilio.number(SECOND)["sms_url"] = "https://example.com/sms"
    rows = [line.split() for line in place.done("list")[1:]]
    assert rows == [
        [LINE, "reception", "of", "salon", "yes", "ours", "ours"],
        [SECOND, "-", "no", "https://example.com/voice", "https://example.com/sms"],
        ["+15555550102", "-", "no", "nowhere", "nowhere"],
    ]


@pytest.mark.parametrize(
    ("fields", "said", "listed"),
    [
        ({"capabilities": {"voice": True, "sms": False}}, "Twilio gives it no SMS", "none"),
        ({"sms_application_sid": "AP01"}, "its texts go to AP01", "AP01"),
    ],
    ids=["no capability", "an app of its own"],
)
def test_a_number_whose_texts_do_not_reach_us_is_bound_for_calls_and_that_is_said(
    place: Place, fields: dict[str, Any], said: str, listed: str
) -> None:
    place.twilio.number(LINE).update(fields)
    before = place.state()
    assert said in place.done(*BIND)[-1]
    number = place.twilio.number(LINE)
    assert (number["voice_url"], number["sms_url"]) == (f"{FUNCTIONS}/twilio_voice", "")
    assert "already so" in place.done(*BIND)[-1]
    assert place.done("list")[1].split()[-2:] == ["ours", listed]
    place.done("unbind", LINE)
    assert place.state() == before
