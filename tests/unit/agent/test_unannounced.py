"""A job without metadata answers only where the settings say for whom, and never where another job does already."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agent.unannounced import SOMEBODY_WITHIN_S, caller_of, dispatch_of
from holdline import front_end
from holdline.call import Call, CallKind, Dispatch
from holdline.front_end import Line
from holdline.memory_store import MemoryDatabase
from holdline.settings import WorkerSettings
from holdline.store import Put, Query, Store
from tests.builders import NOW, a_voice_agent, an_organisation

ANNOUNCED = Dispatch(
    org="salon", call="phone-1", voice_agent="reception", version="v1", kind=CallKind.PHONE, caller_identity="caller"
)


@pytest.fixture
def store(database: MemoryDatabase) -> Store:
    store = database.for_org("salon")
    store.commit(Put(an_organisation()), Put(a_voice_agent()), Put(a_voice_agent("evening")))
    return store


def settings(default: str | None) -> WorkerSettings:
    return WorkerSettings.model_validate(
        {
            "google_cloud_project": "demo-holdline",
            "livekit_url": "ws://127.0.0.1:1",
            "livekit_api_key": "key",
            "livekit_api_secret": "secret",
            "default_voice_agent": default,
        }
    )


async def taken(
    database: MemoryDatabase,
    *,
    metadata: str = "",
    default: str | None = "salon/reception",
    room: str = "my-room",
    is_fake: bool = False,
) -> Dispatch | None:
    job = SimpleNamespace(id="job-1", metadata=metadata, room=SimpleNamespace(name=room, sid="RM_1"))
    ctx: Any = SimpleNamespace(job=job, is_fake_job=lambda: is_fake)
    return await dispatch_of(ctx, settings(default), database, at=NOW)


async def test_a_job_that_was_announced_takes_the_call_that_it_names(database: MemoryDatabase) -> None:
    assert await taken(database, metadata=ANNOUNCED.model_dump_json(), default=None) == ANNOUNCED


async def test_a_job_without_metadata_opens_a_call_for_the_default_voice_agent(
    database: MemoryDatabase, store: Store
) -> None:
    dispatch = await taken(database)
    [call] = store.find(Query(Call)).records
    assert dispatch == Dispatch.to(call, org="salon")
    assert (call.kind, call.room_name, call.voice_agent) == (CallKind.FRONT_END, "my-room", "reception")


async def test_the_rooms_name_goes_before_the_default(database: MemoryDatabase, store: Store) -> None:
    dispatch = await taken(database, room="call_salon_evening_1")
    assert dispatch is not None
    assert dispatch.voice_agent == "evening"


async def test_a_job_leaves_a_room_whose_call_the_webhook_has_opened(database: MemoryDatabase, store: Store) -> None:
    front_end.open_call(store, Line("salon", "reception"), room="my-room", room_sid="RM_1", at=NOW)
    assert await taken(database) is None
    assert len(store.find(Query(Call)).records) == 1


async def test_a_console_that_makes_its_room_up_has_a_call_of_its_own_each_time(
    database: MemoryDatabase, store: Store
) -> None:
    dispatch = await taken(database, room="console-room", is_fake=True)
    assert dispatch is not None
    assert dispatch.call == front_end.call_id("job-1")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"default": None}, "DEFAULT_VOICE_AGENT"),
        ({"default": None, "room": "call_salon_reception_1"}, "DEFAULT_VOICE_AGENT"),
        ({"default": "salon/nobody"}, "salon/nobody"),
        ({"room": "web-0001"}, "one of ours"),
        ({"metadata": "theirs"}, "usable dispatch"),
        ({"metadata": "{}"}, "usable dispatch"),
    ],
)
async def test_any_other_job_is_refused_with_the_reason_and_opens_nothing(
    database: MemoryDatabase, store: Store, caplog: pytest.LogCaptureFixture, given: dict[str, Any], reason: str
) -> None:
    with caplog.at_level(logging.ERROR):
        assert await taken(database, **given) is None
    assert reason in caplog.text
    assert store.find(Query(Call)).records == ()


class FakeRoom(rtc.EventEmitter[str]):
    """A room that people enter."""

    def __init__(self) -> None:
        super().__init__()
        self.remote_participants: dict[str, Any] = {}

    def isconnected(self) -> bool:
        return True

    def enters(self, identity: str, kind: rtc.ParticipantKind.ValueType) -> None:
        person = SimpleNamespace(
            identity=identity, kind=kind, state=rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE, attributes={}
        )
        self.remote_participants[identity] = person
        self.emit("participant_active", person)


def of_a_front_end() -> Dispatch:
    return ANNOUNCED.model_copy(update={"kind": CallKind.FRONT_END, "caller_identity": None})


async def test_the_caller_is_the_one_who_was_announced_whoever_is_there() -> None:
    room: Any = FakeRoom()
    room.enters("somebody", rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
    assert await caller_of(room, ANNOUNCED) == "caller"


@pytest.mark.parametrize("is_there_before", [True, False])
async def test_else_it_is_the_first_person_to_come_and_no_agent(is_there_before: bool) -> None:
    room: Any = FakeRoom()
    room.enters("another agent", rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)
    if is_there_before:
        room.enters("anna", rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
    caller = asyncio.create_task(caller_of(room, of_a_front_end()))
    await asyncio.sleep(1)
    room.enters("anna", rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
    room.enters("bert", rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
    assert await caller == "anna"


async def test_nobody_is_waited_for_without_end() -> None:
    room: Any = FakeRoom()
    began_at = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await caller_of(room, of_a_front_end())
    assert asyncio.get_running_loop().time() - began_at <= SOMEBODY_WITHIN_S + 1
