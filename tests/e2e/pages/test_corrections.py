"""An answer that was sent is corrected from its card."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from holdline import desk, line
from holdline.call import Outcome
from holdline.help_request import Event, HelpRequest, Status
from holdline.store import Store, must_get
from tests.e2e.pages.cards import ROSA, card_of, now
from tests.unit.dashboard.world import happens

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


@pytest.fixture
def delivered(ask: Callable[..., HelpRequest], store: Store, a_call: str) -> HelpRequest:
    """On a call that goes on."""
    request = ask(call=a_call)
    desk.answer(store, request.id, "Yes, upstairs.", by=ROSA, at=now())
    happens(store, Event.SPEAKING_BEGAN, request.id, at=now())
    return happens(store, Event.HEARD, request.id, at=now())


def box_of(card: Locator) -> Locator:
    return card.get_by_label("Corrected words")


def correct(card: Locator, words: str) -> None:
    card.get_by_text("Correct", exact=True).click()
    box_of(card).fill(words)
    card.get_by_role("button", name="Send correction").click()


def test_the_old_words_are_there_to_be_corrected_and_the_new_ones_go_out(
    signed_in: Callable[..., Page], delivered: HelpRequest, store: Store
) -> None:
    page = signed_in()
    card = card_of(page, delivered)
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()  # now the page's script has run
    card.get_by_text("Correct", exact=True).focus()
    page.keyboard.press("Enter")
    expect(box_of(card)).to_be_focused()
    expect(box_of(card)).to_have_value("Yes, upstairs.")
    expect(card).to_contain_text("A correction from my supervisor:")
    box_of(card).fill("Yes, in the cellar.")
    page.keyboard.press("Enter")
    expect(page.locator("#announcer")).to_have_text("The correction is on its way")
    expect(card).to_contain_text("On its way to the caller")
    expect(card.locator(".given")).to_contain_text("Yes, in the cellar.")
    expect(box_of(card)).to_be_hidden()
    assert must_get(store, HelpRequest, delivered.id).record.answer_version == 2
    card.get_by_text("Correct", exact=True).click()
    expect(box_of(card)).to_have_value("Yes, in the cellar.")


def test_a_correction_that_is_being_written_is_left_alone_and_keeps_its_card(
    signed_in: Callable[..., Page], delivered: HelpRequest, store: Store
) -> None:
    page = signed_in()
    card = card_of(page, delivered)
    card.get_by_text("Correct", exact=True).click()
    box_of(card).fill("Yes, in the")
    desk.correct(store, delivered.id, "No, sorry.", by=ROSA, at=now())
    expect(card.locator(".given")).to_contain_text("No, sorry.")
    expect(box_of(card)).to_have_value("Yes, in the")
    page.keyboard.type(" cellar.")
    card.get_by_role("button", name="Send correction").click()
    expect(card.get_by_role("alert")).to_have_text("Already taken by Rosa.")
    expect(box_of(card)).to_have_value("Yes, in the cellar.")
    page.reload()
    card = card_of(page, delivered)
    expect(box_of(card)).to_have_value("Yes, in the cellar.")
    card.get_by_role("button", name="Send correction").click()
    expect(card.locator(".given")).to_contain_text("Yes, in the cellar.")
    assert not page.evaluate("Object.keys(sessionStorage).some(key => key.startsWith('holdline-draft'))")


def test_who_was_told_of_newer_words_may_send_theirs_all_the_same(
    signed_in: Callable[..., Page], delivered: HelpRequest, store: Store
) -> None:
    card = card_of(signed_in(), delivered)
    card.get_by_text("Correct", exact=True).click()
    box_of(card).fill("Yes, in the cellar.")
    desk.correct(store, delivered.id, "No, sorry.", by=ROSA, at=now())
    expect(card.locator(".given")).to_contain_text("No, sorry.")
    send = card.get_by_role("button", name="Send correction")
    send.click()
    expect(card.get_by_role("alert")).to_have_text("Already taken by Rosa.")
    send.click()
    expect(card.locator(".given")).to_contain_text("Yes, in the cellar.")


def test_a_correction_that_is_discarded_is_as_if_it_had_not_been(
    signed_in: Callable[..., Page], delivered: HelpRequest
) -> None:
    page = signed_in()
    card = card_of(page, delivered)
    card.get_by_text("Correct", exact=True).click()
    box_of(card).fill("Hm")
    card.get_by_role("button", name="Discard").click()
    expect(box_of(card)).to_be_hidden()
    card.get_by_text("Correct", exact=True).click()
    expect(box_of(card)).to_have_value("Yes, upstairs.")
    assert not page.evaluate("Object.keys(sessionStorage).some(key => key.startsWith('holdline-draft'))")


def test_a_correction_that_comes_too_late_for_the_caller_is_kept(
    signed_in: Callable[..., Page], delivered: HelpRequest, store: Store
) -> None:
    page = signed_in()
    card = card_of(page, delivered)
    line.close(store, delivered.call, outcome=Outcome.CALLER_LEFT, at=now())
    correct(card, "No, sorry.")
    expect(page.locator("#announcer")).to_have_text("The correction is kept for a follow-up")
    expect(card).to_contain_text("Kept for a follow-up")
    assert must_get(store, HelpRequest, delivered.id).record.status is Status.FOLLOW_UP


def test_a_correction_needs_no_script(signed_in: Callable[..., Page], delivered: HelpRequest) -> None:
    page = signed_in(java_script_enabled=False)
    card = card_of(page, delivered)
    correct(card, "<i>No</i>")
    expect(card.get_by_role("alert")).to_contain_text("has markup")
    expect(box_of(card)).to_have_value("<i>No</i>")
    box_of(card).fill("No, sorry.")
    card.get_by_role("button", name="Send correction").click()
    expect(card.locator(".given")).to_contain_text("No, sorry.")
    page.goto(f"/calls/{delivered.call}")
    card = page.locator(f"#request-{delivered.id}")
    correct(card, "Yes, after all.")
    expect(card.locator(".given")).to_contain_text("Yes, after all.")
