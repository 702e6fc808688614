"""A text that a question asks for is sent once, to whom it is for, and what became of it stands beside the question."""

from collections.abc import Callable
from typing import Any

import pytest

from holdline import desk, next_call, texting
from holdline.callback import Callback
from holdline.duty import DutyPhone
from holdline.help_request import OPEN, HelpRequest, Status
from holdline.ladder import Rung
from holdline.memory_store import MemoryDatabase
from holdline.store import Put, Query, Store, must_get
from holdline.text_message import TextStatus
from holdline.texting import LONGEST, NOT_KNOWN, STUCK_AFTER, Outgoing, Which, claim, due, give_up_stuck
from tests.builders import ANA, NOW, a_call, a_person, a_request, a_request_that_is, an_organisation, later
from tests.doubles import OutrunStore

PHONE = "+15555550144"
CALLER = "+15555550142"
SALON = an_organisation(on_duty="ana")
CONSENT = Callback(consents_to_text=True, asked_at=NOW)


@pytest.fixture
def store(store: Store) -> Store:
    """Ana is on duty, and can be texted."""
    store.commit(Put(a_person(phone=PHONE)), Put(a_call()))
    return store


def asked(store: Store, request_id: str = "request-1", /, **fields: Any) -> HelpRequest:
    request = a_request(request_id, **{"rung": Rung.ON_DUTY, "caller_number": CALLER, **fields})
    store.commit(Put(request))
    return request


def answered_late(store: Store, *, answer: str = "Yes, behind the house.", **fields: Any) -> HelpRequest:
    """The caller left before the answer came, and agreed to be texted."""
    asked(store, **{"status": Status.CALLER_LEFT, "callback": CONSENT, **fields})
    store.commit(Put(a_call(ended_at=NOW)))
    return desk.answer(store, "request-1", answer, by=ANA, at=NOW)


def claimed(store: Store, request_id: str = "request-1", *, seconds: float = 0, **changes: Any) -> Outgoing | None:
    given = {"organisation": SALON, "obstacle": None, **changes}
    return claim(store, request_id, at=later(seconds), **given)


def must_claim(store: Store, request_id: str = "request-1", *, seconds: float = 0) -> Outgoing:
    text = claimed(store, request_id, seconds=seconds)
    assert text is not None
    return text


def owed(store: Store, *, seconds: float = 0) -> list[HelpRequest]:
    return next_call.owed_to(store, CALLER, at=later(seconds))


def the_request(store: Store, request_id: str = "request-1") -> HelpRequest:
    return must_get(store, HelpRequest, request_id).record


# To the person on duty


def test_a_question_that_has_climbed_to_the_person_on_duty_is_texted_to_them(store: Store) -> None:
    asked(store, details=("it is a big car", "a van"))
    text = must_claim(store)
    assert (text.which, text.to) == (Which.DUTY, PHONE)
    assert text.words == (
        'Luxe Beauty Salon: a caller is waiting and asks: "Do you have parking?"\n'
        "They added: it is a big car a van\n"
        "Reply with the words the caller should hear."
    )
    request = the_request(store)
    assert request.duty_text is not None
    assert (request.duty_text.to, request.duty_text.status, request.is_texting) == (ANA, TextStatus.SENDING, True)
    sent = texting.sent(store, text, sid="SM1", at=later(1))
    assert sent.duty_text is not None
    assert (sent.duty_text.status, sent.duty_text.sid, sent.is_texting) == (TextStatus.SENT, "SM1", False)
    assert sent.status is Status.WAITING


def test_news_that_comes_twice_claims_once(store: Store) -> None:
    asked(store)
    text = must_claim(store)
    assert claimed(store, seconds=1) is None
    texting.sent(store, text, sid="SM1", at=later(1))
    assert claimed(store, seconds=2) is None


def test_of_two_who_claim_at_once_one_sends(database: MemoryDatabase, store: Store) -> None:
    asked(store)
    texts: list[Outgoing | None] = []
    racing = OutrunStore(database, meanwhile=lambda: texts.append(claimed(store)))
    texts.append(claimed(racing, seconds=1))
    assert [text is not None for text in texts] == [True, False]


@pytest.mark.parametrize("rung", [Rung.SKILLED, Rung.ANYONE, Rung.NOBODY])
def test_nobody_is_texted_before_it_is_their_turn(store: Store, rung: Rung) -> None:
    asked(store, rung=rung)
    assert claimed(store) is None


