"""What answers over HTTP in production: that it is there, that it is ours, and that it lets nobody in."""

import socket
import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from cli.checks import clock, dashboard, firestore, functions, livekit, network, worker
from cli.checks.asking import no_answer
from cli.checks.check import Fault, Fine, NotChecked
from tests.builders import NOW
from tests.unit.cli.examined import PRODUCTION, Answers, a_subject, refusing

GOOGLE_PAGE = "<h2>Your client does not have permission to get URL <code>/twilio_voice</code> from this server.</h2>"
DEPLOYED = {
    **{name: httpx.Response(403 if name.startswith("twilio") else 401, text="Forbidden") for name in functions.PUBLIC},
    **{name: httpx.Response(403, text=GOOGLE_PAGE) for name in functions.PRIVATE},
}


def by_path(replies: Mapping[str, httpx.Response]) -> Answers:
    return lambda request: replies.get(request.url.path.strip("/"), httpx.Response(404))


@pytest.mark.parametrize("known", [True, False])
async def test_hosts_that_are_all_without_an_address_are_this_machines_fault(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(host: str, *_: object, **__: object) -> list[object]:
        if not known or host != "firestore.googleapis.com":
            raise socket.gaierror(-3)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    answer = await network.names(a_subject())
    assert isinstance(answer, Fine if known else Fault)
    assert "1 of 4" in answer.said or "holdline.livekit.cloud" in answer.said


async def test_functions_that_refuse_strangers_are_fine() -> None:
    assert isinstance(await functions.deployed(a_subject(answers=by_path(DEPLOYED))), Fine)


@pytest.mark.parametrize(
    ("name", "reply", "said"),
    [
        ("create_room", httpx.Response(404), "create_room is not deployed"),
        ("twilio_voice", httpx.Response(403, text=GOOGLE_PAGE), "twilio_voice is behind Google's own refusal"),
        ("join_token", httpx.Response(200), "join_token lets strangers in"),
        ("twilio_status", httpx.Response(503), "twilio_status fails (HTTP 503)"),
        ("sweep", httpx.Response(405), "sweep lets strangers in"),
        ("learn", httpx.Response(404), "learn is not deployed"),
    ],
)
async def test_a_function_that_is_not_as_it_should_be_is_named_with_its_command(
    name: str, reply: httpx.Response, said: str
) -> None:
    fault = await functions.deployed(a_subject(answers=by_path(DEPLOYED | {name: reply})))
    assert isinstance(fault, Fault)
    assert fault.said.startswith(said)
    assert f"holdline deploy functions {name}" in fault.remedy


async def test_functions_are_asked_nothing_that_they_would_do() -> None:
    """What Google alone calls would act on a POST that came through."""
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path.strip("/")))
        return httpx.Response(403)

    await functions.deployed(a_subject(answers=answer))
    assert {name for method, name in asked if method == "POST"} == set(functions.PUBLIC)
    assert {name for method, name in asked if method == "GET"} == set(functions.PRIVATE)


@pytest.mark.parametrize(
    ("statuses", "said"),
    [((204, 401), None), ((204, 204), "takes events that"), ((401, 401), "refuses what"), ((500, 401), "fails")],
)
async def test_livekits_events_are_taken_and_a_strangers_are_not(statuses: tuple[int, int], said: str | None) -> None:
    replies = iter(statuses)
    answer = await functions.livekit_webhook(a_subject(answers=lambda _: httpx.Response(next(replies))))
    assert isinstance(answer, Fine) if said is None else isinstance(answer, Fault) and said in answer.said


async def test_a_function_that_can_only_apologise_does_not_reach_the_documents() -> None:
    sorry = httpx.Response(200, text="<Response><Say>We're sorry. We cannot take your call.</Say></Response>")
    fault = await functions.twilio_voice(a_subject(answers=lambda _: sorry))
    assert isinstance(fault, Fault) and "documents" in fault.said


