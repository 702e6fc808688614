"""The queue as it is seen: what a card shows, and what becomes of it."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from holdline import desk, line
from holdline.help_request import Event, HelpRequest
from holdline.store import Store
from tests.e2e.pages.cards import ROSA, card_of, now
from tests.unit.dashboard.world import happens

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


def test_a_question_appears_by_itself_and_its_clock_ticks(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    expect(card.get_by_role("heading", name="Do you have a piano?")).to_be_visible()
    expect(card.locator(".clock")).to_contain_text("0:02")
    expect(card.locator(".clock")).to_contain_text("0:03")
    assert page.title().startswith("(")


def test_a_page_that_is_opened_later_shows_the_same_clock(
    signed_in: Callable[..., Page], people: list[dict[str, str]], ask: Callable[..., HelpRequest]
) -> None:
    """The board that it is sent was drawn when the question came."""
    card_of(signed_in(people[0]), request := ask())
    time.sleep(4)
    late = card_of(signed_in(people[1]), request).locator(".clock [data-since]")
    time.sleep(1)  # the stream has brought its first board
    minutes, seconds = map(int, late.inner_text().split(":"))
    assert 0 <= (now() - request.asked_at).total_seconds() - (60 * minutes + seconds) < 1.5


def test_a_question_can_be_answered_without_script(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    request = ask()
    card = card_of(signed_in(java_script_enabled=False), request)
    card.get_by_role("button", name="Claim").click()
    expect(card).to_contain_text("You are on it")
    card.get_by_label("Answer").fill("<i>Yes</i>")
    card.get_by_role("button", name="Send to caller").click()
    expect(card).to_contain_text("has markup")
    expect(card.get_by_label("Answer")).to_have_value("<i>Yes</i>")
    card.get_by_label("Answer").fill("Yes, upstairs.")
    card.get_by_role("button", name="Send to caller").click()
    expect(card).to_contain_text("On its way to the caller")


def test_an_answer_that_cannot_be_spoken_is_refused_at_the_field(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    card.get_by_label("Answer").fill("<b>Yes</b>")
    card.get_by_role("button", name="Send to caller").click()
    expect(card.get_by_role("alert")).to_contain_text("has markup")
    expect(card.get_by_label("Answer")).to_have_value("<b>Yes</b>")


def test_claim_and_release_are_seen_by_the_others(
    signed_in: Callable[..., Page], people: list[dict[str, str]], ask: Callable[..., HelpRequest]
) -> None:
    first, second = signed_in(people[0]), signed_in(people[1])
    request = ask()
    card_of(first, request).get_by_role("button", name="Claim").click()
    name = first.locator(".whose strong").inner_text()
    expect(card_of(second, request)).to_contain_text(f"{name} is on it")
    card_of(first, request).get_by_role("button", name="Release").click()
    expect(card_of(second, request).get_by_role("button", name="Claim")).to_be_visible()


def test_the_way_to_the_callers_ear_is_shown_step_by_step(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    request = ask()
    card = card_of(page, request)
    desk.answer(store, request.id, "Yes, upstairs.", by=ROSA, at=now())
    expect(card).to_contain_text("On its way to the caller")
    line.received(store, request.id, version=1, at=now())
    happens(store, Event.SPEAKING_BEGAN, request.id, at=now())
    expect(card).to_contain_text("The caller is hearing it now")
    happens(store, Event.CUT, request.id, at=now(), cuts=1)
    expect(card).to_contain_text("it will be said again")
    happens(store, Event.SPEAKING_BEGAN, request.id, at=now())
    happens(store, Event.HEARD, request.id, at=now())
    expect(card).to_contain_text("Heard by the caller")


def test_a_section_without_cards_is_not_there(signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]) -> None:
    page = signed_in()
    request = ask()
    section = page.locator("#on-the-way")
    section.evaluate("(section, id) => section.append(document.getElementById(id))", f"request-{request.id}")
    expect(section).to_be_visible()
    section.locator("[data-request]").evaluate_all("cards => cards.forEach(card => card.remove())")
    expect(section).to_be_hidden()


def test_what_a_caller_says_is_never_run(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], complaints: list[str]
) -> None:
    page = signed_in()
    evil = "<img src=x onerror='window.ran = true'><script>window.ran = true</script>"
    expect(card_of(page, ask(evil))).to_contain_text("<script>window.ran = true</script>")
    assert page.evaluate("window.ran") is None
    assert complaints == []
