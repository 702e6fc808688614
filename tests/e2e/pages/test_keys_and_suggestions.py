"""Shorter ways to an answer: keys, quick responses, what the line knows already, and hearing it first."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from holdline.help_request import HelpRequest, Status
from holdline.store import Store, must_get
from tests.e2e.pages.cards import card_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


def test_one_can_sign_in_and_answer_by_keyboard_alone(
    open_page: Callable[..., Page], people: list[dict[str, str]], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = open_page()
    page.goto("/")
    page.keyboard.type(people[0]["email"])
    page.keyboard.press("Tab")
    page.keyboard.type(people[0]["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Line is live")).to_be_visible()
    request = ask(asked_first := "Do you have a harp?")
    card = card_of(page, request)
    expect(card).to_contain_text(asked_first)
    page.keyboard.press("Alt+a")
    page.keyboard.type("Yes, a small one.")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("On its way to the caller")
    assert must_get(store, HelpRequest, request.id).record.answer == "Yes, a small one."


def test_keys_work_on_the_card_that_was_claimed_and_not_on_the_first(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    first, second = card_of(page, ask("Do you have a harp?")), card_of(page, ask("Do you have a drum?"))
    second.get_by_role("button", name="Claim").click()
    expect(second).to_contain_text("You are on it")
    page.locator("h1").click()
    page.keyboard.press("Alt+1")
    expect(second.get_by_label("Answer")).to_have_value(second.locator(".quick button").first.inner_text())
    expect(first.get_by_label("Answer")).to_have_value("")
    page.locator("h1").click()
    page.keyboard.press("Alt+a")
    expect(second.get_by_label("Answer")).to_be_focused()


def test_a_quick_response_never_goes_to_a_caller_whom_nobody_chose(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    first, second = card_of(page, ask("Do you have a harp?")), card_of(page, ask("Do you have a drum?"))
    page.keyboard.press("Alt+1")
    expect(page.locator("#announcer")).to_contain_text("Choose a caller first")
    for card in (first, second):
        expect(card.get_by_label("Answer")).to_have_value("")
    second.get_by_role("button", name="Use this").focus()
    page.keyboard.press("Alt+1")
    expect(second.get_by_label("Answer")).not_to_have_value("")
    expect(first.get_by_label("Answer")).to_have_value("")
    page.locator("h1").click()
    page.keyboard.press("Alt+a")
    expect(first.get_by_label("Answer")).to_be_focused()


def test_a_suggestion_is_added_to_what_was_typed_and_can_be_undone(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    box = card.get_by_label("Answer")
    box.focus()
    page.keyboard.type("We do.")
    card.get_by_role("button", name="Use this").click()
    expect(box).to_have_value("We do. Softly, all day.")
    page.keyboard.press("Control+z")
    expect(box).to_have_value("We do.")
    box.fill("a" * 499)
    card.get_by_role("button", name="Use this").click()
    expect(card.get_by_role("alert")).to_contain_text("more than 500 characters")
    expect(box).to_have_value("a" * 499)


def test_near_knowledge_and_quick_responses_fill_the_box_and_can_be_heard_first(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    request = ask()
    card = card_of(page, request)
    card.get_by_role("button", name="Use this").click()
    expect(card.get_by_label("Answer")).to_have_value("Softly, all day.")
    page.keyboard.press("Alt+1")
    quick = card.locator(".quick button").first.inner_text()
    expect(card.get_by_label("Answer")).to_have_value(quick)
    card.get_by_role("button", name="Preview").click()
    expect(card.get_by_role("button", name="Stop")).to_be_visible()
    expect(card.get_by_role("button", name="Preview")).to_be_visible()
    assert must_get(store, HelpRequest, request.id).record.status is Status.WAITING


def test_a_preview_that_a_proxy_refused_says_that_the_answer_can_be_sent_all_the_same(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    card.get_by_label("Answer").fill("Yes, upstairs.")
    page.route("**/preview", lambda route: route.fulfill(status=502, body="upstream connect error"))
    card.get_by_role("button", name="Preview").click()
    expect(card.get_by_role("alert")).to_contain_text("Your answer can be sent all the same")


def test_a_preview_after_the_session_is_over_says_so(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    card.get_by_label("Answer").fill("Yes, upstairs.")
    page.context.clear_cookies(name="holdline_session")
    card.get_by_role("button", name="Preview").click()
    expect(card.get_by_role("alert")).to_contain_text("Sign in again")
    expect(card.get_by_label("Answer")).to_have_value("Yes, upstairs.")
