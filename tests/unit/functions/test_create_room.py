"""Who may call which line from a browser, and what they are given for it: one room, a microphone, some minutes."""

from datetime import timedelta
from typing import Any

import pytest

from functions.identity import Visitor
from functions.rooms import RoomNotOpened
from holdline import line
from holdline.call import CallKind, Dispatch, Outcome
from holdline.store import Store
from tests.unit.functions.world import LINE, NOW, PRACTICE_LINE, World, claims_of

UNKNOWN = "+12125550999"


def test_a_visitor_who_calls_gets_a_call_with_an_agent_and_the_way_in(world: World) -> None:
    response = world.ask("create_room", {"number": LINE}, token="visitor")
    assert response.status_code == 200
    granted = response.get_json()
    assert granted.keys() == {"call", "room", "url", "token", "identity"}
    assert granted["room"] == granted["call"]
    assert granted["url"] == "wss://livekit.example.com"

    call = world.call(granted["call"])
    assert (call.kind, call.caller, call.line, call.opened_by) == (CallKind.BROWSER, "browser", LINE, "visitor")
    assert call.caller_identity == granted["identity"] == "caller-visitor"
    assert world.rooms.opened == [
        Dispatch(
            org="salon",
            call=call.id,
            voice_agent="front_desk",
            version=call.voice_agent_version,
            kind=CallKind.BROWSER,
            caller_identity="caller-visitor",
        )
    ]


def test_a_callers_token_opens_one_room_for_one_microphone_for_minutes(world: World) -> None:
    granted = world.ask("create_room", {"number": LINE}, token="visitor").get_json()
    claims = claims_of(granted["token"])
    assert claims["sub"] == granted["identity"]
    assert claims["video"] == {
        "roomJoin": True,
        "room": granted["room"],
        "canPublish": True,
        "canPublishSources": ["microphone"],
        "canSubscribe": True,
        "canPublishData": False,
    }
    assert claims["exp"] - claims["nbf"] <= 15 * 60
    assert not claims.keys() & {"sip", "agent", "roomConfig", "kind"}


@pytest.mark.parametrize(
    ("token", "body", "status", "code"),
    [
        ("visitor", {"number": PRACTICE_LINE}, 404, "not_found"),
        ("visitor", {"number": UNKNOWN}, 404, "not_found"),
        ("ana", {"number": PRACTICE_LINE}, 404, "not_found"),
        ("david", {"number": PRACTICE_LINE}, 200, None),
        ("david", {"number": LINE}, 200, None),
        ("ana", {"number": LINE, "rehearsal": True}, 200, None),
        ("david", {"number": PRACTICE_LINE, "rehearsal": True}, 200, None),
        ("visitor", {"number": LINE, "rehearsal": True}, 403, "forbidden"),
        ("david", {"number": LINE, "rehearsal": True}, 403, "forbidden"),
        ("ana", {"number": UNKNOWN, "rehearsal": True}, 403, "forbidden"),
    ],
)
def test_who_may_ring_which_line(world: World, token: str, body: dict[str, Any], status: int, code: str | None) -> None:
    response = world.ask("create_room", body, token=token)
    assert response.status_code == status
    assert response.get_json().get("error", {}).get("code") == code
    assert len(world.rooms.opened) == (status == 200)


@pytest.mark.parametrize(("days", "kept"), [(None, 90), (7, 7), ("for ever", 90)])
def test_a_call_is_kept_as_long_as_its_organisation_says(world: World, days: Any, kept: int) -> None:
    world.ask("create_room", {"number": LINE}, token="visitor")  # what is in force from now on was valid once
    if days is not None:
        world.memory.write_by_hand("orgs/salon", {"retention_days": days})
    opened = world.ask("create_room", {"number": LINE}, token="visitor").json
    assert world.call(opened["call"]).delete_at == NOW + timedelta(days=kept)


def test_a_rehearsal_is_marked_as_one(world: World) -> None:
    granted = world.ask("create_room", {"number": LINE, "rehearsal": True}, token="ana").get_json()
    assert world.call(granted["call"]).kind is CallKind.REHEARSAL


def test_a_visitor_has_few_calls_at_once(world: World, salon: Store) -> None:
    calls = [world.ask("create_room", {"number": LINE}, token="visitor").get_json()["call"] for _ in range(3)]
    refused = world.ask("create_room", {"number": LINE}, token="visitor")
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (429, "too_many_calls")
    assert world.ask("create_room", {"number": LINE}, token="other-visitor").status_code == 200

    line.close(salon, calls[0], outcome=Outcome.CALLER_LEFT, at=NOW)
    assert world.ask("create_room", {"number": LINE}, token="visitor").status_code == 200


def test_a_line_takes_few_visitors_at_once_however_many_they_say_they_are(world: World, salon: Store) -> None:
    visitors = [f"visitor-{n}" for n in range(6)]
    world.identity.holders |= {uid: Visitor(uid=uid) for uid in visitors}
    answers = [world.ask("create_room", {"number": LINE}, token=uid) for uid in visitors]
    assert [answer.status_code for answer in answers] == [200] * 4 + [409] * 2
    assert answers[-1].get_json()["error"]["code"] == "conflict"  # it is not the visitor who has too many
    assert len(world.rooms.opened) == 4

    line.close(salon, answers[0].get_json()["call"], outcome=Outcome.NOT_CONNECTED, at=NOW)
    assert world.ask("create_room", {"number": LINE}, token=visitors[-1]).status_code == 200


def test_visitors_who_fill_a_line_keep_neither_its_people_nor_its_phone_out(world: World) -> None:
    visitors = [f"visitor-{n}" for n in range(4)]
    world.identity.holders |= {uid: Visitor(uid=uid) for uid in visitors}
    for uid in visitors:
        world.ask("create_room", {"number": LINE}, token=uid)
    assert world.ask("create_room", {"number": LINE, "rehearsal": True}, token="ana").status_code == 200
    assert world.ask("create_room", {"number": PRACTICE_LINE}, token="david").status_code == 200
    world.ring()
    assert world.call().is_live


def test_calls_whose_end_nobody_told_us_do_not_lock_a_visitor_out_for_ever(world: World) -> None:
    for _ in range(3):
        world.ask("create_room", {"number": LINE}, token="visitor")
    world.now += timedelta(hours=2)
    assert world.ask("create_room", {"number": LINE}, token="visitor").status_code == 200


def test_a_number_broken_by_an_edit_goes_on_taking_calls_from_browsers(world: World) -> None:
    world.ask("create_room", {"number": LINE}, token="visitor")
    world.memory.write_by_hand(f"phone_numbers/{LINE}", {"web_calls": "sometimes"})
    assert world.ask("create_room", {"number": LINE}, token="visitor").status_code == 200
    assert "web_calls" in str(world.documents()[f"phone_numbers/{LINE}"]["problem"])


def test_a_line_that_is_switched_off_is_a_conflict(world: World) -> None:
    world.memory.write_by_hand("orgs/salon/voice_agents/front_desk", {"active": False})
    response = world.ask("create_room", {"number": LINE}, token="visitor")
    assert (response.status_code, response.get_json()["error"]["code"]) == (409, "conflict")


def test_without_a_room_there_is_no_token_and_the_call_is_closed_as_failed(world: World) -> None:
    world.rooms.failure = RoomNotOpened("LiveKit is down.")
    response = world.ask("create_room", {"number": LINE}, token="visitor")
    assert (response.status_code, response.get_json()["error"]["code"]) == (503, "unavailable")
    (call,) = [fields for path, fields in world.documents().items() if "/calls/" in path]
    assert call["outcome"] == Outcome.FAILED
