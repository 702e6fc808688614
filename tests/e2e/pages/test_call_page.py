"""The page from which a visitor calls the line."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from local.checkout import ROOT
from local.chromium import on_path

QUESTION = ROOT / "local" / "recordings" / "do_you_have_gift_cards.slt.wav"
PAUSE_S = 6

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


@pytest.fixture
def caller(playwright: Playwright, stack: dict[str, Any], tmp_path: Path) -> Iterator[Page]:
    """The call page in a browser whose microphone hears a question every few seconds."""
    microphone = tmp_path / "microphone.wav"
    with wave.open(str(QUESTION)) as said, wave.open(str(microphone), "wb") as heard:
        heard.setparams(said.getparams())
        heard.writeframes(bytes(2 * said.getframerate() * PAUSE_S) + said.readframes(said.getnframes()))
    flags = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    flags += [f"--use-file-for-fake-audio-capture={microphone}", "--autoplay-policy=no-user-gesture-required"]
    browser = playwright.chromium.launch(executable_path=on_path(), args=flags)
    page = browser.new_context(base_url=stack["dashboard_url"]).new_page()
    page.goto(f"/call/{stack['phone_numbers'][0]['number']}")
    yield page
    browser.close()


def test_a_visitor_calls_the_line_reads_along_and_hangs_up(caller: Page) -> None:
    caller.get_by_role("button", name="Call").click()
    expect(caller.get_by_text("You are on the line.")).to_be_visible(timeout=30_000)
    expect(caller.locator(".said-by-agent").first).to_contain_text("Thank you for calling", timeout=30_000)
    expect(caller.locator(".said-by-caller").first).to_contain_text("You", timeout=40_000)
    caller.get_by_role("button", name="Mute").click()
    expect(caller.get_by_role("button", name="Unmute")).to_be_visible()
    caller.get_by_role("button", name="Hang up").click()
    expect(caller.get_by_text("The call has ended.")).to_be_visible()
    expect(caller.get_by_role("button", name="Call again")).to_be_visible()


def test_a_number_that_takes_no_calls_is_told_so(caller: Page) -> None:
    caller.get_by_label("Number").fill("+12125550999")
    caller.get_by_role("button", name="Call").click()
    expect(caller.get_by_role("alert")).to_contain_text("does not take calls from a browser")
    expect(caller.get_by_role("button", name="Call")).to_be_enabled()


def test_a_visitor_without_a_microphone_is_told_so(open_page: Callable[..., Page], complaints: list[str]) -> None:
    page = open_page(permissions=[])
    page.goto("/call")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("alert")).to_contain_text("microphone")
    expect(page.get_by_role("button", name="Call")).to_be_enabled()
    assert complaints == []
