"""What somebody is typing, which nothing that happens elsewhere may take away."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from dashboard.board import LINGER_UNANSWERED
from holdline import desk, line
from holdline.help_request import HelpRequest
from holdline.store import Store, must_get
from tests.e2e.pages.cards import ROSA, card_of, now

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


def test_a_draft_outlives_what_others_do_and_a_reload(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    request = ask()
    box = card_of(page, request).get_by_label("Answer")
    box.fill("We have a pia")
    line.add_detail(store, request.id, "a grand one if possible")
    expect(card_of(page, request)).to_contain_text("a grand one if possible")
    expect(box).to_have_value("We have a pia")
    expect(box).to_be_focused()
    page.keyboard.type("no")
    page.reload()
    expect(card_of(page, request).get_by_label("Answer")).to_have_value("We have a piano")


def test_what_colleagues_do_elsewhere_does_not_move_the_cursor(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    first, second = ask("Do you have a harp?"), ask("Do you have a drum?")
    box = card_of(page, second).get_by_label("Answer")
    box.fill("Yes, a big drum")
    box.evaluate("box => box.setSelectionRange(5, 10)")
    desk.answer(store, first.id, "Yes.", by=ROSA, at=now())
    expect(card_of(page, first)).to_contain_text("On its way to the caller")
    page.keyboard.type("one small")
    expect(box).to_have_value("Yes, one small drum")


@pytest.mark.parametrize("is_in_the_box", [True, False])
def test_a_card_stays_for_whoever_writes_a_late_answer(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store, is_in_the_box: bool
) -> None:
    page = signed_in()
    left_alone, request = ask("Do you have a harp?"), ask()
    card = card_of(page, request)
    card.get_by_label("Answer").fill("Yes, ups")
    if not is_in_the_box:
        page.locator("h1").click()
    almost_gone = now() + timedelta(seconds=2) - LINGER_UNANSWERED
    for one in (left_alone, request):
        line.expire(store, one.id, at=almost_gone)
    expect(page.locator(f'[data-request="{left_alone.id}"]')).to_have_count(0)
    box = card.get_by_label("Words for a follow-up")
    expect(box).to_be_visible()
    expect(box).to_have_value("Yes, ups")
    if not is_in_the_box:
        box.focus()
    page.keyboard.press("End")
    page.keyboard.type("tairs.")
    card.get_by_role("button", name="Keep for follow-up").click()
    expect(card).to_contain_text("Kept for a follow-up")
    expect(page.locator("#announcer")).to_have_text("Kept for a follow-up")
    assert must_get(store, HelpRequest, request.id).record.answer == "Yes, upstairs."


def test_a_card_that_stayed_goes_once_its_draft_is_discarded(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    left_alone, request = ask("Do you have a harp?"), ask()
    card = card_of(page, request)
    card.get_by_label("Answer").fill("Yes, ups")
    for one in (left_alone, request):
        line.expire(store, one.id, at=now() + timedelta(seconds=2) - LINGER_UNANSWERED)
    expect(page.locator(f'[data-request="{left_alone.id}"]')).to_have_count(0)
    card.get_by_role("button", name="Discard").click()
    expect(card).to_have_count(0)
