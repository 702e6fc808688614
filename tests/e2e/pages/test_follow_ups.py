"""What callers who left are owed, as it is worked through."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from holdline import line
from holdline.help_request import HelpRequest, Status
from holdline.store import Store, must_get
from tests.e2e.pages.cards import card_of, now

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

NUMBER = "+12125550142"


@pytest.fixture
def owed(ask: Callable[..., HelpRequest]) -> HelpRequest:
    """A caller who hung up before anybody answered."""
    return ask(status=Status.CALLER_LEFT, closed_at=now(), caller_number=NUMBER)


def entry(page: Page, request: HelpRequest) -> Locator:
    return page.locator(f"#request-{request.id}")


def status(store: Store, request: HelpRequest) -> Status:
    return must_get(store, HelpRequest, request.id).record.status


@pytest.mark.parametrize("script", [True, False])
def test_a_caller_is_answered_and_called_back(
    signed_in: Callable[..., Page], owed: HelpRequest, store: Store, complaints: list[str], script: bool
) -> None:
    page = signed_in(java_script_enabled=script)
    page.get_by_role("link", name="Follow-ups").click()
    one = entry(page, owed)
    expect(one.get_by_role("link", name=NUMBER)).to_have_attribute("href", f"tel:{NUMBER}")
    one.get_by_label("Answer").fill("<i>Yes</i>")
    one.get_by_role("button", name="Keep answer").click()
    expect(one.get_by_role("alert")).to_contain_text("has markup")
    expect(one.get_by_label("Answer")).to_have_value("<i>Yes</i>")
    one.get_by_label("Answer").fill("Yes, upstairs.")
    one.get_by_role("button", name="Keep answer").click()
    expect(page.get_by_role("status")).to_have_text("Your answer is kept.")
    expect(one.locator(".given")).to_contain_text("Yes, upstairs.")
    assert status(store, owed) is Status.FOLLOW_UP
    one.get_by_role("button", name="Called back").click()
    expect(page.get_by_role("status")).to_contain_text("called back")
    expect(one).to_have_count(0)
    assert status(store, owed) is Status.FOLLOWED_UP
    assert complaints == []


def test_words_that_were_typed_are_there_after_a_reload_and_gone_once_they_are_kept(
    signed_in: Callable[..., Page], owed: HelpRequest
) -> None:
    page = signed_in()
    page.goto("/follow-ups")
    entry(page, owed).get_by_label("Answer").fill("Yes, upst")
    page.reload()
    box = entry(page, owed).get_by_label("Answer")
    expect(box).to_have_value("Yes, upst")
    entry(page, owed).get_by_role("button", name="Keep answer").click()
    expect(entry(page, owed).locator(".given")).to_contain_text("Yes, upst")
    # Once the page's script has run, which comes after what is seen.
    page.wait_for_function("!Object.keys(sessionStorage).some(key => key.startsWith('holdline-draft'))")


def test_the_queue_that_is_open_follows_the_count(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], people: list[dict[str, str]], store: Store
) -> None:
    queue, other = signed_in(people[0]), signed_in(people[1])
    first, second = ask(caller_number=NUMBER), ask(caller_number=NUMBER)
    for one in (first, second):
        line.expire(store, one.id, at=now())
    other.goto("/follow-ups")
    entry(other, first).get_by_role("button", name="Nothing to do").click()
    expect(other.get_by_role("status")).to_contain_text("nothing to do")
    count = other.locator("#owed").inner_text()
    assert re.fullmatch(r"\d+", count)
    expect(queue.locator("#owed")).to_have_text(count)
    card_of(queue, second).get_by_label("Words for a follow-up").fill("Yes.")
    card_of(queue, second).get_by_role("button", name="Keep for follow-up").click()
    expect(card_of(queue, second)).to_contain_text("Kept for a follow-up")
    assert status(store, second) is Status.FOLLOW_UP
