"""The dashboard in a real browser, on the running stack: what people see, type and press."""

import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect, sync_playwright

from holdline import desk, line
from holdline.call import KnowledgeUse, Speaker
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
PAGES = ("/", "/calls", "/knowledge", "/call", "/sign-in", "/nowhere")


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
    signed_in: Callable[..., Page], people: list[dict[str, str]], ask: Callable[..., HelpRequest]
) -> None:
    first, second = signed_in(people[0]), signed_in(people[1])
    request = ask()
    mine, theirs = card_of(first, request), card_of(second, request)
    mine.get_by_label("Answer").fill("Yes, upstairs.")
    theirs.get_by_label("Answer").fill("Yes, in the hall.")
    mine.get_by_role("button", name="Send to caller").click()
    theirs.get_by_role("button", name="Send to caller").click()
    name = first.locator(".whose strong").inner_text()
    expect(theirs).to_contain_text(f"Already taken by {name}.")
    expect(theirs.get_by_role("textbox")).to_have_value("Yes, in the hall.")
    expect(theirs).to_contain_text("Yes, upstairs.")


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
    signed_in: Callable[..., Page], ask: Callable[..., HelpRequest], console: list[str], width: int, scheme: str
) -> None:
    request = ask("Would you have a very long answer to a question with a verylongwordthatdoesnotbreakanywhereatall?")
    page = signed_in(viewport={"width": width, "height": 844}, color_scheme=scheme)
    card_of(page, request)
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
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
