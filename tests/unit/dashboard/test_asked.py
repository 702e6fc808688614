"""A card tells whom its question is put to, in words that people can act on."""

from typing import Any

import pytest

from dashboard.asked import asked_of
from dashboard.attendance import AtTheDesk, Somebody
from holdline.help_request import HelpRequest, Status
from holdline.ladder import Rung
from holdline.people import PersonRef
from holdline.text_message import TextMessage, TextStatus
from tests.builders import NOW, a_request, a_request_that_is

ANA = Somebody("ana", "Ana", ("bookings", "colour"))
ROSA = Somebody("rosa", "Rosa", ("colour",))
LUCIA = Somebody("lucia", "Lucia", ())
EVERYBODY = AtTheDesk(there=(ANA, LUCIA, ROSA), away=())


def words(request: HelpRequest, desk: AtTheDesk | None = EVERYBODY) -> list[str]:
    return [line.words for line in asked_of(request, desk)]


def a_text(status: TextStatus, **fields: Any) -> TextMessage:
    return TextMessage(**{"to": PersonRef(uid="rosa", name="Rosa"), "status": status, "at": NOW, **fields})


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ((ROSA, LUCIA), "Colour: Rosa first"),
        ((ANA, ROSA), "Colour: Ana and Rosa first"),
        ((ANA, ROSA, Somebody("eva", "Eva", ("Colour",))), "Colour: Ana, Rosa and Eva first"),
        ((LUCIA,), "Colour: whoever has the skill first"),
    ],
)
def test_those_with_the_skill_are_named_where_they_are_known(there: tuple[Somebody, ...], said: str) -> None:
    request = a_request(skill="colour", rung=Rung.SKILLED)
    assert words(request, AtTheDesk(there=there, away=())) == [said]


def test_the_skill_is_told_where_nobody_knows_who_is_there() -> None:
    assert words(a_request(skill="colour", rung=Rung.SKILLED), None) == ["Colour: whoever has the skill first"]


def test_a_question_that_is_put_to_anyone_says_nothing() -> None:
    assert words(a_request(skill="colour", rung=Rung.ANYONE)) == []


@pytest.mark.parametrize(
    ("text", "said", "is_trouble"),
    [
        (None, "Nobody has answered: whoever is on duty is texted", False),
        (a_text(TextStatus.SENDING), "Rosa is being texted", False),
        (a_text(TextStatus.SENT), "Rosa was texted", False),
        (
            a_text(TextStatus.FAILED, problem="No such number."),
            "The text to Rosa could not be sent: No such number.",
            True,
        ),
        (
            a_text(TextStatus.FAILED, may_have_arrived=True, problem="nobody knows"),
            "The text to Rosa may not have arrived: nobody knows",
            True,
        ),
        (a_text(TextStatus.FAILED), "The text to Rosa could not be sent", True),
        (a_text(TextStatus.FAILED, to=None), "The text to whoever is on duty could not be sent", True),
    ],
)
def test_what_became_of_the_text_to_whoever_is_on_duty_is_told(
    text: TextMessage | None, said: str, is_trouble: bool
) -> None:
    [line] = asked_of(a_request(rung=Rung.ON_DUTY, duty_text=text), EVERYBODY)
    assert (line.words, line.is_trouble) == (said, is_trouble)


def test_a_caller_whom_nobody_could_be_found_for_was_offered_a_call_back() -> None:
    nobody = "Nobody was at the desk: the caller was offered a call back"
    assert words(a_request(rung=Rung.NOBODY)) == [nobody]
    failed = a_text(TextStatus.FAILED, problem="No such number.")
    assert words(a_request(rung=Rung.NOBODY, duty_text=failed)) == [
        nobody,
        "The text to Rosa could not be sent: No such number.",
    ]


def test_who_is_asked_first_is_of_no_interest_once_the_question_has_ended() -> None:
    assert words(a_request_that_is(Status.EXPIRED, skill="colour", rung=Rung.SKILLED)) == []
    assert words(a_request_that_is(Status.CLAIMED, skill="colour", rung=Rung.SKILLED)) == ["Colour: Ana and Rosa first"]