@pytest.mark.parametrize("status", sorted(set(Status) - set(OPEN)))
def test_nobody_is_texted_what_needs_no_answer(status: Status) -> None:
    assert due(a_request_that_is(status, rung=Rung.ON_DUTY)) is None


def test_a_code_is_told_where_another_question_waits_for_the_same_phone(store: Store) -> None:
    asked(store)
    assert "Reply with the words" in must_claim(store).words
    asked(store, "request-2", question="Can I bring my dog?")
    words = must_claim(store, "request-2").words
    code = the_request(store, "request-2").duty_text.code  # type: ignore[union-attr]
    assert words.endswith(f"Reply with {code} and the words the caller should hear.")
    codes = [one.code for one in must_get(store, DutyPhone, PHONE).record.asked]
    assert len(set(codes)) == 2
    assert codes[1] == code


def test_a_question_that_was_answered_meanwhile_needs_no_code_beside_it(store: Store) -> None:
    asked(store)
    must_claim(store)
    desk.answer(store, "request-1", "Yes.", by=ANA, at=later(1))
    asked(store, "request-2")
    assert "Reply with the words" in must_claim(store, "request-2", seconds=2).words


def test_two_questions_at_once_have_two_codes(database: MemoryDatabase, store: Store) -> None:
    asked(store)
    asked(store, "request-2", question="Can I bring my dog?")
    racing = OutrunStore(database, meanwhile=lambda: claimed(store, "request-2"))
    assert claimed(racing) is not None
    codes = {one.code for one in must_get(store, DutyPhone, PHONE).record.asked}
    assert len(codes) == 2


@pytest.mark.parametrize(
    ("organisation", "person", "words"),
    [
        (an_organisation(), {}, "set on_duty"),
        (an_organisation(on_duty="zoe"), {}, "people/zoe is on duty, and does not exist"),
        (SALON, {"phone": None}, "set phone in people/ana"),
        (SALON, {"phone": "tomorrow"}, "people/ana is on duty, and is not valid: phone"),
    ],
    ids=["nobody", "no such person", "no phone", "no valid phone"],
)
def test_where_nobody_can_be_texted_it_says_what_to_set(
    database: MemoryDatabase, store: Store, organisation: Any, person: dict[str, Any], words: str
) -> None:
    database.write_by_hand("orgs/salon/people/ana", person)
    asked(store)
    assert claimed(store, organisation=organisation) is None
    message = the_request(store).duty_text
    assert message is not None
    assert (message.status, message.may_repeat) == (TextStatus.FAILED, False)
    assert words in str(message.problem)
    assert claimed(store, organisation=organisation, seconds=60) is None
    assert store.find(Query(DutyPhone)).records == ()


def test_without_an_account_it_says_so_and_sends_nothing(store: Store) -> None:
    asked(store)
    assert claimed(store, obstacle="set TWILIO_ACCOUNT_SID") is None
    message = the_request(store).duty_text
    assert message is not None
    assert (message.status, message.problem) == (TextStatus.FAILED, "set TWILIO_ACCOUNT_SID")


def test_what_could_not_be_sent_for_now_is_tried_once_more(store: Store) -> None:
    asked(store)
    for seconds in (0, 5):
        text = must_claim(store, seconds=seconds)
        texting.not_sent(store, text, problem="Twilio does not answer", may_repeat=True)
    assert claimed(store, seconds=10) is None
    message = the_request(store).duty_text
    assert message is not None
    assert (message.tries, message.status, message.problem) == (2, TextStatus.FAILED, "Twilio does not answer")
    assert len(must_get(store, DutyPhone, PHONE).record.asked) == 1, "the same question has the same code"


def test_what_twilio_refuses_is_not_tried_again(store: Store) -> None:
    asked(store)
    texting.not_sent(store, must_claim(store), problem="no mobile phone")
    assert claimed(store, seconds=5) is None


def test_a_text_that_is_stuck_is_sent_once_more_and_then_given_up(store: Store) -> None:
    asked(store)
    must_claim(store)
    almost = STUCK_AFTER.total_seconds() - 1
    assert give_up_stuck(store, "request-1", at=later(almost)).is_texting
    given_up = give_up_stuck(store, "request-1", at=later(almost + 1))
    assert given_up.duty_text is not None
    assert (given_up.duty_text.problem, given_up.is_texting) == (NOT_KNOWN, False)
    must_claim(store, seconds=130)
    give_up_stuck(store, "request-1", at=later(300))
    assert claimed(store, seconds=301) is None


