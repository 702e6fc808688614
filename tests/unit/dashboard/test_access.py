import re
from collections.abc import Callable

import pytest
from flask import Flask

from dashboard.access import COOKIE
from tests.unit.dashboard.world import PASSWORD, Browser, Clock, FakeIdentity


def _without_token(page: str) -> str:
    return re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", page)


PAGES = ("/", "/calls", "/calls/c1", "/knowledge")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_an_organisation_asks_for_a_sign_in_first(visitor: Browser, path: str) -> None:
    reply = visitor.get(path)
    assert reply.status_code == 303
    assert reply.location.startswith("/sign-in?next=")


def test_signing_in_leads_to_the_page_that_was_asked_for(visitor: Browser) -> None:
    assert (
        visitor.post("/sign-in", email="ana@salon.example.com", password=PASSWORD, next="/calls").location == "/calls"
    )
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "/\\example.com", "calls", ""])
def test_signing_in_never_leads_to_another_site(visitor: Browser, elsewhere: str) -> None:
    reply = visitor.post("/sign-in", email="ana@salon.example.com", password=PASSWORD, next=elsewhere)
    assert reply.location == "/"


def test_a_wrong_password_and_an_unknown_account_are_told_in_the_same_words(visitor: Browser) -> None:
    wrong = visitor.sign_in("ana@salon.example.com", password="not it")
    unknown = visitor.sign_in("eva@salon.example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert "Email or password is not right." in wrong.text
    assert _without_token(wrong.text).replace("ana@", "eva@") == _without_token(unknown.text)
    assert visitor.session is None


def test_an_account_without_a_role_is_told_so_and_stays_outside(visitor: Browser) -> None:
    reply = visitor.sign_in("nobody@example.com")
    assert reply.status_code == 403
    assert "Ask your admin" in reply.text
    assert visitor.session is None


def test_guessing_is_stopped_for_a_minute(visitor: Browser, clock: Clock) -> None:
    for _ in range(8):
        assert visitor.sign_in(password="a guess").status_code == 401
    assert visitor.sign_in().status_code == 429
    clock.passes(61)
    assert visitor.sign_in().status_code == 303


def test_guessing_at_one_account_closes_no_other(visitor: Browser, browser: Callable[[], Browser]) -> None:
    for _ in range(9):
        visitor.sign_in(password="a guess")
    assert browser().sign_in("rosa@salon.example.com").status_code == 303


@pytest.mark.parametrize(("trusted_proxies", "is_locked_out"), [(1, False), (0, True)])
def test_behind_a_proxy_that_we_trust_nobody_is_locked_out_by_another_address(
    app_with: Callable[..., Flask], trusted_proxies: int, is_locked_out: bool
) -> None:
    """And without one, nobody escapes by making an address up."""
    app = app_with(trusted_proxies=trusted_proxies)
    guesser, ana = Browser(app.test_client(), address="203.0.113.7"), Browser(app.test_client(), address="203.0.113.8")
    for _ in range(8):
        guesser.sign_in(password="a guess")
    assert (ana.sign_in().status_code == 429) is is_locked_out


def test_an_address_that_a_browser_made_up_before_the_proxy_does_not_count(app_with: Callable[..., Flask]) -> None:
    app = app_with(trusted_proxies=1)
    for n in range(8):
        Browser(app.test_client(), address=f"198.51.100.{n}, 203.0.113.7").sign_in(password="a guess")
    assert Browser(app.test_client(), address="203.0.113.7").sign_in().status_code == 429


def test_signing_out_ends_the_session_everywhere(ana: Browser, browser: Callable[[], Browser]) -> None:
    elsewhere = browser()
    elsewhere.sign_in("ana@salon.example.com")
    ana.sign_out()
    assert ana.session is None
    assert elsewhere.post("/help/r1/claim").location.startswith("/sign-in")
    assert elsewhere.get("/").location.startswith("/sign-in")


def test_without_the_identity_provider_one_can_read_and_change_nothing(ana: Browser, identity: FakeIdentity) -> None:
    identity.is_away = True
    assert ana.get("/").status_code == 200
    assert ana.post("/help/r1/claim").status_code == 503
    reply = ana.post("/help/r1/answer", htmx=True, answer="Yes.")
    assert (reply.status_code, reply.headers["Holdline-Says"]) == (503, "yes"), "a page shows no words of a proxy's"
    assert "Signing in does not work right now" in reply.text


def test_a_session_is_over_after_its_time(ana: Browser, clock: Clock) -> None:
    clock.passes(12 * 3600)
    assert ana.get("/").location.startswith("/sign-in")


def test_a_script_whose_session_is_over_is_sent_to_the_sign_in(ana: Browser, identity: FakeIdentity) -> None:
    identity.revoke("ana")
    reply = ana.post("/help/r1/claim", htmx=True)
    assert reply.status_code == 401
    assert reply.headers["HX-Redirect"].startswith("/sign-in")
    assert "Sign in again" in reply.text


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/help/r1/claim", "/help/r1/answer", "/help/r1/preview", "/call"]
)
def test_a_form_without_the_token_of_its_page_is_refused(ana: Browser, path: str) -> None:
    assert ana.client.post(path, data={"answer": "Yes."}).status_code == 400
    assert ana.client.post(path, data={"answer": "Yes."}, headers={"X-CSRFToken": "made up"}).status_code == 400


@pytest.mark.parametrize(
    ("url", "is_secure"), [("https://console.example.com", True), ("http://127.0.0.1:8000", False)]
)
def test_the_session_cookie_is_kept_from_scripts_and_other_sites(
    app_with: Callable[..., Flask], url: str, is_secure: bool
) -> None:
    app = app_with(dashboard_url=url)
    app.config["WTF_CSRF_ENABLED"] = False
    reply = app.test_client().post("/sign-in", data={"email": "ana@salon.example.com", "password": PASSWORD})
    [cookie] = [value for value in reply.headers.getlist("Set-Cookie") if value.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is is_secure
