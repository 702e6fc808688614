"""The dashboard in a real browser, on the running stack: what people see, type and press."""

import re
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, Route, expect, sync_playwright

from dashboard.board import LINGER_UNANSWERED
from holdline import desk, line
from holdline.call import Call, CallKind, KnowledgeUse, Speaker, Turn
from holdline.firestore import connect
from holdline.help_request import ContextTurn, Event, HelpRequest, Status
from holdline.people import PersonRef
from holdline.settings import FirestoreSettings
from holdline.store import Create, Put, Store, must_get
from local.chromium import on_path
from tests.unit.dashboard.world import happens

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

ROSA = PersonRef(uid="rosa-of-the-test", name="Rosa")
QUESTION = Path(__file__).parents[2] / "local" / "recordings" / "do_you_have_gift_cards.slt.wav"
PAUSE_S = 6
PAGES = ("/", "/calls", "/knowledge", "/call", "/nowhere")
PUBLIC_PAGES = ("/sign-in", "/call")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
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
def store(stack: dict[str, Any], people: list[dict[str, str]]) -> Iterator[Store]:
    settings = FirestoreSettings(
        _env_file=None,  # type: ignore[call-arg]
        google_cloud_project=stack["project_id"],
        firestore_emulator_host=stack["firestore_emulator_host"],
    )
    database = connect(settings)
    yield database.for_org(people[0]["org"])
    database.close()


