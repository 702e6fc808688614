"""What the person on duty texts back goes to the question that it is for, once, and is told to have."""

from typing import Any

import pytest

from holdline import desk, line, text_reply, texting
from holdline.call import Outcome as CallOutcome
from holdline.callback import Callback
from holdline.duty import REMEMBERED_FOR, STANDS_FOR, DutyPhone
from holdline.help_request import HelpRequest, Status
from holdline.ladder import Rung
from holdline.memory_store import MemoryDatabase
from holdline.people import AuditEntry, PersonRef
from holdline.store import Put, Query, Store, must_get
from holdline.text_reply import NO_WORDS, NOTHING_OPEN, SETTLED, Outcome, Taken
from tests.builders import ANA, BEN, NOW, a_call, a_person, a_request, an_organisation, later
from tests.doubles import OutrunStore

PHONE = "+15555550144"
SALON = an_organisation(on_duty="ana")


@pytest.fixture
def store(store: Store) -> Store:
    store.commit(Put(a_person(phone=PHONE)), Put(a_call()))
    return store


def texted(store: Store, request_id: str = "request-1", *, seconds: float = 0, **fields: Any) -> str:
    """A question that was texted to Ana's phone; its code."""
    store.commit(Put(a_request(request_id, rung=Rung.ON_DUTY, **fields)))
    text = texting.claim(store, request_id, organisation=SALON, obstacle=None, at=later(seconds))
    assert text is not None
    texting.sent(store, text, sid=f"SM-{request_id}", at=later(seconds))
    return must_get(store, DutyPhone, PHONE).record.code_of(request_id) or ""


def replied(store: Store, body: str, *, sid: str | None = None, by: PersonRef = ANA, seconds: float = 10) -> Taken:
    sid = sid or f"SM-{body}-{seconds}-{by.uid}"
    return text_reply.take_reply(store, body, sid=sid, phone=PHONE, by=by, at=later(seconds))


def the_request(store: Store, request_id: str = "request-1") -> HelpRequest:
    return must_get(store, HelpRequest, request_id).record


def test_the_words_are_the_answer_and_the_person_is_told_to_which_question(store: Store) -> None:
    texted(store)
    taken = replied(store, " Yes, behind the house.\n")
    assert taken == Taken(Outcome.RELAYED, "Passed on to the caller who asked: Do you have parking?", "request-1")
    request = the_request(store)
    assert (request.status, request.accepted_answer, request.answered_by) == (
        Status.ANSWERED,
        "Yes, behind the house.",
        ANA,
    )


def test_the_same_text_that_comes_twice_is_one_answer(store: Store) -> None:
    texted(store)
    first = replied(store, "Yes.", sid="SM1")
    assert replied(store, "Yes.", sid="SM1", seconds=20) == first
    assert len(store.find(Query(AuditEntry)).records) == 1


def test_a_text_that_comes_again_is_not_taken_for_the_answer_to_a_later_question(store: Store) -> None:
    texted(store)
    replied(store, "Yes.", sid="SM1")
    texted(store, "request-2", seconds=20, question="Can I bring my dog?")
    assert replied(store, "Yes.", sid="SM1", seconds=30).request == "request-1"
    assert the_request(store, "request-2").status is Status.WAITING


def test_a_text_whose_question_could_not_be_told_stays_so_when_it_comes_again(store: Store) -> None:
    texted(store)
    texted(store, "request-2", question="Can I bring my dog?")
    assert replied(store, "Yes.", sid="SM1").outcome is Outcome.WHICH
    desk.answer(store, "request-1", "No.", by=BEN, at=later(11))
    assert replied(store, "Yes.", sid="SM1", seconds=12).outcome is Outcome.WHICH
    assert the_request(store, "request-2").status is Status.WAITING


def test_the_same_words_answer_two_questions(store: Store) -> None:
    texted(store)
    replied(store, "Yes.", sid="SM1")
    texted(store, "request-2", seconds=20, question="Can I bring my dog?")
    assert replied(store, "Yes.", sid="SM2", seconds=30).request == "request-2"


# Which question


def test_where_several_wait_the_person_is_asked_which_with_their_codes(store: Store) -> None:
    first = texted(store)
    second = texted(store, "request-2", question="Can I bring my dog, " + "who is very well behaved " * 3)
    taken = replied(store, "Yes.")
    assert taken.outcome is Outcome.WHICH
    assert taken.words == (
        "Which question is it for? Reply with its code and then the words.\n"
        f"{second}: Can I bring my dog, who is very well behaved who is very...\n"
        f"{first}: Do you have parking?"
    )
    assert the_request(store).status is the_request(store, "request-2").status is Status.WAITING


