"""Two at once, replies that come late, and a stream that was down."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from holdline import line
from holdline.help_request import HelpRequest
from holdline.store import Store, must_get
from tests.e2e.pages.cards import card_of, now

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


def is_the_same(page: Page) -> bool:
    """Whether the page was not loaded anew since `remember`."""
    return bool(page.evaluate("window.isTheSame"))


def remember(page: Page) -> None:
    page.evaluate("window.isTheSame = true")


def lose_the_stream(page: Page) -> None:
    """Without a word: there is no error, and no beat any more."""
    page.evaluate("htmx.find('#board')['htmx-internal-data'].sseEventSource.close()")


def test_of_two_who_answer_at_once_one_is_told_who_was_faster_and_keeps_the_words(
    signed_in: Callable[..., Page], people: list[dict[str, str]], ask: Callable[..., HelpRequest], store: Store
) -> None:
    first, second = signed_in(people[0]), signed_in(people[1])
    request = ask()
    mine, theirs = card_of(first, request), card_of(second, request)
    said = {first: "Yes, upstairs.", second: "Yes, in the hall."}
    mine.get_by_label("Answer").fill(said[first])
    theirs.get_by_label("Answer").fill(said[second])
    for page in said:  # both are armed, and press at the same moment of the clock
        page.evaluate(
            """([request, at]) => {
                const send = document.querySelector(`[data-request="${request}"] [data-send]`);
                setTimeout(() => send.click(), at - Date.now());
            }""",
            [request.id, (now() + timedelta(seconds=1)).timestamp() * 1000],
        )
    for page in said:
        expect(card_of(page, request).locator(".given")).to_be_visible()
    faster = first if must_get(store, HelpRequest, request.id).record.answer == said[first] else second
    slower = second if faster is first else first
    name = faster.locator(".whose strong").inner_text()
    expect(card_of(faster, request)).not_to_contain_text("Already taken")
    lost = card_of(slower, request)
    expect(lost).to_contain_text(f"Already taken by {name}.")
    expect(lost.get_by_role("textbox")).to_have_value(said[slower])
    expect(lost.locator(".given")).to_contain_text(said[faster])
    lost.get_by_role("button", name="Discard").click()
    expect(lost.get_by_role("textbox")).to_be_hidden()


def test_a_reply_that_came_after_the_card_had_changed_is_announced_all_the_same(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())

    def late(route: Route) -> None:
        reply = route.fetch()
        expect(card).to_contain_text("On its way to the caller")
        route.fulfill(response=reply)

    page.route("**/answer", late)
    card.get_by_label("Answer").fill("Yes, upstairs.")
    card.get_by_role("button", name="Send to caller").click()
    expect(page.locator("#announcer")).to_have_text("It is on its way")
    assert not page.evaluate("Object.keys(sessionStorage).some(key => key.startsWith('holdline-draft'))")
    card.get_by_text("Correct", exact=True).click()
    expect(card.get_by_label("Corrected words")).to_have_value("Yes, upstairs.")


def load_anew(page: Page) -> None:
    """Until the stream is open: the page has answered a beat."""
    address = page.url
    page.goto("about:blank")
    with page.expect_response("**/live/looking"):
        page.goto(address)


def answers_with(page: Page, **reply: Any) -> None:
    page.route("**/answer", lambda route: route.fulfill(**reply))


def hangs(page: Page) -> None:
    """No reply ever comes; the page waits for one a hundredth of the usual time."""
    page.evaluate("htmx.config.timeout /= 100")
    page.route("**/answer", lambda route: None)


@pytest.mark.parametrize(
    "fails",
    [
        partial(answers_with, status=503, body="upstream connect error"),
        partial(answers_with, status=502, body="<html><body>Bad Gateway</body></html>", content_type="text/html"),
        hangs,
    ],
    ids=["unavailable", "bad gateway", "no reply"],
)
def test_an_answer_that_did_not_reach_our_server_is_said_to_have_not_and_stays_in_its_box(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], fails: Callable[[Page], None]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    fails(page)
    card.get_by_label("Answer").fill("Yes, upstairs.")
    card.get_by_role("button", name="Send to caller").click()
    expect(card.get_by_role("alert")).to_have_text("That did not arrive. Your words are still here: try again.")
    expect(card.get_by_label("Answer")).to_have_value("Yes, upstairs.")
    page.unroute("**/answer")
    card.get_by_role("button", name="Send to caller").click()
    expect(card).to_contain_text("On its way to the caller")


def test_no_page_is_loaded_anew_because_a_reply_came_after_what_it_tells(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    page.clock.install()
    remember(page)
    request = ask()
    card = card_of(page, request)

    def late(route: Route) -> None:
        reply = route.fetch()
        expect(card).to_contain_text("You are on it")
        route.fulfill(response=reply)

    page.route("**/claim", late)
    with page.expect_response("**/claim"):
        card.get_by_role("button", name="Claim").click()
    page.clock.fast_forward(10_000)
    line.add_detail(store, request.id, "a grand one if possible")
    expect(card).to_contain_text("a grand one if possible")
    assert is_the_same(page)


def test_no_page_is_loaded_anew_under_somebody_who_writes(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], stack: dict[str, Any]
) -> None:
    """Though the stream is down: what was done will be seen when the writing is over."""
    page = signed_in()
    page.clock.install()
    first, second = ask("Do you have a harp?"), ask("Do you have a drum?")
    box = card_of(page, second).get_by_label("Answer")
    lose_the_stream(page)
    remember(page)
    with page.expect_response("**/claim"):
        card_of(page, first).get_by_role("button", name="Claim").click()
    box.fill("Yes, a big")
    page.clock.fast_forward(10_000)
    page.keyboard.type(" one")
    assert is_the_same(page)
    expect(box).to_have_value("Yes, a big one")
    box.fill("")
    page.locator("h1").click()
    with page.expect_navigation():
        page.clock.fast_forward(10_000)
    expect(card_of(page, first)).to_contain_text("You are on it")


def test_a_stream_that_died_without_a_word_is_opened_anew_and_no_draft_is_lost(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    """As under a lid that was closed, or behind a router that forgot it while the page stayed in front."""
    page = signed_in()
    page.clock.install()
    request = ask()
    box = card_of(page, request).get_by_label("Answer")
    box.fill("Yes, ups")
    remember(page)
    lose_the_stream(page)
    with page.expect_request("**/live"):
        page.clock.fast_forward(60_000)
    expect(page.get_by_text("Line is live")).to_be_visible()
    line.add_detail(store, request.id, "a grand one if possible")
    expect(card_of(page, request)).to_contain_text("a grand one if possible")
    expect(box).to_have_value("Yes, ups")
    assert is_the_same(page)


@pytest.mark.parametrize("refuse", [Route.abort, partial(Route.fulfill, status=503)], ids=["no network", "no server"])
def test_an_outage_leaves_one_stream_however_long_it_was(
    signed_in: Callable[..., Page], refuse: Callable[[Route], None]
) -> None:
    page = signed_in()
    page.add_init_script(
        """
        window.streams = [];
        window.EventSource = class extends EventSource {
            constructor(...given) { super(...given); streams.push(this); }
        };
        """
    )
    load_anew(page)
    page.clock.install()
    page.route("**/live", lambda route: refuse(route))
    lose_the_stream(page)
    for _ in range(4):
        page.clock.fast_forward(60_000)
        expect(page.get_by_text("Reconnecting")).to_be_visible()
    page.unroute("**/live")
    expect(page.get_by_text("Line is live")).to_be_visible(timeout=15_000)
    assert page.evaluate("streams.filter(stream => stream.readyState !== EventSource.CLOSED).length") == 1


def test_a_stream_that_brings_no_board_is_not_called_live(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.add_init_script(
        """
        window.EventSource = class extends EventSource {
            addEventListener(name, ...given) { if (name !== "board") super.addEventListener(name, ...given); }
        };
        """
    )
    load_anew(page)
    page.clock.install()
    page.clock.fast_forward(15_000)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
