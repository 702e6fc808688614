"""What a person can do to a live call."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from holdline import desk
from holdline.callback import Callback
from holdline.errors import AlreadyTaken, IllegalTransition, InvalidAnswer, NotFound
from holdline.help_request import HelpRequest, Status
from holdline.memory_store import MemoryDatabase
from holdline.people import AuditEntry
from holdline.store import Create, Found, Put, Query, Store, must_get
from tests.builders import (
    ANA,
    BEN,
    NOW,
    a_call,
    a_claimed_request,
    a_request,
    a_request_that_is,
    an_answered_request,
    later,
)
from tests.doubles import OutrunStore

PATH = "orgs/salon/help_requests/request-1"


@pytest.fixture
def store(store: Store) -> Store:
    store.commit(Create(a_request()))
    return store


def the_request(store: Store) -> HelpRequest:
    return must_get(store, HelpRequest, "request-1").record


def audited(store: Store) -> list[tuple[str, str, str]]:
    entries = store.find(Query(AuditEntry, order_by="at")).records
    return [(entry.who.name, entry.did, entry.subject) for entry in entries]


# Claiming


def test_a_claim_shows_who_is_looking_and_until_when(store: Store) -> None:
    claimed = desk.claim(store, "request-1", by=ANA, at=NOW)
    assert (claimed.status, claimed.claimed_by, claimed.claimed_at) == (Status.CLAIMED, ANA, NOW)
    assert claimed.claimed_until == NOW + desk.CLAIM_LASTS
    assert the_request(store) == claimed
    assert audited(store) == [("Ana", "claimed", "help_requests/request-1")]


def test_a_claimed_request_cannot_be_claimed_by_another_who_is_told_by_whom(store: Store) -> None:
    desk.claim(store, "request-1", by=ANA, at=NOW)
    with pytest.raises(AlreadyTaken, match="Ana") as refused:
        desk.claim(store, "request-1", by=BEN, at=later(119))
    assert refused.value.by == "Ana"
    assert the_request(store).claimed_by == ANA


def test_claiming_ones_own_claim_again_prolongs_it(store: Store) -> None:
    desk.claim(store, "request-1", by=ANA, at=NOW)
    assert desk.claim(store, "request-1", by=ANA, at=later(60)).claimed_until == later(60) + desk.CLAIM_LASTS


def test_a_stale_claim_frees_the_request_for_another(store: Store) -> None:
    store.commit(Put(a_claimed_request(by=ANA, until=later(120))))
    claimed = desk.claim(store, "request-1", by=BEN, at=later(120))
    assert (claimed.claimed_by, claimed.claimed_at) == (BEN, later(120))


def test_only_who_claimed_it_may_release_it(store: Store) -> None:
    desk.claim(store, "request-1", by=ANA, at=NOW)
    with pytest.raises(AlreadyTaken, match="Ana"):
        desk.release(store, "request-1", by=BEN, at=later(1))
    released = desk.release(store, "request-1", by=ANA, at=later(2))
    assert (released.status, released.claimed_by, released.claimed_until) == (Status.WAITING, None, None)
    assert [did for _, did, _ in audited(store)] == ["claimed", "released"]


def test_what_nobody_claimed_cannot_be_released(store: Store) -> None:
    with pytest.raises(IllegalTransition):
        desk.release(store, "request-1", by=ANA, at=NOW)


# Answering


def test_an_answer_need_not_be_claimed_first(store: Store) -> None:
    answered = desk.answer(store, "request-1", "  Yes, behind the shop. ", by=ANA, at=later(9))
    assert (answered.status, answered.answer, answered.accepted_answer) == (
        Status.ANSWERED,
        "Yes, behind the shop.",
        "Yes, behind the shop.",
    )
    assert (answered.answered_by, answered.answered_at, answered.answer_version) == (ANA, later(9), 1)
    assert the_request(store) == answered
    assert audited(store) == [("Ana", "answered", "help_requests/request-1")]


def test_of_two_answers_one_wins_and_the_other_is_told_by_whom(store: Store) -> None:
    desk.answer(store, "request-1", "Yes, behind the shop.", by=ANA, at=NOW)
    with pytest.raises(AlreadyTaken, match="Ana"):
        desk.answer(store, "request-1", "No.", by=BEN, at=later(1))
    assert the_request(store).answer == "Yes, behind the shop."


def test_an_answer_that_lost_the_race_between_its_reading_and_its_writing_is_told_by_whom(
    database: MemoryDatabase,
) -> None:
    salon = database.for_org("salon")
    salon.commit(Create(a_request()))
    late = OutrunStore(database, meanwhile=lambda: desk.answer(salon, "request-1", "Yes.", by=ANA, at=NOW))
    with pytest.raises(AlreadyTaken, match="Ana"):
        desk.answer(late, "request-1", "No.", by=BEN, at=NOW)
    assert the_request(salon).answered_by == ANA
    assert audited(salon) == [("Ana", "answered", "help_requests/request-1")]


def test_what_was_answered_cannot_be_claimed_and_says_who_answered(store: Store) -> None:
    desk.answer(store, "request-1", "Yes.", by=ANA, at=NOW)
    with pytest.raises(AlreadyTaken, match="Ana"):
        desk.claim(store, "request-1", by=BEN, at=later(1))


@pytest.mark.parametrize("status", [Status.ANSWERED, Status.SPEAKING])
def test_a_status_set_by_hand_ahead_of_any_answer_keeps_nobody_from_answering(store: Store, status: Status) -> None:
    store.commit(Put(a_request_that_is(status)))
    answered = desk.answer(store, "request-1", "Yes.", by=ANA, at=NOW)
    assert (answered.status, answered.accepted_answer) == (Status.ANSWERED, "Yes.")


def test_sending_the_same_words_again_is_the_same_answer(store: Store) -> None:
    first = desk.answer(store, "request-1", "Yes.", by=ANA, at=NOW)
    assert desk.answer(store, "request-1", " Yes. ", by=ANA, at=later(1)) == first
    assert len(audited(store)) == 1


def test_a_claim_protects_the_request_from_anothers_answer(store: Store) -> None:
    desk.claim(store, "request-1", by=ANA, at=NOW)
    with pytest.raises(AlreadyTaken, match="Ana"):
        desk.answer(store, "request-1", "No.", by=BEN, at=later(1))
    assert desk.answer(store, "request-1", "Yes.", by=ANA, at=later(2)).answered_by == ANA


def test_a_stale_claim_protects_nothing(store: Store) -> None:
    store.commit(Put(a_claimed_request(by=ANA, until=later(120))))
    answered = desk.answer(store, "request-1", "No.", by=BEN, at=later(121))
    assert (answered.status, answered.answered_by, answered.claimed_by) == (Status.ANSWERED, BEN, None)


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.CALLER_LEFT])
def test_an_answer_that_comes_too_late_becomes_a_follow_up(store: Store, status: Status) -> None:
    store.commit(Put(a_request_that_is(status)))
    answered = desk.answer(store, "request-1", "Yes.", by=ANA, at=NOW)
    assert (answered.status, answered.answer) == (Status.FOLLOW_UP, "Yes.")


def test_a_question_that_was_withdrawn_takes_no_answer(store: Store) -> None:
    store.commit(Put(a_request_that_is(Status.WITHDRAWN)))
    with pytest.raises(IllegalTransition, match="withdrawn cannot be answered"):
        desk.answer(store, "request-1", "Yes.", by=ANA, at=NOW)


def test_an_answer_that_cannot_be_spoken_changes_nothing(store: Store) -> None:
    for bad in ("", "x" * 501, "a\x00b", "<b>Yes</b>"):
        with pytest.raises(InvalidAnswer):
            desk.answer(store, "request-1", bad, by=ANA, at=NOW)
    assert the_request(store) == a_request()
    assert audited(store) == []


def test_a_request_that_is_not_there_is_not_found(store: Store) -> None:
    acts: list[Callable[[], HelpRequest]] = [
        lambda: desk.claim(store, "nobody", by=ANA, at=NOW),
        lambda: desk.release(store, "nobody", by=ANA, at=NOW),
        lambda: desk.answer(store, "nobody", "Yes.", by=ANA, at=NOW),
        lambda: desk.accept_hand_written_answer(store, "nobody", at=NOW),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()


# Corrections, and what is done once the call is over


def test_a_correction_is_a_new_answer_that_the_caller_is_to_hear(store: Store) -> None:
    store.commit(Create(a_call()), Put(an_answered_request(answer="Yes.").model_copy(update={"status": "delivered"})))
    corrected = desk.correct(store, "request-1", " No, sorry. ", by=BEN, at=later(9))
    assert (corrected.status, corrected.accepted_answer, corrected.answer_version) == (
        Status.ANSWERED,
        "No, sorry.",
        2,
    )
    assert (corrected.answered_by, corrected.answered_at, corrected.received_at) == (BEN, later(9), None)
    assert audited(store) == [("Ben", "corrected", "help_requests/request-1")]


def test_a_correction_to_a_caller_who_is_gone_becomes_a_follow_up(store: Store) -> None:
    ended = a_call(ended_at=NOW, outcome="caller_left")
    store.commit(Create(ended), Put(an_answered_request(answer="Yes.").model_copy(update={"status": "delivered"})))
    assert desk.correct(store, "request-1", "No, sorry.", by=BEN, at=later(9)).status is Status.FOLLOW_UP
    assert desk.correct(store, "request-1", "Perhaps.", by=BEN, at=later(10)).status is Status.FOLLOW_UP


def test_an_answer_that_is_corrected_after_the_caller_was_told_is_owed_again(
    database: MemoryDatabase, store: Store
) -> None:
    store.commit(Create(a_call(ended_at=NOW)))
    told = an_answered_request(answer="Yes.").model_copy(update={"status": Status.FOLLOWED_UP})
    store.commit(Put(told))
    corrected = desk.correct(store, "request-1", "No.", by=BEN, at=later(9))
    assert (corrected.status, corrected.answer_version) == (Status.FOLLOW_UP, 2)
    store.commit(Put(told))
    typed(database, answer="Perhaps.")
    accepted = desk.accept_hand_written_answer(store, "request-1", is_call_over=True, at=later(10))
    assert (accepted.status, accepted.answer_version) == (Status.FOLLOW_UP, 2)


@pytest.mark.parametrize("status", [Status.WAITING, Status.EXPIRED, Status.WITHDRAWN, Status.FOLLOWED_UP])
def test_only_an_answer_that_was_sent_can_be_corrected(store: Store, status: Status) -> None:
    store.commit(Put(a_request_that_is(status)))
    with pytest.raises(IllegalTransition, match="cannot be corrected"):
        desk.correct(store, "request-1", "No.", by=BEN, at=NOW)


def test_a_correction_of_words_that_were_replaced_meanwhile_replaces_nothing(store: Store) -> None:
    """Whoever wrote it has not seen the newer ones."""
    store.commit(Put(an_answered_request(answer="Yes.")))
    desk.correct(store, "request-1", "No, sorry.", of_version=1, by=BEN, at=later(9))
    with pytest.raises(AlreadyTaken, match="Ben"):
        desk.correct(store, "request-1", "Perhaps.", of_version=1, by=ANA, at=later(10))
    assert desk.correct(store, "request-1", "No, sorry.", of_version=1, by=BEN, at=later(11)).answer_version == 2
    assert desk.correct(store, "request-1", "Perhaps.", of_version=2, by=ANA, at=later(12)).answer_version == 3


def test_a_correction_that_says_the_same_changes_nothing(store: Store) -> None:
    before = an_answered_request(answer="Yes.")
    store.commit(Put(before))
    assert desk.correct(store, "request-1", "Yes.", by=BEN, at=later(9)) == before
    assert audited(store) == []


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.CALLER_LEFT, Status.FOLLOW_UP])
@pytest.mark.parametrize(
    ("settle", "to", "did"),
    [(desk.follow_up, Status.FOLLOWED_UP, "followed_up"), (desk.close, Status.CLOSED, "closed")],
)
def test_what_is_owed_to_a_caller_who_is_gone_is_settled_by_a_person_once(
    store: Store, status: Status, settle: Callable[..., HelpRequest], to: Status, did: str
) -> None:
    store.commit(Put(a_request_that_is(status)))
    assert (settle(store, "request-1", by=ANA, at=later(9)).status, the_request(store).closed_at) == (to, later(9))
    assert settle(store, "request-1", by=ANA, at=later(10)).closed_at == later(9)
    with pytest.raises(AlreadyTaken, match="Ana has done that already"):
        settle(store, "request-1", by=BEN, at=later(11))
    assert audited(store) == [("Ana", did, "help_requests/request-1")]


def test_that_the_caller_was_called_back_is_no_news_where_they_were_told_otherwise(store: Store) -> None:
    store.commit(Put(a_request_that_is(Status.FOLLOWED_UP, closed_at=later(1))))
    assert desk.follow_up(store, "request-1", by=ANA, at=later(9)).closed_at == later(1)


@pytest.mark.parametrize("settle", [desk.follow_up, desk.close])
def test_an_answer_that_was_not_read_is_not_settled(store: Store, settle: Callable[..., HelpRequest]) -> None:
    store.commit(Put(a_request_that_is(Status.CALLER_LEFT)))
    desk.answer(store, "request-1", "Yes.", by=BEN, at=later(5))
    with pytest.raises(AlreadyTaken, match="Ben has answered this meanwhile"):
        settle(store, "request-1", of_version=0, by=ANA, at=later(9))
    assert the_request(store).status is Status.FOLLOW_UP
    settle(store, "request-1", of_version=1, by=ANA, at=later(10))


def test_who_settled_an_earlier_answer_has_not_settled_its_correction(store: Store) -> None:
    store.commit(Put(a_call(ended_at=NOW)), Put(a_request_that_is(Status.CALLER_LEFT)))
    desk.answer(store, "request-1", "Yes.", by=BEN, at=later(5))
    assert desk.follow_up(store, "request-1", by=ANA, at=later(6)).settled_by == ANA
    assert desk.correct(store, "request-1", "No.", by=BEN, at=later(7)).settled_by is None
    assert desk.follow_up(store, "request-1", by=BEN, at=later(8)).settled_by == BEN


@pytest.mark.parametrize(("settle", "to"), [(desk.follow_up, Status.FOLLOWED_UP), (desk.close, Status.CLOSED)])
def test_who_only_asked_to_be_called_back_is_owed_it_whatever_they_heard(
    store: Store, settle: Callable[..., HelpRequest], to: Status
) -> None:
    wish = Callback(number="+15555550142", asked_at=NOW)
    store.commit(Put(a_request_that_is(Status.DELIVERED, teaches=False, callback=wish)))
    assert settle(store, "request-1", by=ANA, at=later(9)).status is to


@pytest.mark.parametrize("settle", [desk.follow_up, desk.close])
@pytest.mark.parametrize(
    "fields",
    [{"callback": Callback(number="+15555550142", asked_at=NOW)}, {"teaches": False}],
    ids=["a question", "no call back"],
)
def test_what_was_heard_and_owes_no_call_is_not_to_be_settled(
    store: Store, settle: Callable[..., HelpRequest], fields: dict[str, Any]
) -> None:
    store.commit(Put(a_request_that_is(Status.DELIVERED, **fields)))
    with pytest.raises(IllegalTransition):
        settle(store, "request-1", by=ANA, at=later(9))


def test_what_a_caller_is_still_owed_on_the_call_cannot_be_settled_behind_their_back(store: Store) -> None:
    for settle in (desk.follow_up, desk.close):
        with pytest.raises(IllegalTransition):
            settle(store, "request-1", by=ANA, at=NOW)


# Answers typed into the document itself


def typed(database: MemoryDatabase, **fields: object) -> None:
    database.write_by_hand(PATH, fields)


def test_a_hand_written_answer_is_relayed_like_any_other(database: MemoryDatabase, store: Store) -> None:
    typed(database, answer=" Yes, behind\nthe shop. ")
    accepted = desk.accept_hand_written_answer(store, "request-1", at=later(3))
    assert (accepted.status, accepted.answer, accepted.accepted_answer, accepted.answer_version) == (
        Status.ANSWERED,
        "Yes, behind the shop.",
        "Yes, behind the shop.",
        1,
    )
    assert (accepted.answered_by, accepted.answered_at, accepted.problem) == (desk.CONSOLE, later(3), None)
    assert the_request(store) == accepted
    assert audited(store) == [("Console", "answered", "help_requests/request-1")]


def test_a_hand_may_set_the_status_too(database: MemoryDatabase, store: Store) -> None:
    typed(database, answer="Yes.", status="answered")
    assert desk.accept_hand_written_answer(store, "request-1", at=NOW).status is Status.ANSWERED
    assert the_request(store).answer_version == 1


def test_the_console_overrides_a_claim(database: MemoryDatabase, store: Store) -> None:
    desk.claim(store, "request-1", by=ANA, at=NOW)
    typed(database, answer="Yes.")
    assert desk.accept_hand_written_answer(store, "request-1", at=later(1)).status is Status.ANSWERED


@pytest.mark.parametrize(
    ("bad", "reason"),
    [("x" * 501, "at most 500"), ("a\x07b", r"U\+0007"), ("<b>Yes</b>", "markup"), ("   ", "empty")],
)
def test_a_hand_written_answer_that_cannot_be_spoken_is_refused_with_the_reason_beside_it_and_the_draft_kept(
    database: MemoryDatabase, store: Store, bad: str, reason: str
) -> None:
    typed(database, answer=bad)
    refused = desk.accept_hand_written_answer(store, "request-1", at=NOW)
    assert refused.problem is not None
    assert re.search(reason, refused.problem)
    assert (refused.answer, refused.status, refused.accepted_answer) == (bad, Status.WAITING, None)
    assert the_request(store) == refused
    assert audited(store) == []


def test_a_refusal_does_not_echo(database: MemoryDatabase, store: Store) -> None:
    """Whoever watches the request and asks again at each change writes the reason once."""
    told: list[Found[HelpRequest]] = []

    def take_hand_written_answers(state: Found[HelpRequest]) -> None:
        told.append(state)
        for request in state.records:
            if request.has_hand_written_answer:
                desk.accept_hand_written_answer(store, request.id, at=NOW)

    store.watch(Query(HelpRequest), take_hand_written_answers)
    typed(database, answer="<b>Yes</b>", status="answered")
    assert len(told) == 3, "as it was, as it was typed, and with the reason"
    assert the_request(store).status is Status.WAITING


def test_a_draft_that_was_mended_is_accepted_and_its_reason_goes(database: MemoryDatabase, store: Store) -> None:
    typed(database, answer="<b>Yes</b>")
    desk.accept_hand_written_answer(store, "request-1", at=NOW)
    typed(database, answer="Yes")
    accepted = desk.accept_hand_written_answer(store, "request-1", at=later(1))
    assert (accepted.status, accepted.problem) == (Status.ANSWERED, None)


def test_an_answer_from_the_page_takes_a_refused_drafts_reason_away(database: MemoryDatabase, store: Store) -> None:
    typed(database, answer="<b>Yes</b>")
    desk.accept_hand_written_answer(store, "request-1", at=NOW)
    answered = desk.answer(store, "request-1", "Yes.", by=ANA, at=later(1))
    assert (answered.answer, answered.problem) == ("Yes.", None)


def test_a_typed_answer_that_waits_to_be_accepted_is_not_overwritten_from_the_page(
    database: MemoryDatabase, store: Store
) -> None:
    database.write_by_hand(PATH, {"answer": "Yes, behind the house."})
    with pytest.raises(AlreadyTaken, match="Already taken by Console"):
        desk.answer(store, "request-1", "No.", by=ANA, at=NOW)
    assert the_request(store).answer == "Yes, behind the house."


def test_a_correction_begins_its_own_count_of_cuts(database: MemoryDatabase, store: Store) -> None:
    cut = an_answered_request(answer="Yes.").model_copy(update={"cuts": 3})
    store.commit(Put(cut))
    database.write_by_hand(PATH, {"answer": "No."})
    assert desk.accept_hand_written_answer(store, "request-1", at=NOW).cuts == 0


@pytest.mark.parametrize("status", [Status.ANSWERED, Status.SPEAKING, Status.DELIVERED])
def test_typing_over_an_accepted_answer_corrects_it(database: MemoryDatabase, store: Store, status: Status) -> None:
    answered = an_answered_request(answer="Yes.").model_copy(update={"status": status, "received_at": NOW})
    store.commit(Put(answered))
    typed(database, answer="No, sorry.")
    corrected = desk.accept_hand_written_answer(store, "request-1", at=later(5))
    assert (corrected.status, corrected.accepted_answer, corrected.answer_version) == (
        Status.ANSWERED,
        "No, sorry.",
        2,
    )
    assert (corrected.received_at, corrected.answered_by) == (None, desk.CONSOLE)


def test_a_hand_written_answer_to_a_withdrawn_question_is_refused_in_words(
    database: MemoryDatabase, store: Store
) -> None:
    store.commit(Put(a_request_that_is(Status.WITHDRAWN)))
    typed(database, answer="Yes.")
    assert desk.accept_hand_written_answer(store, "request-1", at=NOW).problem == (
        "A request that is withdrawn cannot be answered."
    )


def test_where_nothing_was_typed_nothing_is_written(store: Store) -> None:
    before = must_get(store, HelpRequest, "request-1")
    desk.accept_hand_written_answer(store, "request-1", at=NOW)
    assert must_get(store, HelpRequest, "request-1") == before
    assert audited(store) == []
