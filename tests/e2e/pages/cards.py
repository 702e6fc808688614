"""A card of the queue, as a test of its page finds it."""

from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, expect

from holdline.help_request import HelpRequest
from holdline.people import PersonRef

ROSA = PersonRef(uid="rosa-of-the-test", name="Rosa")
"""A colleague who is at no browser."""


def now() -> datetime:
    return datetime.now(UTC)


def card_of(page: Page, request: HelpRequest) -> Locator:
    card = page.locator(f'[data-request="{request.id}"]')
    expect(card).to_be_visible()
    return card
