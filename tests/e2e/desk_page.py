"""The live queue in a real browser, as one supervisor sees and uses it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from local.chromium import on_path

WITHIN_MS = 30_000


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """A headless browser; it runs as root in containers, which Chromium's sandbox does not."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=on_path(), args=["--no-sandbox", *flags])
        try:
            yield browser
        finally:
            await browser.close()


class DeskPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def of(cls, name: str, browser: Browser, stack: dict[str, Any]) -> "DeskPage":
        """Sign in through the form as one of the stack's people, in a browser session of their own."""
        person = next(person for person in stack["people"] if person["email"].startswith(f"{name.lower()}@"))
        page = await (await browser.new_context()).new_page()
        page.set_default_timeout(WITHIN_MS)
        await page.goto(f"{stack['dashboard_url']}/")
        await page.get_by_label("Email").fill(person["email"])
        await page.get_by_label("Password").fill(person["password"])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("#lamp")).to_have_text("Line is live", timeout=WITHIN_MS)
        return cls(page)

    def card(self, request_id: str) -> Locator:
        return self.page.locator(f'[data-request="{request_id}"]')

    async def shows(self, request_id: str, words: str) -> None:
        """The card comes to say this, by itself."""
        await expect(self.card(request_id)).to_contain_text(words, timeout=WITHIN_MS)

    async def claim(self, request_id: str) -> None:
        await self.card(request_id).get_by_role("button", name="Claim").click()

    async def type(self, request_id: str, answer: str) -> None:
        await self.card(request_id).get_by_label("Answer", exact=True).fill(answer)

    async def send(self, request_id: str) -> None:
        await self.card(request_id).get_by_role("button", name="Send to caller").click()

    async def step(self, request_id: str, name: str, *, is_: str) -> None:
        """A step of the delivery comes to be `done` or `now`."""
        step = self.card(request_id).locator(f".step.is-{is_}", has_text=name)
        await expect(step).to_be_visible(timeout=WITHIN_MS)

    async def post(self, path: str, **fields: str) -> int:
        """The status of a form sent in this person's session, past the page and what it offers."""
        token = await self.page.locator("input[name=csrf_token]").first.input_value()
        reply = await self.page.request.post(path, form={"csrf_token": token, **fields}, max_redirects=0)
        return reply.status