@pytest.fixture
def ask(store: Store) -> Iterator[Callable[..., HelpRequest]]:
    """A caller asks; whatever becomes of it is closed after the test."""
    asked: list[str] = []

    def one(question: str = "Do you have a piano?", **fields: Any) -> HelpRequest:
        request = HelpRequest(
            id=f"page-{uuid4().hex[:12]}",
            call="page-test",
            question=question,
            reason="The knowledge has no sure answer.",
            caller="+1212***0142",
            context=(ContextTurn(who=Speaker.CALLER, text="I would love to play while I wait."),),
            nearest=(KnowledgeUse(entry="e", question="Is there music?", answer="Softly, all day.", score=0.31),),
            asked_at=now(),
            expires_at=now() + timedelta(seconds=120),
            **fields,
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
def console() -> list[str]:
    """What a page complained of, such as something that its content security policy forbids."""
    return []


@pytest.fixture
def open_page(chromium: Browser, stack: dict[str, Any], console: list[str]) -> Iterator[Callable[..., Page]]:
    contexts = []

    def one(**options: Any) -> Page:
        context = chromium.new_context(base_url=stack["dashboard_url"], **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: console.append(str(error)))
        page.on("console", lambda said: console.append(said.text) if "Content Security" in said.text else None)
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


def is_the_same(page: Page) -> bool:
    """Whether the page was not loaded anew since `remember`."""
    return bool(page.evaluate("window.isTheSame"))


def remember(page: Page) -> None:
    page.evaluate("window.isTheSame = true")


def card_of(page: Page, request: HelpRequest) -> Locator:
    card = page.locator(f'[data-request="{request.id}"]')
    expect(card).to_be_visible()
    return card


def test_one_can_sign_in_and_answer_by_keyboard_alone(
    open_page: Callable[..., Page], people: list[dict[str, str]], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = open_page()
    page.goto("/")
    page.keyboard.type(people[0]["email"])
    page.keyboard.press("Tab")
    page.keyboard.type(people[0]["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Line is live")).to_be_visible()
    request = ask(asked_first := "Do you have a harp?")
    card = card_of(page, request)
    expect(card).to_contain_text(asked_first)
    page.keyboard.press("Alt+a")
    page.keyboard.type("Yes, a small one.")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("On its way to the caller")
    assert must_get(store, HelpRequest, request.id).record.answer == "Yes, a small one."


def test_a_question_appears_by_itself_and_its_clock_ticks(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    expect(card.get_by_role("heading", name="Do you have a piano?")).to_be_visible()
    expect(card.locator(".clock")).to_contain_text("0:02")
    expect(card.locator(".clock")).to_contain_text("0:03")
    assert page.title().startswith("(")


def test_a_draft_outlives_what_others_do_and_a_reload(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    request = ask()
    box = card_of(page, request).get_by_label("Answer")
    box.fill("We have a pia")
    line.add_detail(store, request.id, "a grand one if possible")
    expect(card_of(page, request)).to_contain_text("a grand one if possible")
    expect(box).to_have_value("We have a pia")
    expect(box).to_be_focused()
    page.keyboard.type("no")
    page.reload()
    expect(card_of(page, request).get_by_label("Answer")).to_have_value("We have a piano")


def test_what_colleagues_do_elsewhere_does_not_move_the_cursor(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    first, second = ask("Do you have a harp?"), ask("Do you have a drum?")
    box = card_of(page, second).get_by_label("Answer")
    box.fill("Yes, a big drum")
    box.evaluate("box => box.setSelectionRange(5, 10)")
    desk.answer(store, first.id, "Yes.", by=ROSA, at=now())
    expect(card_of(page, first)).to_contain_text("On its way to the caller")
    page.keyboard.type("one small")
    expect(box).to_have_value("Yes, one small drum")


def test_a_question_can_be_answered_without_script(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    request = ask()
    card = card_of(signed_in(java_script_enabled=False), request)
    card.get_by_role("button", name="Claim").click()
    expect(card).to_contain_text("You are on it")
    card.get_by_label("Answer").fill("<i>Yes</i>")
    card.get_by_role("button", name="Send to caller").click()
    expect(card).to_contain_text("has markup")
    expect(card.get_by_label("Answer")).to_have_value("<i>Yes</i>")
    card.get_by_label("Answer").fill("Yes, upstairs.")
    card.get_by_role("button", name="Send to caller").click()
    expect(card).to_contain_text("On its way to the caller")


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


def test_keys_work_on_the_card_that_was_claimed_and_not_on_the_first(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    first, second = card_of(page, ask("Do you have a harp?")), card_of(page, ask("Do you have a drum?"))
    second.get_by_role("button", name="Claim").click()
    expect(second).to_contain_text("You are on it")
    page.locator("h1").click()
    page.keyboard.press("Alt+1")
    expect(second.get_by_label("Answer")).to_have_value(second.locator(".quick button").first.inner_text())
    expect(first.get_by_label("Answer")).to_have_value("")
    page.locator("h1").click()
    page.keyboard.press("Alt+a")
    expect(second.get_by_label("Answer")).to_be_focused()


def test_a_quick_response_never_goes_to_a_caller_whom_nobody_chose(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    first, second = card_of(page, ask("Do you have a harp?")), card_of(page, ask("Do you have a drum?"))
    page.keyboard.press("Alt+1")
    expect(page.locator("#announcer")).to_contain_text("Choose a caller first")
    for card in (first, second):
        expect(card.get_by_label("Answer")).to_have_value("")
    second.get_by_role("button", name="Use this").focus()
    page.keyboard.press("Alt+1")
    expect(second.get_by_label("Answer")).not_to_have_value("")
    expect(first.get_by_label("Answer")).to_have_value("")
    page.locator("h1").click()
    page.keyboard.press("Alt+a")
    expect(first.get_by_label("Answer")).to_be_focused()


@pytest.mark.parametrize("is_in_the_box", [True, False])
def test_a_card_stays_for_whoever_writes_a_late_answer(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store, is_in_the_box: bool
) -> None:
    page = signed_in()
    left_alone, request = ask("Do you have a harp?"), ask()
    card = card_of(page, request)
    card.get_by_label("Answer").fill("Yes, ups")
    if not is_in_the_box:
        page.locator("h1").click()
    almost_gone = now() + timedelta(seconds=2) - LINGER_UNANSWERED
    for one in (left_alone, request):
        line.expire(store, one.id, at=almost_gone)
    expect(page.locator(f'[data-request="{left_alone.id}"]')).to_have_count(0)
    box = card.get_by_label("Words for a follow-up")
    expect(box).to_be_visible()
    expect(box).to_have_value("Yes, ups")
    if not is_in_the_box:
        box.focus()
    page.keyboard.press("End")
    page.keyboard.type("tairs.")
    card.get_by_role("button", name="Keep for follow-up").click()
    expect(card).to_contain_text("Kept for a follow-up")
    expect(page.locator("#announcer")).to_have_text("Kept for a follow-up")
    assert must_get(store, HelpRequest, request.id).record.answer == "Yes, upstairs."


def test_a_card_that_stayed_goes_once_its_draft_is_discarded(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    left_alone, request = ask("Do you have a harp?"), ask()
    card = card_of(page, request)
    card.get_by_label("Answer").fill("Yes, ups")
    for one in (left_alone, request):
        line.expire(store, one.id, at=now() + timedelta(seconds=2) - LINGER_UNANSWERED)
    expect(page.locator(f'[data-request="{left_alone.id}"]')).to_have_count(0)
    card.get_by_role("button", name="Discard").click()
    expect(card).to_have_count(0)


def test_a_section_without_cards_is_not_there(signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]) -> None:
    page = signed_in()
    request = ask()
    section = page.locator("#on-the-way")
    section.evaluate("(section, id) => section.append(document.getElementById(id))", f"request-{request.id}")
    expect(section).to_be_visible()
    section.locator("[data-request]").evaluate_all("cards => cards.forEach(card => card.remove())")
    expect(section).to_be_hidden()


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


def test_no_page_is_loaded_anew_under_somebody_who_writes(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], stack: dict[str, Any]
) -> None:
    """Though the stream is down: what was done will be seen when the writing is over."""
    page = signed_in()
    page.clock.install()
    first, second = ask("Do you have a harp?"), ask("Do you have a drum?")
    box = card_of(page, second).get_by_label("Answer")
    page.evaluate("htmx.find('#board')['htmx-internal-data'].sseEventSource.close()")
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


def test_a_page_that_wakes_up_finds_its_stream_again_and_keeps_its_draft(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    page.clock.install()
    request = ask()
    box = card_of(page, request).get_by_label("Answer")
    box.fill("Yes, ups")
    remember(page)
    page.clock.fast_forward(60_000)
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Line is live")).to_be_visible()
    line.add_detail(store, request.id, "a grand one if possible")
    expect(card_of(page, request)).to_contain_text("a grand one if possible")
    expect(box).to_have_value("Yes, ups")
    assert is_the_same(page)


def test_a_suggestion_is_added_to_what_was_typed_and_can_be_undone(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    box = card.get_by_label("Answer")
    box.focus()
    page.keyboard.type("We do.")
    card.get_by_role("button", name="Use this").click()
    expect(box).to_have_value("We do. Softly, all day.")
    page.keyboard.press("Control+z")
    expect(box).to_have_value("We do.")
    box.fill("a" * 499)
    card.get_by_role("button", name="Use this").click()
    expect(card.get_by_role("alert")).to_contain_text("more than 500 characters")
    expect(box).to_have_value("a" * 499)


def test_a_preview_after_the_session_is_over_says_so(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    card.get_by_label("Answer").fill("Yes, upstairs.")
    page.context.clear_cookies(name="holdline_session")
    card.get_by_role("button", name="Preview").click()
    expect(card.get_by_role("alert")).to_contain_text("Sign in again")
    expect(card.get_by_label("Answer")).to_have_value("Yes, upstairs.")


def test_claim_and_release_are_seen_by_the_others(
    signed_in: Callable[..., Page], people: list[dict[str, str]], ask: Callable[..., HelpRequest]
) -> None:
    first, second = signed_in(people[0]), signed_in(people[1])
    request = ask()
    card_of(first, request).get_by_role("button", name="Claim").click()
    name = first.locator(".whose strong").inner_text()
    expect(card_of(second, request)).to_contain_text(f"{name} is on it")
    card_of(first, request).get_by_role("button", name="Release").click()
    expect(card_of(second, request).get_by_role("button", name="Claim")).to_be_visible()


def test_an_answer_that_cannot_be_spoken_is_refused_at_the_field(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest]
) -> None:
    page = signed_in()
    card = card_of(page, ask())
    card.get_by_label("Answer").fill("<b>Yes</b>")
    card.get_by_role("button", name="Send to caller").click()
    expect(card.get_by_role("alert")).to_contain_text("has markup")
    expect(card.get_by_label("Answer")).to_have_value("<b>Yes</b>")


def test_near_knowledge_and_quick_responses_fill_the_box_and_can_be_heard_first(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    request = ask()
    card = card_of(page, request)
    card.get_by_role("button", name="Use this").click()
    expect(card.get_by_label("Answer")).to_have_value("Softly, all day.")
    page.keyboard.press("Alt+1")
    quick = card.locator(".quick button").first.inner_text()
    expect(card.get_by_label("Answer")).to_have_value(quick)
    card.get_by_role("button", name="Preview").click()
    expect(card.get_by_role("button", name="Stop")).to_be_visible()
    expect(card.get_by_role("button", name="Preview")).to_be_visible()
    assert must_get(store, HelpRequest, request.id).record.status is Status.WAITING


def test_the_way_to_the_callers_ear_is_shown_step_by_step(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], store: Store
) -> None:
    page = signed_in()
    request = ask()
    card = card_of(page, request)
    desk.answer(store, request.id, "Yes, upstairs.", by=ROSA, at=now())
    expect(card).to_contain_text("On its way to the caller")
    line.received(store, request.id, version=1, at=now())
    happens(store, Event.SPEAKING_BEGAN, request.id, at=now())
    expect(card).to_contain_text("The caller is hearing it now")
    happens(store, Event.CUT, request.id, at=now(), cuts=1)
    expect(card).to_contain_text("it will be said again")
    happens(store, Event.SPEAKING_BEGAN, request.id, at=now())
    happens(store, Event.HEARD, request.id, at=now())
    expect(card).to_contain_text("Heard by the caller")


def test_what_a_caller_says_is_never_run(
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], console: list[str]
) -> None:
    page = signed_in()
    evil = "<img src=x onerror='window.ran = true'><script>window.ran = true</script>"
    expect(card_of(page, ask(evil))).to_contain_text("<script>window.ran = true</script>")
    assert page.evaluate("window.ran") is None
    assert console == []


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


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_its_window_and_its_policy(
    signed_in: Callable[..., Page],
    open_page: Callable[..., Page],
    ask: Callable[..., HelpRequest],
    a_long_call: Call,
    console: list[str],
    width: int,
    scheme: str,
) -> None:
    request = ask("Would you have a very long answer to a question with a verylongwordthatdoesnotbreakanywhereatall?")
    window = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    page, visitor = signed_in(**window), open_page(**window)
    card_of(page, request)
    for path in (*PAGES, f"/calls/{a_long_call.id}"):
        page.goto(path)
        expect(page).to_have_url(re.compile(f"{re.escape(path)}$"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    for path in PUBLIC_PAGES:
        visitor.goto(path)
        expect(visitor).to_have_url(re.compile(f"{re.escape(path)}$"))
        assert visitor.evaluate("document.documentElement.scrollWidth") <= width, path
    assert console == []


def test_a_number_that_takes_no_calls_is_told_so(caller: Page) -> None:
    caller.get_by_label("Number").fill("+12125550999")
    caller.get_by_role("button", name="Call").click()
    expect(caller.get_by_role("alert")).to_contain_text("does not take calls from a browser")
    expect(caller.get_by_role("button", name="Call")).to_be_enabled()


def test_a_visitor_without_a_microphone_is_told_so(open_page: Callable[..., Page], console: list[str]) -> None:
    page = open_page(permissions=[])
    page.goto("/call")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("alert")).to_contain_text("microphone")
    expect(page.get_by_role("button", name="Call")).to_be_enabled()
    assert console == []


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
