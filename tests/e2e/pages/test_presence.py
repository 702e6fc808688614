"""The switch between "At the desk" and "Away", and who sees it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from holdline.help_request import HelpRequest
from holdline.presence import Presence
from holdline.store import Put, Query, Store
from tests.e2e.pages.cards import now

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def nobody_stays_away(store: Store) -> Iterator[None]:
    yield
    for stored in store.find(Query(Presence)).stored:
        store.commit(Put(stored.record.model_copy(update={"is_away": False, "until": now()})))


def side(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Where you are").get_by_role("button", name=name)


def is_on(page: Page, name: str) -> None:
    expect(side(page, name)).to_have_attribute("aria-pressed", "true")


def test_who_goes_away_is_told_so_and_seen_to_be_by_the_others(
    signed_in: Callable[..., Page], people: list[dict[str, str]], complaints: list[str]
) -> None:
    mine, theirs = signed_in(people[0]), signed_in(people[1])
    name = mine.locator(".whose strong").inner_text()
    is_on(mine, "At the desk")
    expect(theirs.locator("#desk")).to_contain_text(name, timeout=20_000)
    side(mine, "Away").focus()
    mine.keyboard.press("Enter")
    is_on(mine, "Away")
    expect(side(mine, "Away")).to_be_focused()
    expect(mine.get_by_text("You are away: callers do not count on you.")).to_be_visible()
    expect(mine.locator("#desk")).to_contain_text("Away: you")
    expect(theirs.locator("#desk")).to_contain_text(f"Away: {name}")
    is_on(theirs, "At the desk")
    side(theirs, "Away").click()
    for page in (mine, theirs):
        expect(page.get_by_text("callers are told that nobody is there")).to_be_visible()
    side(mine, "At the desk").click()
    expect(mine.get_by_text("You are away")).to_be_hidden()
    expect(theirs.get_by_text("callers are told that nobody is there")).to_be_hidden()
    assert complaints == []


def test_every_page_of_somebody_shows_where_they_said_to_be(
    signed_in: Callable[..., Page], people: list[dict[str, str]]
) -> None:
    desk, phone = signed_in(people[0]), signed_in(people[0], viewport={"width": 390, "height": 844})
    side(desk, "Away").click()
    is_on(phone, "Away")
    expect(phone.get_by_text("callers are told that nobody is there")).to_be_visible()


def test_a_switch_that_our_server_did_not_answer_stays_and_says_so_until_it_is_used_again(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], complaints: list[str]
) -> None:
    page = signed_in()
    note = page.locator("#presence").get_by_role("alert")
    side(page, "At the desk").click()
    is_on(page, "At the desk")
    page.route("**/presence", lambda route: route.fulfill(status=503, body="upstream"))
    side(page, "Away").click()
    expect(note).to_contain_text("did not arrive")
    is_on(page, "At the desk")
    ask()
    expect(page.locator("#announcer")).to_have_text("Somebody new is waiting")
    page.unroute("**/presence")
    side(page, "Away").click()
    is_on(page, "Away")
    expect(note).to_be_hidden()
    assert complaints == []


def test_a_page_answers_the_beats_of_its_stream(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    with page.expect_response("**/live/looking") as answered:
        page.reload()
    assert answered.value.status == 204


def test_the_switch_works_without_script(signed_in: Callable[..., Page], people: list[dict[str, str]]) -> None:
    page = signed_in(people[0], java_script_enabled=False)
    side(page, "Away").click()
    is_on(page, "Away")
    expect(page.get_by_text("callers are told that nobody is there")).to_be_visible()
    side(page, "At the desk").click()
    is_on(page, "At the desk")
