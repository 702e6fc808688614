"""Who may enter a call that is under way: its own caller again, and its organisation's people, unseen and unheard."""

from typing import Any

import pytest

from holdline import line
from holdline.call import Outcome
from holdline.store import Store
from tests.unit.functions.world import LINE, NOW, World, claims_of


@pytest.fixture
def call(world: World) -> str:
    """A visitor's call to the salon."""
    opened: str = world.ask("create_room", {"number": LINE}, token="visitor").get_json()["call"]
    return opened


@pytest.mark.parametrize("token", ["ana", "lucy"])
def test_a_listeners_token_hears_one_room_and_does_nothing_else(world: World, call: str, token: str) -> None:
    granted = world.ask("join_token", {"call": call, "as": "listener"}, token=token).get_json()
    assert (granted["call"], granted["room"]) == (call, call)
    claims = claims_of(granted["token"])
    assert claims["sub"] == granted["identity"]
    assert claims["video"] == {
        "roomJoin": True,
        "room": call,
        "hidden": True,
        "canPublish": False,
        "canSubscribe": True,
        "canPublishData": False,
    }
    assert claims["exp"] - claims["nbf"] == 10 * 60


def test_one_person_may_listen_in_two_windows(world: World, call: str) -> None:
    first, second = (world.ask("join_token", {"call": call, "as": "listener"}, token="ana").get_json() for _ in "12")
    assert first["identity"] != second["identity"]


def test_a_listener_is_never_taken_for_the_caller(world: World, call: str) -> None:
    granted = world.ask("join_token", {"call": call, "as": "listener"}, token="ana").get_json()
    assert granted["identity"] != world.call(call).caller_identity


def test_the_caller_comes_back_as_the_same_participant(world: World, call: str) -> None:
    granted = world.ask("join_token", {"call": call, "as": "caller", "number": LINE}, token="visitor").get_json()
    assert granted["identity"] == world.call(call).caller_identity
    assert claims_of(granted["token"])["video"]["canPublishSources"] == ["microphone"]


def test_one_of_the_organisations_people_comes_back_without_naming_the_line(world: World) -> None:
    call = world.ask("create_room", {"number": LINE, "rehearsal": True}, token="ana").get_json()["call"]
    assert world.ask("join_token", {"call": call, "as": "caller"}, token="ana").status_code == 200


@pytest.mark.parametrize(
    ("token", "body", "status", "code"),
    [
        ("visitor", {"as": "listener"}, 403, "forbidden"),
        ("visitor", {"as": "listener", "number": LINE}, 403, "forbidden"),
        ("david", {"as": "listener"}, 404, "not_found"),
        ("david", {"as": "listener", "number": LINE}, 404, "not_found"),
        ("ana", {"as": "listener", "call": "web-unheardof"}, 404, "not_found"),
        ("other-visitor", {"as": "caller", "number": LINE}, 404, "not_found"),
        ("ana", {"as": "caller"}, 404, "not_found"),
        ("visitor", {"as": "caller", "number": "+12125550200"}, 404, "not_found"),
        ("visitor", {"as": "caller"}, 400, "bad_request"),
        ("visitor", {"as": "caller", "number": "+12125550999"}, 400, "bad_request"),
        ("ana", {"as": "supervisor"}, 400, "bad_request"),
        ("ana", {"as": "listener", "call": "../dental"}, 400, "bad_request"),
        ("ana", {"as": "listener", "call": ""}, 400, "bad_request"),
    ],
)
def test_who_may_not_enter(world: World, call: str, token: str, body: dict[str, Any], status: int, code: str) -> None:
    response = world.ask("join_token", {"call": call} | body, token=token)
    assert (response.status_code, response.get_json()["error"]["code"]) == (status, code)
    assert "token" not in response.get_json()


@pytest.mark.parametrize(("token", "as_whom"), [("ana", "listener"), ("visitor", "caller")])
def test_a_call_that_is_over_is_closed_to_everybody(
    world: World, salon: Store, call: str, token: str, as_whom: str
) -> None:
    line.close(salon, call, outcome=Outcome.CALLER_LEFT, at=NOW)
    response = world.ask("join_token", {"call": call, "as": as_whom, "number": LINE}, token=token)
    assert (response.status_code, response.get_json()["error"]["code"]) == (409, "conflict")