def test_news_of_a_text_that_was_given_up_since_is_of_no_text_but_its_own(store: Store) -> None:
    asked(store)
    first = must_claim(store)
    give_up_stuck(store, "request-1", at=later(200))
    must_claim(store, seconds=201)
    texting.not_sent(store, first, problem="late news")
    message = the_request(store).duty_text
    assert message is not None
    assert (message.status, message.problem) == (TextStatus.SENDING, None)


def test_a_long_question_leaves_room_for_how_to_reply(store: Store) -> None:
    asked(store, question="why " * 125, details=("because " * 60,) * 20)
    words = must_claim(store).words
    assert len(words) <= LONGEST
    assert words.endswith("Reply with the words the caller should hear.")


# To the caller


def test_a_late_answer_goes_to_a_caller_who_agreed_to_a_text(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    assert (text.which, text.to) == (Which.CALLER, CALLER)
    assert text.words == ('Luxe Beauty Salon: you asked "Do you have parking?" Our answer: Yes, behind the house.')
    told = texting.sent(store, text, sid="SM2", at=later(9))
    assert (told.status, told.closed_at, told.is_texting) == (Status.FOLLOWED_UP, later(9), False)
    assert told.caller_text is not None
    assert (told.caller_text.status, told.caller_text.sid, told.caller_text.to) == (TextStatus.SENT, "SM2", None)
    assert claimed(store, seconds=10) is None


def test_the_number_that_the_caller_left_comes_before_the_one_they_rang_from(store: Store) -> None:
    answered_late(store, callback=CONSENT.model_copy(update={"number": "+15555550199"}))
    assert must_claim(store).to == "+15555550199"


@pytest.mark.parametrize(
    "fields",
    [
        {"callback": None},
        {"callback": Callback(number=CALLER, asked_at=NOW)},
        {"caller_number": None},
    ],
    ids=["no callback", "no consent", "no number"],
)
def test_nobody_is_texted_who_has_not_agreed_or_has_no_number(store: Store, fields: dict[str, Any]) -> None:
    answered_late(store, **fields)
    assert claimed(store) is None
    assert the_request(store).caller_text is None


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.FOLLOW_UP}))
def test_only_a_follow_up_is_texted_to_a_caller(status: Status) -> None:
    request = a_request_that_is(
        status, callback=CONSENT, caller_number=CALLER, answer="Yes.", accepted_answer="Yes.", answer_version=1
    )
    assert due(request) is None


@pytest.mark.parametrize("may_repeat", [False, True])
def test_a_caller_is_never_texted_twice_whatever_is_not_known(store: Store, may_repeat: bool) -> None:
    answered_late(store)
    text = must_claim(store)
    texting.not_sent(store, text, problem=NOT_KNOWN, may_repeat=may_repeat, may_have_arrived=True)
    assert claimed(store, seconds=60) is None
    assert the_request(store).status is Status.FOLLOW_UP, "for people to decide"


def test_a_text_to_a_caller_that_is_stuck_is_left_to_people(store: Store) -> None:
    answered_late(store)
    must_claim(store)
    given_up = give_up_stuck(store, "request-1", at=later(STUCK_AFTER.total_seconds()))
    assert given_up.caller_text is not None
    assert (given_up.caller_text.status, given_up.caller_text.problem) == (TextStatus.FAILED, NOT_KNOWN)
    assert (given_up.status, given_up.is_texting) == (Status.FOLLOW_UP, False)
    assert claimed(store, seconds=200) is None


def test_without_an_account_it_stays_a_follow_up_with_the_reason(store: Store) -> None:
    answered_late(store)
    assert claimed(store, obstacle="set TWILIO_ACCOUNT_SID") is None
    request = the_request(store)
    assert request.caller_text is not None
    assert (request.status, request.caller_text.problem) == (Status.FOLLOW_UP, "set TWILIO_ACCOUNT_SID")


def test_an_answer_that_is_corrected_after_it_was_texted_is_texted_once_more_as_a_correction(store: Store) -> None:
    answered_late(store)
    texting.sent(store, must_claim(store), sid="SM2", at=later(9))
    desk.correct(store, "request-1", "No, not any more.", by=ANA, at=later(20))
    text = must_claim(store, seconds=21)
    assert text.words.endswith("A correction of our answer: No, not any more.")
    assert texting.sent(store, text, sid="SM3", at=later(22)).status is Status.FOLLOWED_UP
    assert claimed(store, seconds=23) is None