@pytest.mark.parametrize("body", ["{code} Yes.", "{code}: Yes.", "#{code}  Yes.", "{code}\nYes.", "{lower} - Yes."])
def test_a_code_says_which(store: Store, body: str) -> None:
    code = texted(store)
    texted(store, "request-2", question="Can I bring my dog?")
    taken = replied(store, body.format(code=code, lower=code.lower()))
    assert (taken.outcome, taken.request) == (Outcome.RELAYED, "request-1")
    assert the_request(store).accepted_answer == "Yes."


def test_what_only_looks_like_a_code_belongs_to_the_answer(store: Store) -> None:
    code = texted(store)
    assert code != "B6"
    replied(store, "B6 is the code of the gate.")
    assert the_request(store).accepted_answer == "B6 is the code of the gate."


def test_words_without_a_code_never_go_to_an_older_question_than_the_last(store: Store) -> None:
    """Somebody at the desk was faster with the newer one: the words were meant for that, and not for the older."""
    first = texted(store)
    texted(store, "request-2", question="Can I bring my dog?")
    desk.answer(store, "request-2", "Yes, of course.", by=BEN, at=later(5))
    taken = replied(store, "Only small dogs.")
    assert taken.outcome is Outcome.WHICH
    assert f"{first}: Do you have parking?" in str(taken.words)
    assert the_request(store).status is Status.WAITING


def test_who_answers_one_is_told_the_code_of_another_that_waits(store: Store) -> None:
    first = texted(store)
    second = texted(store, "request-2", question="Can I bring my dog?")
    assert replied(store, f"{second} Of course.").words == (
        "Passed on to the caller who asked: Can I bring my dog?\n"
        f"Still waiting. Reply with its code and then the words.\n{first}: Do you have parking?"
    )
    assert replied(store, f"{first} Yes, behind the house.", seconds=11).request == "request-1"


@pytest.mark.parametrize("body", ["Ok thanks", "Yes", "Sorry, small dogs only.", "Yes, behind the house."])
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "ended lately"])
def test_what_follows_an_answer_is_not_taken_for_the_answer_to_an_older_one(
    store: Store, body: str, is_open: bool
) -> None:
    """It may be thanks for the confirmation, or a correction: which of them, words alone do not tell."""
    first = texted(store)
    if not is_open:
        line.expire(store, "request-1", at=later(1))
    second = texted(store, "request-2", seconds=2, question="Can I bring my dog?")
    replied(store, f"{second} Of course.")
    taken = replied(store, body, seconds=11)
    assert taken.outcome is Outcome.WHICH
    assert f"{first}: Do you have parking?" in str(taken.words)
    assert the_request(store).answer_version == 0
    assert the_request(store, "request-2").accepted_answer == "Of course."


def test_what_follows_an_answer_is_refused_where_the_older_one_ended_long_ago(store: Store) -> None:
    texted(store)
    line.expire(store, "request-1", at=later(5))
    after = STANDS_FOR.total_seconds()
    texted(store, "request-2", seconds=after, question="Can I bring my dog?")
    replied(store, "Of course.", seconds=after + 1)
    taken = replied(store, "Ok thanks", seconds=after + 2)
    assert (taken.outcome, taken.request) == (Outcome.TAKEN, "request-2")
    assert the_request(store).status is Status.EXPIRED


def ends(store: Store, how: str, *, seconds: float = 5) -> None:
    """The first question needs no answer any more, which its phone is not told."""
    if how == "expired":
        line.expire(store, "request-1", at=later(seconds))
    elif how == "withdrawn":
        line.withdraw(store, "request-1", at=later(seconds))
    elif how == "caller left":
        line.close(store, "call-1", outcome=CallOutcome.CALLER_LEFT, at=later(seconds))
    else:
        desk.answer(store, "request-1", "No.", by=BEN, at=later(seconds))


@pytest.mark.parametrize("how", ["expired", "withdrawn", "caller left", "answered by another"])
def test_an_older_one_that_ended_lately_may_be_meant_by_who_is_slow(store: Store, how: str) -> None:
    """The caller of the newer one must not hear what was meant for the older."""
    texted(store)
    ends(store, how)
    second = texted(store, "request-2", seconds=6, call="call-2", question="Can I bring my dog?")
    duty_text = the_request(store, "request-2").duty_text
    assert duty_text is not None
    assert duty_text.code == second, "the text says how to answer it"
    taken = replied(store, "Yes, behind the house.")
    assert taken.outcome is Outcome.WHICH
    assert f"{second}: Can I bring my dog?" in str(taken.words)
    assert the_request(store, "request-2").status is Status.WAITING
    assert replied(store, f"{second} Of course.", seconds=20).request == "request-2"


