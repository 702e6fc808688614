"""What a supervisor's answer may become."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from holdline.knowledge import GateDecision, Review, Scope, gate
from local.demo import TENANTS

NEW_YORK = ZoneInfo("America/New_York")
# A Wednesday: eight in the evening in New York, already Thursday in UTC.
AT = datetime(2026, 3, 5, 1, tzinfo=UTC)
PARKING = "do you have parking"
CALLER = "+15550100"


def decide(question: str, answer: str, *, caller: str | None = CALLER) -> GateDecision:
    return gate(question, answer, caller=caller, at=AT, tz=NEW_YORK)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (PARKING, "Yes, we have free parking behind the building."),
        (PARKING, "There are two lots on Maple Street, both are free for the first hour."),
        ("are you open on christmas day", "No, we're closed on Christmas Day."),
        ("do you open earlier on friday", "On Fridays we open at eight."),
        ("can i cancel my appointment", "Yes, up to twenty-four hours ahead."),
        ("how much is a perm", "A perm is one hundred and twenty dollars."),
        ("who would do my fillings", "Doctor Patel does all our fillings."),
        ("can i bring my dog", "Small dogs are welcome."),
        ("do you take walk-ins", "Yes, but an appointment is the surest way, and you can book for the same day."),
        ("is the store near the station", "Yes, we're at 212 Maple Street."),
        ("do you send reminders", "Yes, we text every client the day before."),
        ("how long does a fringe trim take", "It takes just a minute or two."),
        ("can i stay with my daughter", "Yes, parents are welcome in the room."),
        ("is a checkup included", "Yes, a follow-up visit is included."),
        ("where do i collect products", "You can pick up products at the front desk."),
        ("can i stay on the same plan", "Yes, you can stay on the plan you have."),
        ("who can cut curly hair", "Maria and Emma can both do that."),
    ],
)
def test_a_fact_about_the_business_is_for_everyone(question: str, answer: str) -> None:
    assert decide(question, answer) == GateDecision(Review.approved, Scope.everyone)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("when is my appointment", "It's on Friday at three."),
        ("do i have to come back", "Your appointment is at 3 on Friday."),
        (PARKING, "Mrs Jones, you can park behind the building."),
        ("did i leave my umbrella there", "Yes, it's at the front desk."),
        ("can i come an hour later", "Sure, I've moved your booking to four."),
        ("is everything ready", "You're booked with Emma at ten."),
        ("do i owe anything", "No."),
        ("did my x-rays come back", "Yes, they look good."),
    ],
)
def test_the_callers_own_matter_is_for_that_caller(question: str, answer: str) -> None:
    decision = decide(question, answer)
    assert (decision.review, decision.scope) == (Review.approved, Scope.this_caller)


def test_the_own_matter_of_an_unknown_caller_waits_for_a_person() -> None:
    decision = decide("when is my appointment", "It's on Friday at three.", caller=None)
    assert decision.review is Review.pending
    assert decision.reason == "it concerns this caller alone, whose number is not known"


@pytest.mark.parametrize(
    ("question", "answer", "until"),
    [
        ("are you open late today", "Until nine.", datetime(2026, 3, 5, 5, tzinfo=UTC)),
        ("how late are you open", "Tonight we close at nine.", datetime(2026, 3, 5, 5, tzinfo=UTC)),
        ("is emma in tomorrow", "Yes, from ten.", datetime(2026, 3, 6, 5, tzinfo=UTC)),
        ("is emma in", "She is away this week.", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        ("is emma in", "She is away this week and next week.", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        ("is emma in", "She is back next week.", datetime(2026, 3, 16, 4, tzinfo=UTC)),
        ("do you have a discount", "All colour is half price this month.", datetime(2026, 4, 1, 4, tzinfo=UTC)),
        ("is the parking open", "It's closed until Friday.", datetime(2026, 3, 7, 5, tzinfo=UTC)),
    ],
)
def test_what_holds_for_a_period_ends_with_it_in_the_organisations_time_zone(
    question: str, answer: str, until: datetime
) -> None:
    assert decide(question, answer) == GateDecision(Review.approved, Scope.until, until)


def test_walk_ins_that_are_welcome_today_are_welcome_today() -> None:
    decision = decide("do you take walk ins", "Walk-ins are welcome today.")
    assert decision == GateDecision(Review.approved, Scope.until, datetime(2026, 3, 5, 5, tzinfo=UTC))


UNCERTAIN = "the person was not certain"
NO_ANSWER = "it does not answer the question"
PERSONAL_PROMISE = "it is a promise to this caller, not an answer"
PROMISE = "it is a promise to find out, not an answer"
CONTEXT = "the question makes sense only in its conversation"
A_WHILE = "it is true for a while only, and it does not say until when"


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        (PARKING, "Ask Ben, his number is 212-555-0147.", "it holds what looks like a phone number"),
        (PARKING, "Ring +1 (212) 555 0147.", "it holds what looks like a phone number"),
        (
            PARKING,
            "Ring two one two, five five five, oh one four seven.",
            "it holds what looks like a phone or card number",
        ),
        ("do you have my card", "Yes, 4111 1111 1111 1111.", "it holds what looks like a card number"),
        (PARKING, "Write to ben@example.com.", "it holds an e-mail address"),
        (PARKING, "Write to ben at example dot com.", "it holds an e-mail address"),
        ("where is emma", "She lives on Oak Avenue.", "it tells where or how to reach a person"),
        (PARKING, "I think so.", UNCERTAIN),
        (PARKING, "Maybe behind the building.", UNCERTAIN),
        (PARKING, "I'm not quite sure, there should be some.", UNCERTAIN),
        (PARKING, "Probably.", UNCERTAIN),
        (PARKING, "Let me check.", PROMISE),
        (PARKING, "I'll find out for you.", PROMISE),
        (PARKING, "No idea, sorry.", NO_ANSWER),
        (PARKING, "Please call back later.", NO_ANSWER),
        (PARKING, "I don't know.", NO_ANSWER),
        (PARKING, "I\N{RIGHT SINGLE QUOTATION MARK}m afraid we can\N{RIGHT SINGLE QUOTATION MARK}t say.", NO_ANSWER),
        ("and what about that one", "That's ninety dollars.", CONTEXT),
        ("how about the other", "That's ninety dollars.", CONTEXT),
        ("how much is it", "Ninety dollars.", CONTEXT),
        ("and is it open late", "Yes.", CONTEXT),
        ("is she in", "Yes.", CONTEXT),
        ("do you do that", "Yes.", CONTEXT),
        ("when is the pool open", "We're closed through September.", A_WHILE),
        ("do you do perms", "We'll start soon.", A_WHILE),
    ],
)
def test_what_is_private_uncertain_or_unclear_waits_for_a_person(question: str, answer: str, reason: str) -> None:
    decision = decide(question, answer)
    assert (decision.review, decision.reason) == (Review.pending, reason)


@pytest.mark.parametrize(
    "answer",
    [
        "We'll call you back within the hour.",
        "The dentist will call you back today.",
        "Someone will ring you back shortly.",
        "Somebody is going to phone you this afternoon.",
        "Maria is going to call you.",
        "Maria will definitely give you a ring.",
        "I'll have someone call you.",
        "Maria calls you back after lunch.",
        "You will get a call from Maria.",
        "Expect a call from our manager.",
        "You'll hear from us soon.",
        "We'll be in touch.",
        "We will get back to you.",
        "We're getting back to you on that.",
        "I'll let you know.",
        "I'll pass your message on.",
        "I am transferring you now.",
        "I'll transfer you to Maria.",
        "You are being transferred.",
        "Let me put you through.",
        "I'm just connecting you with Maria.",
        "Please stay on the line.",
        "Please hold.",
        "Hold the line, please.",
        "Hang on.",
        "Just a moment.",
        "Emma will be right with you.",
        "Emma will come to the phone.",
        "Maria will take your call.",
    ],
)
def test_what_is_promised_to_one_caller_waits_for_a_person(answer: str) -> None:
    for question in (PARKING, "how much is a perm"):
        decision = decide(question, answer)
        assert decision.review is Review.pending
        assert decision.reason in (PERSONAL_PROMISE, PROMISE, NO_ANSWER, A_WHILE)


def test_each_quick_response_of_the_demo_is_decided_as_it_is_meant() -> None:
    decided = {
        response: (decision.review, decision.scope)
        for tenant in TENANTS
        for response in tenant.organisation.quick_responses
        for decision in [decide("do you take walk ins", response)]
    }
    assert decided == {
        "Yes, we do.": (Review.approved, Scope.everyone),
        "No, I'm sorry, we don't.": (Review.approved, Scope.everyone),
        "Walk-ins are welcome today.": (Review.approved, Scope.until),
        "We'll call you back within the hour.": (Review.pending, Scope.everyone),
        "The dentist will call you back today.": (Review.pending, Scope.until),
    }


def test_the_same_answer_is_decided_the_same_whatever_its_case() -> None:
    assert decide(PARKING, "I THINK SO") == decide(PARKING, "i think so")