def test_an_answer_that_is_corrected_while_it_is_texted_has_not_been_told(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    desk.correct(store, "request-1", "No, not any more.", by=ANA, at=later(1))
    assert claimed(store, seconds=2) is None, "the first one is still on its way"
    assert texting.sent(store, text, sid="SM2", at=later(3)).status is Status.FOLLOW_UP
    assert "A correction" in must_claim(store, seconds=4).words


def test_a_correction_of_what_never_reached_the_caller_is_none_to_them(store: Store) -> None:
    answered_late(store)
    texting.not_sent(store, must_claim(store), problem="no mobile phone")
    desk.correct(store, "request-1", "No.", by=ANA, at=later(1))
    assert "Our answer: No." in must_claim(store, seconds=2).words


def test_a_correction_of_what_was_heard_on_the_call_says_so(store: Store) -> None:
    answered_late(store, delivered_at=NOW)
    assert "A correction of our answer: Yes" in must_claim(store).words


@pytest.mark.parametrize(
    "tells",
    [
        lambda store: desk.follow_up(store, "request-1", by=ANA, at=later(5)),
        lambda store: next_call.told(store, "request-1", version=1, at=later(5)),
    ],
    ids=["called back", "rang again"],
)
def test_a_correction_of_what_the_caller_was_told_after_the_call_says_so(
    store: Store, tells: Callable[[Store], HelpRequest]
) -> None:
    answered_late(store)
    assert tells(store).told_at == later(5)
    desk.correct(store, "request-1", "No.", by=ANA, at=later(6))
    assert "A correction of our answer: No." in must_claim(store, seconds=7).words


def test_an_answer_that_a_hand_is_just_changing_is_not_sent_first(database: MemoryDatabase, store: Store) -> None:
    answered_late(store)
    database.write_by_hand("orgs/salon/help_requests/request-1", {"answer": "No."})
    assert claimed(store) is None
    desk.accept_hand_written_answer(store, "request-1", is_call_over=True, at=later(1))
    assert "Our answer: No." in must_claim(store, seconds=2).words


def test_a_caller_who_rings_again_while_the_answer_is_being_texted_is_not_told_it_a_second_time(store: Store) -> None:
    answered_late(store)
    assert owed(store) == [], "it will be texted in a moment"
    text = must_claim(store)
    assert owed(store, seconds=600) == []
    texting.sent(store, text, sid="SM2", at=later(2))
    assert owed(store, seconds=600) == []


def test_an_answer_that_nobody_comes_to_text_is_owed_to_a_caller_who_rings_again(store: Store) -> None:
    late = answered_late(store)
    assert owed(store, seconds=STUCK_AFTER.total_seconds() + 1) == [late]


def test_what_could_not_be_texted_is_owed_to_a_caller_who_rings_again(store: Store) -> None:
    answered_late(store)
    texting.not_sent(store, must_claim(store), problem="no mobile phone")
    assert owed(store) == [the_request(store)]


def test_a_correction_is_owed_to_a_caller_who_rings_again_while_the_first_answer_is_texted(store: Store) -> None:
    answered_late(store)
    must_claim(store)
    corrected = desk.correct(store, "request-1", "No.", by=ANA, at=later(1))
    assert owed(store, seconds=1) == [corrected]


def test_a_text_that_is_sent_after_the_caller_heard_the_answer_closes_it_once(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    next_call.told(store, "request-1", version=1, at=later(1))
    told = texting.sent(store, text, sid="SM2", at=later(2))
    assert (told.status, told.closed_at) == (Status.FOLLOWED_UP, later(1))


# What Twilio had, and what did not arrive


def lost(store: Store, text: Outgoing, *, seconds: float = 30) -> HelpRequest:
    return texting.not_delivered(
        store, text.request, text.which, claimed_at=text.at, problem="blocked", at=later(seconds)
    )


def test_a_caller_whom_the_text_did_not_reach_has_not_been_told(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    texting.sent(store, text, sid="SM2", at=later(9))
    untold = lost(store, text)
    assert untold.caller_text is not None
    assert (untold.status, untold.caller_text.status, untold.caller_text.problem) == (
        Status.FOLLOW_UP,
        TextStatus.FAILED,
        "blocked",
    )
    assert not untold.was_told
    assert lost(store, text) == untold
    assert claimed(store, seconds=60) is None, "people decide what to do instead"


def test_news_that_a_text_is_lost_may_come_before_it_is_written_that_it_was_sent(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    untold = lost(store, text)
    assert texting.sent(store, text, sid="SM2", at=later(31)) == untold
    assert (untold.status, untold.is_texting) == (Status.FOLLOW_UP, False)


def test_that_an_older_text_is_lost_is_no_news_of_a_newer_one(store: Store) -> None:
    answered_late(store)
    first = must_claim(store)
    texting.sent(store, first, sid="SM2", at=later(1))
    desk.correct(store, "request-1", "No.", by=ANA, at=later(2))
    texting.sent(store, must_claim(store, seconds=3), sid="SM3", at=later(4))
    assert lost(store, first).status is Status.FOLLOWED_UP


def test_what_a_person_has_settled_since_stays_settled(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    texting.not_sent(store, text, problem="it broke off", may_have_arrived=True)
    desk.follow_up(store, "request-1", by=ANA, at=later(20))
    texting.on_its_way(store, text.request, text.which, claimed_at=text.at, sid="SM2", at=later(25))
    assert lost(store, text).status is Status.FOLLOWED_UP


def test_who_heard_it_on_a_second_call_stays_told_though_the_text_is_lost(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    next_call.told(store, "request-1", version=1, at=later(20))
    texting.sent(store, text, sid="SM2", at=later(25))
    assert lost(store, text).status is Status.FOLLOWED_UP


# Who asked for nothing but a call back


def a_wish_answered_late(store: Store) -> HelpRequest:
    return answered_late(
        store, answer="We will ring you at ten.", teaches=False, question="The caller asks to be called."
    )


def test_a_text_does_not_take_the_place_of_a_call_back(store: Store) -> None:
    a_wish_answered_late(store)
    told = texting.sent(store, must_claim(store), sid="SM2", at=later(1))
    assert (told.status, told.was_told) == (Status.FOLLOW_UP, True)
    assert due(told) is None
    assert owed(store, seconds=600) == []
    assert desk.follow_up(store, "request-1", by=ANA, at=later(60)).status is Status.FOLLOWED_UP


def test_a_text_about_a_call_back_that_is_lost_has_told_nobody(store: Store) -> None:
    a_wish_answered_late(store)
    text = must_claim(store)
    texting.sent(store, text, sid="SM2", at=later(1))
    untold = lost(store, text)
    assert not untold.was_told
    assert owed(store, seconds=600) == [untold]


def test_hearing_on_a_second_call_when_they_are_called_back_does_not_take_the_place_of_it(store: Store) -> None:
    a_wish_answered_late(store)
    told = next_call.told(store, "request-1", version=1, at=later(5))
    assert (told.status, told.told_at) == (Status.FOLLOW_UP, later(5))
    assert due(told) is None
    assert owed(store, seconds=600) == []
    desk.correct(store, "request-1", "We will ring you at eleven.", by=ANA, at=later(6))
    assert "A correction of our answer: We will ring you at eleven." in must_claim(store, seconds=7).words


def test_that_a_text_was_sent_is_not_taken_back_by_who_could_not_tell(store: Store) -> None:
    """Twilio's news may be faster than the failure of the connection that the text went over."""
    asked(store)
    text = must_claim(store)
    news = texting.on_its_way(store, text.request, text.which, claimed_at=text.at, sid="SM1", at=later(1))
    assert texting.not_sent(store, text, problem=NOT_KNOWN, may_repeat=True, may_have_arrived=True) == news
    assert claimed(store, seconds=2) is None


def test_a_person_on_duty_whom_the_text_did_not_reach_is_out_of_reach(store: Store) -> None:
    asked(store)
    text = must_claim(store)
    assert not texting.is_out_of_reach(texting.sent(store, text, sid="SM1", at=later(1)))
    assert texting.is_out_of_reach(lost(store, text))
    assert claimed(store, seconds=60) is None


def test_that_a_stuck_text_was_sent_after_all_is_taken_in(store: Store) -> None:
    answered_late(store)
    text = must_claim(store)
    give_up_stuck(store, "request-1", at=later(STUCK_AFTER.total_seconds()))
    told = texting.sent(store, text, sid="SM2", at=later(130))
    assert told.caller_text is not None
    assert (told.status, told.caller_text.problem) == (Status.FOLLOWED_UP, None)


def test_the_longest_question_and_answer_fit_into_one_text(store: Store) -> None:
    answered_late(store, question="q" * 500, answer="a" * 500)
    organisation = an_organisation(name="n" * 120)
    text = claimed(store, organisation=organisation)
    assert text is not None
    assert len(text.words) < LONGEST