@pytest.mark.parametrize("how", ["expired", "withdrawn", "caller left", "answered by another"])
def test_an_older_one_that_ended_long_ago_does_not_stand_in_the_way_of_the_last(store: Store, how: str) -> None:
    texted(store)
    ends(store, how)
    after = STANDS_FOR.total_seconds()
    texted(store, "request-2", seconds=after, call="call-2", question="Can I bring my dog?")
    duty_text = the_request(store, "request-2").duty_text
    assert duty_text is not None
    assert duty_text.code == ""
    assert replied(store, "Yes.", seconds=after + 10).request == "request-2"


# Too late, or somebody else was first


@pytest.mark.parametrize(
    ("consents", "goes"),
    [(False, "It is kept as a follow-up"), (True, "The caller gets it by text")],
)
def test_an_answer_that_comes_too_late_is_kept_and_the_person_is_told(store: Store, consents: bool, goes: str) -> None:
    texted(store, callback=Callback(consents_to_text=consents, asked_at=NOW))
    line.close(store, "call-1", outcome=CallOutcome.CALLER_LEFT, at=later(5))
    taken = replied(store, "Yes.")
    assert taken.outcome is Outcome.FOLLOW_UP
    assert taken.words == f"Too late for the call. {goes}: Do you have parking?"
    assert the_request(store).status is Status.FOLLOW_UP


def test_who_is_slower_than_the_desk_is_told_who_was_faster(store: Store) -> None:
    texted(store)
    desk.answer(store, "request-1", "No.", by=BEN, at=later(5))
    taken = replied(store, "Yes.")
    assert (taken.outcome, taken.words) == (Outcome.TAKEN, "Already answered by Ben, so nothing was passed on.")
    assert the_request(store).accepted_answer == "No."


def test_who_writes_while_somebody_answers_at_the_desk_is_told_so(store: Store) -> None:
    texted(store)
    desk.claim(store, "request-1", by=BEN, at=later(5))
    taken = replied(store, "Yes.")
    assert taken.outcome is Outcome.TAKEN
    assert taken.words == "Ben is answering this one right now, so nothing was passed on."


def test_two_who_share_a_phone_answer_once(store: Store) -> None:
    texted(store)
    assert replied(store, "Yes.", by=ANA).outcome is Outcome.RELAYED
    assert replied(store, "No.", by=BEN, seconds=11).words == "Already answered by Ana, so nothing was passed on."


@pytest.mark.parametrize("body", ["ok thanks", "Thank you!", "Great, got it."])
def test_a_courtesy_right_after_an_answer_does_not_answer_the_question_that_came_since(store: Store, body: str) -> None:
    texted(store)
    replied(store, "Yes, behind the house.")
    code = texted(store, "request-2", question="Do you take dogs?", seconds=11)
    taken = replied(store, body, seconds=15)
    assert (taken.outcome, the_request(store, "request-2").status) == (Outcome.WHICH, Status.WAITING)
    assert f"{code}: Do you take dogs?" in (taken.words or "")
    assert replied(store, "Yes.", seconds=20).request == "request-2"


def test_a_courtesy_is_an_answer_where_nothing_was_answered_just_before(store: Store) -> None:
    texted(store, question="May I come at five?")
    assert replied(store, "OK, great!").outcome is Outcome.RELAYED


def test_a_question_that_could_not_be_texted_is_not_meant(store: Store) -> None:
    texted(store)
    never_texted(store, "request-2", seconds=5)
    assert replied(store, "Yes.").request == "request-1"


def test_a_question_that_could_not_be_texted_gets_no_words_that_were_for_another(store: Store) -> None:
    texted(store)
    line.expire(store, "request-1", at=later(1))
    long_after = STANDS_FOR.total_seconds() + 60
    never_texted(store, "request-2", seconds=long_after)
    assert replied(store, "Yes.", seconds=long_after + 1).request == "request-1"
    assert the_request(store, "request-2").status is Status.WAITING


def test_a_question_that_may_have_been_read_may_be_meant(store: Store) -> None:
    texted(store)
    never_texted(store, "request-2", seconds=5, may_have_arrived=True)
    assert replied(store, "Yes.").outcome is Outcome.WHICH


def never_texted(store: Store, request_id: str, *, seconds: float, may_have_arrived: bool = False) -> None:
    """A question that Ana's phone was to be asked, and Twilio refused or left unclear."""
    store.commit(Put(a_request(request_id, rung=Rung.ON_DUTY, question="Do you take dogs?")))
    text = texting.claim(store, request_id, organisation=SALON, obstacle=None, at=later(seconds))
    assert text is not None
    texting.not_sent(store, text, problem="refused", may_have_arrived=may_have_arrived)


