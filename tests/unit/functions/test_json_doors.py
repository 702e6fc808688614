"""Every refusal has one shape and the right status, whichever door it is, and tells nothing of our inside."""

import pytest
from werkzeug.test import TestResponse

from tests.unit.functions.world import LINE, World

DOORS = ("create_room", "join_token")
BODIES = {"create_room": {"number": LINE}, "join_token": {"call": "web-1", "as": "listener"}}


def error_of(response: TestResponse) -> dict[str, str]:
    document = response.get_json()
    assert document.keys() == {"error"}
    assert document["error"].keys() == {"code", "message"}
    return dict(document["error"])


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_is_answered(world: World, door: str, method: str) -> None:
    response = world.server(door).open("/any/path", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert error_of(response)["code"] == "method_not_allowed"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_read(world: World, door: str, media_type: str) -> None:
    response = world.server(door).post("/", data=b"{}", content_type=media_type)
    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "visitor", "Bearer nobody"])
def test_nobody_gets_in_who_is_not_signed_in(world: World, door: str, header: str | None) -> None:
    before = world.documents()
    response = world.server(door).post(
        "/", json=BODIES[door], headers={} if header is None else {"Authorization": header}
    )
    assert response.status_code == 401
    assert error_of(response)["code"] == "not_signed_in"
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert world.documents() == before


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("create_room", b""),
        ("create_room", b"{"),
        ("create_room", b"[]"),
        ("create_room", b"null"),
        ("create_room", b"\xff"),
        ("create_room", b"{}"),
        ("create_room", b'{"number": 12125550100}'),
        ("create_room", b'{"number": "12125550100"}'),
        ("create_room", b'{"number": "+1/../../orgs"}'),
        ("create_room", b'{"number": "+12125550100", "rehearsal": "yes"}'),
        ("create_room", b'{"number": "+12125550100", "kind": "phone"}'),
        ("create_room", b'{"number": "+12125550100", "x": "' + b"x" * 5000 + b'"}'),
        ("join_token", b"{}"),
        ("join_token", b'{"call": "web-1"}'),
        ("join_token", b'{"call": 1, "as": "listener"}'),
        ("join_token", b'{"call": "a/b", "as": "listener"}'),
        ("join_token", b'{"call": "web-1", "as": "admin"}'),
        ("join_token", b'{"call": "web-1", "join_as": "listener"}'),
    ],
)
def test_a_body_of_another_shape_is_refused_with_what_is_wrong(world: World, door: str, body: bytes) -> None:
    response = world.server(door).post(
        "/", data=body, content_type="application/json", headers={"Authorization": "Bearer ana"}
    )
    assert response.status_code == 400
    assert error_of(response)["code"] == "bad_request"
    assert world.rooms.opened == []


@pytest.mark.parametrize("door", DOORS)
def test_who_asks_is_settled_before_what(world: World, door: str) -> None:
    response = world.server(door).post("/", data=b"{", content_type="application/json")
    assert response.status_code == 401


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("outage", ["storage", "identity"])
def test_an_outage_is_said_to_be_one(world: World, door: str, outage: str) -> None:
    if outage == "storage":
        world.without_storage()
    world.identity.is_down = outage == "identity"
    response = world.ask(door, BODIES[door], token="ana")
    assert response.status_code == 503
    assert error_of(response)["code"] == "unavailable"


def test_a_broken_document_is_our_fault_and_not_shown(world: World) -> None:
    world.memory.write_by_hand(f"phone_numbers/{LINE}", {"org": 7})
    response = world.ask("create_room", {"number": LINE}, token="visitor")
    assert response.status_code == 500
    assert error_of(response)["code"] == "internal"
    assert LINE not in response.text


def test_the_text_of_an_exception_reaches_nobody(world: World) -> None:
    world.rooms.failure = RuntimeError("the secret is 1234")
    response = world.ask("create_room", {"number": LINE}, token="visitor")
    assert response.status_code == 500
    assert error_of(response)["code"] == "internal"
    assert "1234" not in response.text


def test_an_answer_is_not_kept_by_any_cache(world: World) -> None:
    assert world.ask("create_room", {"number": LINE}, token="visitor").headers["Cache-Control"] == "no-store"
