"""Many people at one request, on both stores: one is first, and the others are told who it was."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdline import desk
from holdline.errors import AlreadyTaken, HoldlineError
from holdline.help_request import HelpRequest, Status
from holdline.people import AuditEntry, PersonRef
from holdline.store import Create, Query, Store, must_get
from tests.builders import NOW, a_request

PEOPLE = [PersonRef(uid=f"person-{n}", name=f"Person {n}") for n in range(20)]
GENEROUS_S = 2.0
"""What an answer may take that nobody contends for: on a machine that does nothing else it is a tenth of it."""

Does = Callable[[PersonRef], HelpRequest]


def all_at_once(does: Does, people: list[PersonRef]) -> list[HelpRequest | HoldlineError]:
    """What each of them got."""
    ready = threading.Barrier(len(people))

    def one(who: PersonRef) -> HelpRequest | HoldlineError:
        ready.wait()
        try:
            return does(who)
        except HoldlineError as error:
            return error

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(one, people))


def request_of(store: Store) -> HelpRequest:
    return must_get(store, HelpRequest, "request-1").record


def test_of_twenty_who_answer_together_one_is_first_and_the_others_are_told_who(store: Store) -> None:
    store.commit(Create(a_request()))
    got = all_at_once(lambda who: desk.answer(store, "request-1", f"It is {who.name}.", by=who, at=NOW), PEOPLE)
    (winner,) = [one for one in got if isinstance(one, HelpRequest)]
    assert winner.answered_by is not None
    assert (winner.answer, winner.answer_version) == (f"It is {winner.answered_by.name}.", 1)
    losers = [one for one in got if isinstance(one, AlreadyTaken)]
    assert [loser.by for loser in losers] == [winner.answered_by.name] * (len(PEOPLE) - 1)
    assert request_of(store) == winner
    assert [entry.who for entry in store.find(Query(AuditEntry)).records] == [winner.answered_by]


def test_of_twenty_who_claim_together_one_has_it_and_the_others_are_told_who(store: Store) -> None:
    store.commit(Create(a_request()))
    got = all_at_once(lambda who: desk.claim(store, "request-1", by=who, at=NOW), PEOPLE)
    (winner,) = [one for one in got if isinstance(one, HelpRequest)]
    assert winner.claimed_by is not None
    assert [one.by for one in got if isinstance(one, AlreadyTaken)] == [winner.claimed_by.name] * (len(PEOPLE) - 1)
    assert (request_of(store).status, request_of(store).claimed_by) == (Status.CLAIMED, winner.claimed_by)


def test_one_who_sends_the_same_answer_many_times_at_once_has_sent_it_once(store: Store) -> None:
    store.commit(Create(a_request()))
    got = all_at_once(lambda who: desk.answer(store, "request-1", "Yes.", by=who, at=NOW), PEOPLE[:1] * 10)
    assert {one.answer_version for one in got if isinstance(one, HelpRequest)} == {1}
    assert [one for one in got if not isinstance(one, HelpRequest)] == []
    assert len(store.find(Query(AuditEntry)).records) == 1


@pytest.mark.parametrize("before", ["nobody", "a claim of one's own"])
def test_an_answer_that_nobody_contends_for_is_taken_at_once(store: Store, before: str) -> None:
    store.commit(Create(a_request()))
    if before != "nobody":
        desk.claim(store, "request-1", by=PEOPLE[0], at=NOW)
    began_at = time.monotonic()
    desk.answer(store, "request-1", "Yes.", by=PEOPLE[0], at=NOW)
    assert time.monotonic() - began_at < GENEROUS_S
