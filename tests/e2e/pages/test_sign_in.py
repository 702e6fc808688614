"""Who gets past the door, and until when."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


def test_a_wrong_password_is_told_and_nothing_more(
    open_page: Callable[..., Page], people: list[dict[str, str]]
) -> None:
    page = open_page()
    for email in (people[0]["email"], "nobody@example.com"):
        page.goto("/sign-in")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("Email or password is not right.")


def test_a_session_that_was_signed_out_is_over_at_once_also_for_whoever_copied_it(
    signed_in: Callable[..., Page], open_page: Callable[..., Page]
) -> None:
    page = signed_in()
    copied = page.context.cookies()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    thief = open_page()
    thief.context.add_cookies(copied)  # type: ignore[arg-type]
    thief.goto("/")
    expect(thief.get_by_role("button", name="Sign in")).to_be_visible()
