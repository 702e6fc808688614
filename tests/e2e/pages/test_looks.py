"""How every page looks: it fits its window, and keeps to its content security policy."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from holdline.call import Call, CallKind, Speaker, Turn
from holdline.callback import Callback
from holdline.help_request import HelpRequest, Status
from holdline.store import Put, Store
from tests.e2e.pages.cards import card_of, now

PAGES = ("/", "/follow-ups", "/calls", "/knowledge", "/call", "/nowhere")
PUBLIC_PAGES = ("/sign-in", "/call")

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


@pytest.fixture
def a_long_call(store: Store) -> Call:
    """A call that has ended, with words in its transcript that do not break."""
    at = now() - timedelta(minutes=10)
    call = Call(
        id="page-test",
        kind=CallKind.BROWSER,
        caller="browser",
        caller_identity="caller",
        line="+12125550100",
        voice_agent="reception",
        voice_agent_version="v1",
        opened_by="page-test",
        started_at=at,
        ended_at=at + timedelta(minutes=2),
    )
    said = Turn.of(call.id, 1, who=Speaker.CALLER, text="Tell me " + "anywordatall" * 20, at=at)
    store.commit(Put(call), Put(said))
    return call


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_its_window_and_its_policy(
    signed_in: Callable[..., Page],
    open_page: Callable[..., Page],
    ask: Callable[..., HelpRequest],
    a_long_call: Call,
    complaints: list[str],
    width: int,
    scheme: str,
) -> None:
    request = ask("Would you have a very long answer to a question with a verylongwordthatdoesnotbreakanywhereatall?")
    window = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    page, visitor = signed_in(**window), open_page(**window)
    card_of(page, request)
    wish = Callback(number="+12125550177", window="anywordatall" * 10, consents_to_text=True, asked_at=now())
    owed = ask("anywordatall" * 12, status=Status.CALLER_LEFT, callback=wish, message="anywordatall" * 12)
    for path in (*PAGES, f"/calls/{a_long_call.id}"):
        page.goto(path)
        expect(page).to_have_url(re.compile(f"{re.escape(path)}$"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    for path in PUBLIC_PAGES:
        visitor.goto(path)
        expect(visitor).to_have_url(re.compile(f"{re.escape(path)}$"))
        assert visitor.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto("/follow-ups")
    expect(page.locator(f"#request-{owed.id}")).to_be_visible()
    assert complaints == []
