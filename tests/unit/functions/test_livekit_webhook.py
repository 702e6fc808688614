"""LiveKit's events move a call only when LiveKit signed them, and whatever their order they tell the truth about it."""

from datetime import timedelta

import pytest
from google.protobuf.json_format import MessageToJson
from livekit.protocol.models import DisconnectReason, ParticipantInfo, RoomEndReason
from livekit.protocol.webhook import WebhookEvent

from holdline import line
from holdline.call import Floor, Outcome
from holdline.store import Store
from tests.unit.functions.world import (
    CALL_ID,
    CALLER,
    LIVEKIT_SECRET,
    NOW,
    World,
    a_dispatch,
    livekit_signature,
    room_event,
)

IDENTITY = f"sip_{CALLER}"
AGENT = ParticipantInfo.Kind.AGENT


def agent_joins() -> WebhookEvent:
    return room_event("participant_joined", identity="agent-1", kind=AGENT)


def caller_leaves(reason: DisconnectReason = DisconnectReason.CLIENT_INITIATED) -> WebhookEvent:
    return room_event("participant_left", identity=IDENTITY, disconnect_reason=reason)


BODY = MessageToJson(room_event("room_finished")).encode()


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BODY, None),
        (BODY, ""),
        (BODY, "no token"),
        (BODY, livekit_signature(BODY, secret="another secret, that is long enough too")),
        (BODY, "Bearer " + livekit_signature(BODY)),
        (BODY.replace(b"room_finished", b"room_started."), livekit_signature(BODY)),
        (b"", livekit_signature(BODY)),
        (b"\xff\xfe", livekit_signature(b"\xff\xfe")),
        (b"not json", livekit_signature(b"not json")),
    ],
    ids=["none", "empty", "no token", "another secret", "a bearer", "another body", "no body", "not text", "not json"],
)
def test_what_livekit_did_not_sign_is_refused_and_nothing_is_written(
    world: World, body: bytes, signature: str | None
) -> None:
    world.ring()
    before = world.documents()
    response = world.server("livekit_webhook").post(
        "/", data=body, headers={} if signature is None else {"Authorization": signature}
    )
    assert response.status_code == 401
    assert response.get_json()["error"]["code"] == "not_signed_in"
    assert world.documents() == before


def test_only_post_is_answered(world: World) -> None:
    assert world.server("livekit_webhook").get("/").status_code == 405


def test_an_agent_that_joins_has_the_floor(world: World) -> None:
    world.ring()
    world.now += timedelta(seconds=1)
    assert world.livekit(agent_joins()).status_code == 204
    assert (world.call().floor, world.call().answered_at) == (Floor.AGENT, world.now)


def test_anybody_else_who_joins_or_leaves_changes_nothing(world: World) -> None:
    world.ring()
    before = world.documents()
    world.livekit(room_event("participant_joined", identity=IDENTITY, kind=ParticipantInfo.Kind.SIP))
    world.livekit(room_event("participant_joined", identity="listener-ana-1"))
    world.livekit(room_event("participant_left", identity="listener-ana-1"))
    world.livekit(room_event("participant_left", identity="agent-1", kind=AGENT))
    world.livekit(room_event("track_published", identity=IDENTITY))
    world.livekit(room_event("room_started"))
    world.livekit(room_event("an event of the future"))
    assert world.documents() == before


@pytest.mark.parametrize(
    "reason",
    [
        DisconnectReason.CLIENT_INITIATED,
        DisconnectReason.UNKNOWN_REASON,
        DisconnectReason.SIGNAL_CLOSE,
        DisconnectReason.CONNECTION_TIMEOUT,
        DisconnectReason.SIP_TRUNK_FAILURE,
    ],
)
def test_a_caller_who_leaves_ends_the_call(world: World, reason: DisconnectReason) -> None:
    world.ring()
    world.livekit(caller_leaves(reason))
    assert world.call().outcome is Outcome.CALLER_LEFT


