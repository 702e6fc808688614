"""What every store promises of its watches, shown on both: state, in order, until closed."""

import logging
import threading

import pytest

from holdline.help_request import HelpRequest, Status
from holdline.store import Create, Found, Put, Query, Store, Update, must_get
from tests.builders import a_request, later
from tests.contract.conftest import WAIT_S, House, States

WAITING = Query(HelpRequest, {"status": (Status.WAITING, Status.CLAIMED)}, order_by="asked_at")


@pytest.fixture
def states() -> States[HelpRequest]:
    return States()


def test_the_first_state_is_what_is_there_already(store: Store, states: States[HelpRequest]) -> None:
    store.commit(Create(a_request("one")), Create(a_request("two", asked_at=later(-1))))
    store.watch(WAITING, states.tell)
    assert [request.id for request in states.until(lambda _: True).records] == ["two", "one"]


def test_of_an_empty_collection_the_first_state_is_empty(store: Store, states: States[HelpRequest]) -> None:
    store.watch(WAITING, states.tell)
    assert states.until(lambda _: True) == Found()


def test_every_kind_of_change_is_told_as_the_whole_state(
    store: Store, house: House, states: States[HelpRequest]
) -> None:
    store.watch(WAITING, states.tell)
    states.until_ids()
    store.commit(Create(a_request("one")))
    states.until_ids("one")
    store.commit(Create(a_request("two", asked_at=later(1))))
    states.until_ids("one", "two")
    before = must_get(store, HelpRequest, "one")
    store.commit(Update(before, before.record.model_copy(update={"details": ("a van",)})))
    assert states.until(lambda state: state.records[0].details == ("a van",)).stored[0] == must_get(
        store, HelpRequest, "one"
    )
    house.delete_by_hand("orgs/salon/help_requests/one")
    states.until_ids("two")


def test_a_document_that_no_longer_meets_the_query_leaves_the_state_and_may_return(
    store: Store, states: States[HelpRequest]
) -> None:
    store.commit(Create(a_request()))
    store.watch(WAITING, states.tell)
    states.until_ids("request-1")
    store.commit(Put(a_request(status=Status.DELIVERED)))
    states.until_ids()
    store.commit(Put(a_request(status=Status.CLAIMED)))
    states.until_ids("request-1")


def test_a_change_outside_the_query_or_the_organisation_is_not_told(
    store: Store, house: House, states: States[HelpRequest]
) -> None:
    store.watch(WAITING, states.tell)
    states.until_ids()
    house.database.for_org("dental").commit(Create(a_request("theirs")))
    store.commit(Create(a_request("done", status=Status.DELIVERED)))
    store.commit(Create(a_request("ours")))
    states.until_ids("ours")
    assert [len(state.records) for state in states.heard] == [0, 1]


def test_states_come_in_order_and_the_last_is_the_present(store: Store, states: States[HelpRequest]) -> None:
    store.commit(Create(a_request()))
    store.watch(WAITING, states.tell)
    for number in range(1, 31):
        before = must_get(store, HelpRequest, "request-1")
        store.commit(Update(before, before.record.model_copy(update={"cuts": number})))
    states.until(lambda state: state.records[0].cuts == 30)
    seen = [state.records[0].cuts for state in states.heard]
    assert seen == sorted(set(seen))


def test_a_limit_and_an_order_hold_while_documents_come_and_go(
    store: Store, house: House, states: States[HelpRequest]
) -> None:
    store.watch(Query(HelpRequest, order_by="asked_at", descending=True, limit=2), states.tell)
    for name, seconds in {"b": 2, "a": 1, "c": 3}.items():
        store.commit(Create(a_request(name, asked_at=later(seconds))))
    states.until_ids("c", "b")
    house.delete_by_hand("orgs/salon/help_requests/b")
    states.until_ids("c", "a")


def test_a_document_that_people_broke_is_told_as_invalid_and_again_when_it_is_mended(
    store: Store, house: House, states: States[HelpRequest]
) -> None:
    store.commit(Create(a_request()))
    store.watch(WAITING, states.tell)
    states.until_ids("request-1")
    house.write_by_hand("orgs/salon/help_requests/request-1", {"question": ""})
    (invalid,) = states.until(lambda state: bool(state.invalid)).invalid
    assert invalid.problems.keys() == {"question"}
    house.write_by_hand("orgs/salon/help_requests/request-1", {"question": "Parking?"})
    states.until_ids("request-1")


def test_a_callback_that_fails_is_logged_and_told_the_next_state(
    store: Store, states: States[HelpRequest], caplog: pytest.LogCaptureFixture
) -> None:
    def fails_on_one(state: Found[HelpRequest]) -> None:
        states.tell(state)
        if len(state.records) == 1:
            raise RuntimeError("a bug in the page")

    with caplog.at_level(logging.ERROR):
        watch = store.watch(WAITING, fails_on_one)
        states.until_ids()
        store.commit(Create(a_request("one")))
        states.until_ids("one")
        store.commit(Create(a_request("two")))
        states.until_ids("one", "two")
    assert "a bug in the page" in caplog.text
    assert watch.is_live


def test_two_watches_of_one_query_are_told_alike_and_closed_apart(store: Store, states: States[HelpRequest]) -> None:
    others: States[HelpRequest] = States()
    first, second = store.watch(WAITING, states.tell), store.watch(WAITING, others.tell)
    states.until_ids()
    others.until_ids()
    first.close()
    store.commit(Create(a_request()))
    others.until_ids("request-1")
    assert states.is_silent
    assert (first.is_live, second.is_live) == (False, True)


def test_a_watch_may_be_closed_twice_and_from_its_own_callback(store: Store, states: States[HelpRequest]) -> None:
    closed = threading.Event()

    def close_on_one(state: Found[HelpRequest]) -> None:
        states.tell(state)
        if state.records:
            watch.close()
            closed.set()

    watch = store.watch(WAITING, close_on_one)
    states.until_ids()
    store.commit(Create(a_request("one")))
    assert closed.wait(WAIT_S)
    watch.close()
    store.commit(Create(a_request("two")))
    others: States[HelpRequest] = States()
    store.watch(WAITING, others.tell)
    others.until_ids("one", "two")
    states.until_ids("one")
    assert states.is_silent


def test_closing_the_database_ends_its_watches(house: House, store: Store, states: States[HelpRequest]) -> None:
    watch = store.watch(WAITING, states.tell)
    states.until_ids()
    house.database.close()
    assert not watch.is_live