@pytest.mark.parametrize(("skew_s", "is_fine"), [(0, True), (29, True), (-29, True), (31, False), (-31, False)])
async def test_a_clock_may_be_off_by_half_a_minute(skew_s: int, is_fine: bool) -> None:
    there = format_datetime(NOW + timedelta(seconds=skew_s), usegmt=True)
    answer = await clock.clock(a_subject(answers=lambda _: httpx.Response(404, headers={"Date": there})))
    assert isinstance(answer, Fine if is_fine else Fault)


async def test_a_clock_with_nobody_to_compare_it_to_is_not_checked() -> None:
    assert isinstance(await clock.clock(a_subject(answers=lambda _: httpx.Response(200))), NotChecked)


async def test_strangers_at_the_documents_are_refused_or_it_is_told_what_they_may() -> None:
    refused = a_subject(answers=lambda _: httpx.Response(403))
    assert isinstance(await firestore.strangers(refused), Fine)
    reading = a_subject(answers=lambda request: httpx.Response(404 if request.method == "GET" else 403))
    fault = await firestore.strangers(reading)
    assert isinstance(fault, Fault) and "read, list" in fault.said and "write" not in fault.said


async def test_another_program_at_the_dashboards_address_is_not_taken_for_it() -> None:
    fault = await dashboard.answers(a_subject(answers=lambda _: httpx.Response(200, text="<h1>It works!</h1>")))
    assert isinstance(fault, Fault) and "another program" in fault.said
    assert isinstance(await dashboard.answers(a_subject(answers=lambda _: httpx.Response(200, text="up\n"))), Fine)


async def test_a_dashboard_without_documents_and_a_refused_web_key_are_told_of() -> None:
    assert isinstance(await dashboard.ready(a_subject(answers=lambda _: httpx.Response(503))), Fault)
    fault = await dashboard.sign_in(a_subject(answers=lambda _: httpx.Response(400)))
    assert isinstance(fault, Fault) and "FIREBASE_WEB_API_KEY" in fault.said


async def test_a_worker_elsewhere_is_looked_for_only_where_it_was_named() -> None:
    nobody = refusing(httpx.ConnectError("refused"))
    assert isinstance(await worker.ready(a_subject(answers=nobody)), NotChecked)
    assert isinstance(await worker.ready(a_subject(answers=nobody, worker_url="http://worker:8082")), Fault)
    local = PRODUCTION | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}
    assert isinstance(await worker.ready(a_subject(answers=nobody, settings=local)), Fault)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (httpx.Response(503, json={"reasons": ["draining", "not registered"]}), "draining; not registered"),
        (httpx.Response(503, text="?"), "does not say why"),
        (httpx.Response(404), "no worker"),
    ],
)
async def test_a_worker_that_takes_no_calls_says_why(reply: httpx.Response, said: str) -> None:
    fault = await worker.ready(a_subject(answers=lambda _: reply))
    assert isinstance(fault, Fault) and said in fault.said


async def test_a_livekit_that_is_unwell_is_told_of() -> None:
    assert isinstance(await livekit.answers(a_subject(answers=lambda _: httpx.Response(503))), Fault)
    assert isinstance(await livekit.answers(a_subject(answers=lambda _: httpx.Response(404))), Fine)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectTimeout("timed out"), "does not answer in time"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "has no address"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "no certificate that is trusted"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "nobody answers"),
    ],
)
def test_why_nobody_answers_is_put_into_words(error: httpx.HTTPError, said: str) -> None:
    assert said in no_answer(error, whom="it", setting="FUNCTIONS_URL", remedy="Start it.").said


@pytest.mark.parametrize(
    ("cause", "said"), [(socket.gaierror(-2), "has no address"), (ssl.SSLError(1), "no certificate that is trusted")]
)
def test_why_nobody_answers_is_told_by_the_cause_whatever_its_words(cause: Exception, said: str) -> None:
    error = httpx.ConnectError("failed")
    error.__cause__ = cause
    assert said in no_answer(error, whom="it", setting="FUNCTIONS_URL", remedy="Start it.").said
