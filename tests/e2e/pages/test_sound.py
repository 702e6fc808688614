"""The chime, in a browser that lets no page sound before it was touched."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright

from local.chromium import on_path

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

TELL_OF_THE_SOUND = """
    window.AudioContext = class extends AudioContext {
        constructor(...given) {
            super(...given);
            window.sound = this;
            this.onstatechange = () => console.log(`The sound is ${this.state}`);
        }
    };
"""


@pytest.fixture
def strict(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=on_path(), args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def untouched(strict: Browser, signed_in: Callable[..., Page]) -> Page:
    """A phone's queue that nobody has touched yet."""
    known = signed_in()
    context = strict.new_context(storage_state=known.context.storage_state(), has_touch=True)
    page = context.new_page()
    page.add_init_script(TELL_OF_THE_SOUND)
    page.goto(known.url)
    return page


def tap_until_it_sounds(page: Page) -> None:
    """By the coordinates: what Playwright does to find an element counts as a touch to the browser."""
    with page.expect_console_message(lambda said: said.text == "The sound is running", timeout=5000):
        page.touchscreen.tap(5, 300)


def test_a_tap_anywhere_lets_the_page_sound(untouched: Page) -> None:
    tap_until_it_sounds(untouched)


def test_a_sound_that_a_telephone_call_has_stopped_comes_back_with_a_tap(untouched: Page) -> None:
    tap_until_it_sounds(untouched)
    untouched.evaluate("sound.suspend()")
    tap_until_it_sounds(untouched)