def test_thanks_for_the_confirmation_are_not_passed_on_as_another_answer(store: Store) -> None:
    texted(store)
    replied(store, "Yes.")
    taken = replied(store, "Ok thanks", seconds=11)
    assert taken.outcome is Outcome.TAKEN
    assert "You have answered this one already" in str(taken.words)
    assert the_request(store).accepted_answer == "Yes."


@pytest.mark.parametrize("end", ["withdraw", "settle"])
def test_what_needs_no_answer_any_more_is_told_so(store: Store, end: str) -> None:
    texted(store)
    if end == "withdraw":
        line.withdraw(store, "request-1", at=later(5))
    else:
        line.expire(store, "request-1", at=later(5))
        desk.close(store, "request-1", by=BEN, at=later(6))
    assert (replied(store, "Yes.").words, the_request(store).answer) == (SETTLED, None)


def test_where_nothing_was_asked_nothing_is_written(store: Store) -> None:
    assert replied(store, "Hello?").words == NOTHING_OPEN
    assert store.find(Query(DutyPhone)).records == ()


def test_what_was_asked_the_day_before_is_not_meant(store: Store) -> None:
    texted(store)
    assert replied(store, "Hello?", seconds=REMEMBERED_FOR.total_seconds()).words == NOTHING_OPEN


# What cannot be said


@pytest.mark.parametrize("body", ["", " \n", "\N{THUMBS UP SIGN}", "?!", "\N{HEAVY BLACK HEART}\ufe0f"])
def test_without_words_nothing_is_passed_on(store: Store, body: str) -> None:
    texted(store)
    assert (replied(store, body).words, the_request(store).status) == (NO_WORDS, Status.WAITING)


def test_a_code_alone_is_no_answer(store: Store) -> None:
    code = texted(store)
    assert replied(store, code).words == NO_WORDS


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("x" * 501, "501 characters; at most 500"),
        ("<b>Yes</b>", "markup"),
        ("Yes \N{WOMAN}\u200d\N{WOMAN}", r"U+200D"),
    ],
)
def test_what_cannot_be_spoken_is_refused_with_the_reason(store: Store, body: str, why: str) -> None:
    texted(store)
    taken = replied(store, body)
    assert taken.outcome is Outcome.UNSPEAKABLE
    assert str(taken.words).startswith("Nothing was passed on. The answer has")
    assert why in str(taken.words)
    assert the_request(store).status is Status.WAITING


def test_words_with_an_emoji_pass_as_they_are(store: Store) -> None:
    texted(store)
    replied(store, "Yes \N{THUMBS UP SIGN}")
    assert the_request(store).accepted_answer == "Yes \N{THUMBS UP SIGN}"


@pytest.mark.parametrize("body", ["STOP", " stop. ", "Help", "END", "Unsubscribe", "start"])
def test_an_order_to_the_network_is_no_answer_and_gets_none(store: Store, body: str) -> None:
    texted(store)
    assert replied(store, body) == Taken(Outcome.NO_ANSWER, None)
    assert the_request(store).status is Status.WAITING


@pytest.mark.parametrize(
    "body",
    [
        "Liked “Luxe Beauty Salon: a caller is waiting”",
        'Emphasized "Luxe Beauty Salon: a caller is waiting"',
        "Reacted \N{PARTY POPPER} to “Luxe Beauty Salon:\na caller”",
        "Removed a heart from “Luxe Beauty Salon”",
    ],
)
def test_a_thumb_on_our_own_text_is_no_answer(store: Store, body: str) -> None:
    texted(store)
    assert replied(store, body).outcome is Outcome.NO_ANSWER
    assert the_request(store).status is Status.WAITING


@pytest.mark.parametrize(
    "body", ["Yes", "Stop at the desk first.", "You can cancel until noon.", "Liked by everybody."]
)
def test_an_answer_that_begins_like_one_of_those_is_an_answer(store: Store, body: str) -> None:
    texted(store)
    assert replied(store, body).outcome is Outcome.RELAYED


def test_two_deliveries_of_one_text_at_once_come_to_one_answer(database: MemoryDatabase, store: Store) -> None:
    texted(store)
    others: list[Taken] = []
    racing = OutrunStore(database, meanwhile=lambda: others.append(replied(store, "Yes.", sid="SM1")))
    assert replied(racing, "Yes.", sid="SM1") == others[0]
    assert len(store.find(Query(AuditEntry)).records) == 1
