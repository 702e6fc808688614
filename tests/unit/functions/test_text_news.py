"""Twilio tells what became of a text: one that did not arrive changes what its question counts as, and nothing else."""

import logging
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from holdline import texting
from holdline.errors import Unavailable
from holdline.help_request import HelpRequest, Status
from holdline.store import Store, must_get
from holdline.text_message import TextStatus
from tests.unit.functions.test_learn import REQUEST, deliver
from tests.unit.functions.test_send_texts import PHONE, answered_late, asked, duty_text, salon, told
from tests.unit.functions.world import CALLER, LINE, NOW, World

__all__ = ["salon"]


def news(world: World, status: str, *, code: str = "", query: str | None = None) -> TestResponse:
    """Of the last text, at the address that was given for it."""
    form = {"MessageSid": "SM01", "MessageStatus": status, "To": CALLER, "From": LINE, "ErrorCode": code}
    return world.twilio(
        "twilio_message", form, query=urlsplit(world.texts.news_go_to).query if query is None else query
    )


def status_of(salon: Store) -> Status:
    return must_get(salon, HelpRequest, REQUEST).record.status


@pytest.mark.parametrize("status", ["failed", "undelivered"])
def test_a_late_answer_that_did_not_arrive_is_a_follow_up_again(world: World, salon: Store, status: str) -> None:
    answered_late(salon)
    told(world)
    assert status_of(salon) is Status.FOLLOWED_UP
    assert news(world, status, code="30034").status_code == 204
    request = must_get(salon, HelpRequest, REQUEST).record
    assert request.caller_text is not None
    assert (request.status, request.caller_text.status) == (Status.FOLLOW_UP, TextStatus.FAILED)
    assert "A2P 10DLC" in str(request.caller_text.problem)
    told(world)
    assert len(world.texts.sent) == 1


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "read", ""])
def test_any_other_news_changes_nothing(world: World, salon: Store, status: str) -> None:
    answered_late(salon)
    told(world)
    before = world.documents()
    assert news(world, status).status_code == 204
    assert world.documents() == before


@pytest.mark.parametrize("status", ["sent", "delivered"])
def test_a_text_whose_sending_could_not_be_written_is_known_to_be_sent_and_goes_out_once(
    world: World, salon: Store, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    asked(salon)
    with monkeypatch.context() as patched:
        world.texts.meanwhile = lambda: patched.setattr(type(salon), "commit", away)
        assert deliver(world, to="send_texts").status_code >= 500
    world.texts.meanwhile = lambda: None
    assert duty_text(salon).status is TextStatus.SENDING
    assert news(world, status).status_code == 204
    assert (duty_text(salon).status, duty_text(salon).sid) == (TextStatus.SENT, "SM01")
    texting.give_up_stuck(salon, REQUEST, at=NOW + texting.STUCK_AFTER)
    told(world)
    assert len(world.texts.sent) == 1


def test_that_a_text_is_queued_does_not_say_that_it_is_sent(world: World, salon: Store) -> None:
    answered_late(salon)
    world.texts.failure = RuntimeError("gone")
    deliver(world, to="send_texts")
    before = world.documents()
    assert news(world, "queued").status_code == 204
    assert world.documents() == before


def test_a_person_on_duty_who_was_not_reached_is_known_not_to_be(world: World, salon: Store) -> None:
    asked(salon)
    told(world)
    news(world, "undelivered", code="30003")
    assert duty_text(salon).status is TextStatus.FAILED
    assert duty_text(salon).problem == "Not delivered (30003). The phone could not be reached."


@pytest.mark.parametrize("code", ["", "99999", "none"])
def test_an_error_that_nobody_knows_is_told_by_its_number(world: World, salon: Store, code: str) -> None:
    asked(salon)
    told(world)
    news(world, "failed", code=code)
    assert str(duty_text(salon).problem).startswith(f"Not delivered ({code or 'no code'}).")


@pytest.mark.parametrize(
    "query",
    [
        "request=other&org=salon&text=duty_text&at=2026-03-02T15%3A00%3A00%2B00%3A00",
        f"request={REQUEST}",
        f"request={REQUEST}&org=..&text=duty_text&at=2026-03-02T15%3A00%3A00%2B00%3A00",
        f"request={REQUEST}&org=salon&text=answer&at=2026-03-02T15%3A00%3A00%2B00%3A00",
        f"request={REQUEST}&org=salon&text=duty_text&at=yesterday",
    ],
)
def test_news_of_a_text_that_is_not_there_changes_nothing(world: World, salon: Store, query: str) -> None:
    asked(salon)
    told(world)
    before = world.documents()
    assert news(world, "failed", query=query).status_code == 204
    assert world.documents() == before


def test_news_that_somebody_else_signed_is_refused(world: World, salon: Store) -> None:
    answered_late(salon)
    told(world)
    query = urlsplit(world.texts.news_go_to).query
    form = {"MessageSid": "SM01", "MessageStatus": "failed"}
    headers = {"X-Twilio-Signature": "bm90IHR3aWxpbydz"}
    answer = world.server("twilio_message").post(f"/?{query}", data=form, headers=headers)
    assert answer.status_code == 403
    assert status_of(salon) is Status.FOLLOWED_UP


def test_news_is_no_reply_of_the_person_on_duty(world: World, salon: Store) -> None:
    asked(salon)
    told(world)
    form = {"MessageSid": "SM01", "MessageStatus": "delivered", "From": PHONE, "To": LINE, "Body": "Yes."}
    world.twilio("twilio_message", form, query=urlsplit(world.texts.news_go_to).query)
    assert status_of(salon) is Status.WAITING


def test_while_storage_fails_it_says_so_and_no_log_line_holds_a_number(
    world: World, salon: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answered_late(salon)
    told(world)
    news(world, "failed", code="30034")
    world.without_storage()
    assert news(world, "failed").status_code == 503
    for said in (CALLER, LINE, PHONE):
        assert said not in caplog.text
