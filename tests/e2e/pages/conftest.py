"""One browser for all pages, people in front of it, and callers who ask.

The browser ends with this folder: while Playwright's synchronous side lives, no asynchronous test can run.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from holdline import line
from holdline.call import Call, CallKind, KnowledgeUse, Outcome, Speaker
from holdline.firestore.database import FirestoreDatabase
from holdline.help_request import ContextTurn, HelpRequest, Status
from holdline.store import Create, Put, Store, must_get
from local.chromium import on_path
from tests.e2e.pages.cards import now


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    browser = playwright.chromium.launch(executable_path=on_path(), args=flags)
    yield browser
    browser.close()


@pytest.fixture
def people(stack: dict[str, Any]) -> list[dict[str, str]]:
    """Two people of one organisation."""
    org = stack["people"][0]["org"]
    return [person for person in stack["people"] if person["org"] == org][:2]


@pytest.fixture
def store(database: FirestoreDatabase, people: list[dict[str, str]]) -> Store:
    """Their organisation's documents."""
    return database.for_org(people[0]["org"])


@pytest.fixture
def ask(store: Store) -> Iterator[Callable[..., HelpRequest]]:
    """A caller asks; whatever becomes of it is closed after the test."""
    asked: list[str] = []

    def one(question: str = "Do you have a piano?", **fields: Any) -> HelpRequest:
        request = HelpRequest(
            id=f"page-{uuid4().hex[:12]}",
            question=question,
            reason="The knowledge has no sure answer.",
            caller="+1212***0142",
            context=(ContextTurn(who=Speaker.CALLER, text="I would love to play while I wait."),),
            nearest=(KnowledgeUse(entry="e", question="Is there music?", answer="Softly, all day.", score=0.31),),
            asked_at=now(),
            expires_at=now() + timedelta(seconds=120),
            **{"call": "page-test", **fields},
        )
        store.commit(Create(request))
        asked.append(request.id)
        return request

    yield one
    for request_id in asked:
        request = must_get(store, HelpRequest, request_id).record
        closed = {"status": Status.CLOSED, "closed_at": now() - timedelta(hours=1)}
        store.commit(Put(request.model_copy(update=closed)))


@pytest.fixture
def a_call(store: Store) -> Iterator[str]:
    """The id of one that is on until the test ends: a line takes only so many."""
    call = Call(
        id=f"page-{uuid4().hex[:12]}",
        kind=CallKind.BROWSER,
        caller="browser",
        caller_identity="caller",
        line="+12125550100",
        voice_agent="front-desk",
        voice_agent_version="v1",
        opened_by="page-test",
        started_at=now(),
    )
    store.commit(Create(call))
    yield call.id
    line.close(store, call.id, outcome=Outcome.CALLER_LEFT, at=now())


@pytest.fixture
def complaints() -> list[str]:
    """What a page complained of, such as something that its content security policy forbids."""
    return []


@pytest.fixture
def open_page(chromium: Browser, stack: dict[str, Any], complaints: list[str]) -> Iterator[Callable[..., Page]]:
    contexts = []

    def one(**options: Any) -> Page:
        context = chromium.new_context(base_url=stack["dashboard_url"], **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    yield one
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in(open_page: Callable[..., Page], people: list[dict[str, str]]) -> Callable[..., Page]:
    def one(person: dict[str, str] = people[0], **options: Any) -> Page:
        page = open_page(**options)
        page.goto("/")
        page.get_by_label("Email").fill(person["email"])
        page.get_by_label("Password").fill(person["password"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Line is live")).to_be_visible()
        return page

    return one