@pytest.mark.parametrize(
    "reason",
    [
        DisconnectReason.DUPLICATE_IDENTITY,
        DisconnectReason.MIGRATION,
        DisconnectReason.STATE_MISMATCH,
        DisconnectReason.SERVER_SHUTDOWN,
    ],
)
def test_a_connection_that_the_caller_replaced_or_may_replace_does_not_end_the_call(
    world: World, reason: DisconnectReason
) -> None:
    world.ring()
    world.livekit(caller_leaves(reason))
    assert world.call().is_live


def test_a_caller_whose_room_was_deleted_did_not_leave(world: World) -> None:
    world.ring()
    world.livekit(caller_leaves(DisconnectReason.ROOM_DELETED))
    assert world.call().outcome is Outcome.AGENT_ENDED


@pytest.mark.parametrize(
    ("answered", "reason", "outcome"),
    [
        (True, RoomEndReason.ROOM_END_UNKNOWN, Outcome.CALLER_LEFT),
        (False, RoomEndReason.ROOM_END_UNKNOWN, Outcome.NOT_CONNECTED),
        (False, RoomEndReason.ROOM_END_IDLE_TIMEOUT, Outcome.NOT_CONNECTED),
        (True, RoomEndReason.ROOM_END_API_DELETE, Outcome.AGENT_ENDED),
    ],
)
def test_a_room_that_is_gone_ends_a_call_that_nobody_ended(
    world: World, answered: bool, reason: RoomEndReason, outcome: Outcome
) -> None:
    world.ring()
    if answered:
        world.livekit(agent_joins())
    event = room_event("room_finished")
    event.room_end_reason = reason
    world.livekit(event)
    assert (world.call().outcome, world.call().outcome_detail) == (outcome, "the room closed")


def test_a_call_that_the_worker_ended_keeps_its_outcome_whatever_comes_after(world: World, salon: Store) -> None:
    world.ring()
    line.close(salon, CALL_ID, outcome=Outcome.AGENT_ENDED, detail="goodbye", at=NOW)
    before = world.documents()
    for event in (caller_leaves(), room_event("room_finished"), agent_joins(), caller_leaves()):
        assert world.livekit(event).status_code == 204
    assert world.documents() == before


@pytest.mark.parametrize(
    "metadata",
    ["", "{}", "no json", '{"org": "salon"}', a_dispatch("another-call").model_dump_json()],
    ids=["none", "empty", "no json", "half", "of another room"],
)
def test_a_room_that_is_not_ours_is_ignored(world: World, metadata: str) -> None:
    world.ring()
    before = world.documents()
    assert world.livekit(room_event("room_finished", metadata=metadata)).status_code == 204
    assert world.documents() == before


def test_a_room_of_an_unknown_call_is_ignored(world: World) -> None:
    assert world.livekit(room_event("room_finished", call="phone-unheardof")).status_code == 204


def test_a_broken_call_document_is_not_asked_for_again(world: World) -> None:
    world.ring()
    world.memory.write_by_hand(f"orgs/salon/calls/{CALL_ID}", {"started_at": "yesterday"})
    assert world.livekit(room_event("room_finished")).status_code == 204


def test_without_storage_the_event_is_asked_for_again(world: World) -> None:
    world.without_storage()
    assert world.livekit(room_event("room_finished")).status_code == 503


@pytest.mark.parametrize("name", ["room_started", "track_published", "egress_ended"])
def test_an_event_that_changes_nothing_asks_nothing_of_storage(
    world: World, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    world.memory.write_by_hand(f"orgs/salon/calls/{CALL_ID}", {"kind": "broken"})
    assert world.livekit(room_event(name)).status_code == 204
    assert "InvalidDocument" not in caplog.text


def test_a_token_for_a_room_is_no_signature(world: World) -> None:
    """LiveKit's keys sign tokens for callers too; those hold no digest of a body."""
    world.ring()
    token = world.ask("create_room", {"number": "+12125550100"}, token="visitor").get_json()["token"]
    response = world.server("livekit_webhook").post("/", data=BODY, headers={"Authorization": token})
    assert response.status_code == 401
    assert LIVEKIT_SECRET not in response.text
