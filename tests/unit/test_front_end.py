"""A room that somebody else opened is answered by whom its name says, once, and by nobody whom it should not reach."""

import pytest

from holdline import front_end, line
from holdline.call import Call, CallKind
from holdline.errors import NoVoiceAgent
from holdline.front_end import Line, call_id, line_of
from holdline.memory_store import MemoryDatabase
from holdline.store import Create, Query, Store
from tests.builders import NOW, a_voice_agent, an_organisation

DESK = Line("salon", "reception")


@pytest.mark.parametrize(
    ("room", "wanted"),
    [
        ("call_salon_reception_1", DESK),
        ("call_luxe-beauty-salon_front-desk_7f3a", Line("luxe-beauty-salon", "front-desk")),
        ("call_salon_reception_a_b_c", DESK),
        ("call_salon_front.desk_é ?", Line("salon", "front.desk")),
    ],
)
def test_the_name_of_a_room_says_organisation_and_voice_agent(room: str, wanted: Line) -> None:
    assert line_of(room, default=None) == wanted


@pytest.mark.parametrize(
    "room",
    [
        "",
        "my-room",
        "call_salon",
        "call_salon_reception",
        "call_salon_reception_",
        "call__reception_1",
        "call_salon__1",
        "call_sal/on_reception_1",
        "call_salon_../other_1",
        "call_.._reception_1",
        "call_salon_._1",
        f"call_{'s' * 201}_reception_1",
        "a_call_salon_reception_1",
        "CALL_salon_reception_1",
        "call_salon_recep\ntion_1",
    ],
)
def test_any_other_name_says_nobody_unless_there_is_a_default(room: str) -> None:
    assert line_of(room, default=None) is None
    assert line_of(room, default="salon/reception") == DESK


@pytest.mark.parametrize("room", ["phone-CA0001", "web-0001", "web-call_salon_reception_1"])
def test_a_room_of_our_own_is_never_taken_for_one(room: str) -> None:
    assert line_of(room, default="salon/reception") is None


@pytest.mark.parametrize("written", ["", "salon", "/reception", "salon/", "a/b/c", "salon:reception", "../reception"])
def test_a_default_names_organisation_and_voice_agent(written: str) -> None:
    with pytest.raises(ValueError, match="organisation/voice-agent"):
        Line.of(written)


@pytest.fixture
def salon(store: Store) -> Store:
    store.commit(Create(an_organisation(retention_days=30)), Create(a_voice_agent()))
    return store


def opened(store: Store, wanted: Line = DESK, *, sid: str = "RM_1") -> Call | None:
    return front_end.open_call(store, wanted, room="my-room", room_sid=sid, at=NOW)


def test_the_call_is_kept_under_the_rooms_own_id_and_nobody_is_its_caller_yet(salon: Store) -> None:
    call = opened(salon)
    assert call is not None
    assert (call.id, call.room_name, call.kind) == (call_id("RM_1"), "my-room", CallKind.FRONT_END)
    assert call.caller_identity is None
    assert call.delete_at == an_organisation(retention_days=30).keeps_until(NOW)


def test_only_the_first_to_open_it_is_to_answer(salon: Store) -> None:
    assert opened(salon) is not None
    assert opened(salon) is None
    assert len(salon.find(Query(Call)).records) == 1


def test_a_name_that_is_used_again_is_another_call(salon: Store) -> None:
    assert opened(salon, sid="RM_1") is not None
    assert opened(salon, sid="RM_2") is not None


def test_nothing_is_opened_for_a_voice_agent_or_an_organisation_that_do_not_exist(
    salon: Store, database: MemoryDatabase
) -> None:
    with pytest.raises(NoVoiceAgent, match="salon/nobody"):
        opened(salon, Line("salon", "nobody"))
    with pytest.raises(NoVoiceAgent, match="nowhere/reception"):
        opened(database.for_org("nowhere"), Line("nowhere", "reception"))
    assert salon.find(Query(Call)).records == ()


def test_a_voice_agent_that_is_switched_off_answers_no_front_end(store: Store) -> None:
    store.commit(Create(an_organisation()), Create(a_voice_agent(active=False)))
    with pytest.raises(NoVoiceAgent, match="switched off"):
        opened(store)


def test_the_first_to_be_named_stays_the_caller(salon: Store) -> None:
    call = opened(salon)
    assert call is not None
    assert line.caller_came(salon, call.id, "anna").caller_identity == "anna"
    assert line.caller_came(salon, call.id, "bert").caller_identity == "anna"
