"""Each step of a call is counted once, in the one process that is scraped, and never logged."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from livekit.agents import AgentSession, ErrorEvent, llm
from prometheus_client import CollectorRegistry

from agent.health import Standing
from agent.measurements import (
    Counting,
    HelpRequests,
    call_answered,
    hearing_changed,
    measured,
    provider_failed,
    silence_filled,
    watch_providers,
)
from agent.pipelines.rules_llm import RulesLLM
from holdline.help_request import Event, HelpRequest, Status
from tests.builders import NOW, a_request, an_answered_request, later


@pytest.fixture
def registry() -> Iterator[CollectorRegistry]:
    before = (measured.level, measured.propagate, list(measured.handlers))
    registry = CollectorRegistry()
    Counting(registry).begin()
    yield registry
    level, measured.propagate, measured.handlers[:] = before
    measured.setLevel(level)


def events(registry: CollectorRegistry) -> dict[str, float]:
    return {
        sample.labels["event"]: sample.value
        for family in registry.collect()
        if family.name == "holdline_help_requests"
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def heard(request: HelpRequest, *, at: float) -> HelpRequest:
    latencies = {"to_synthesiser": 65.6, "to_first_frame": 73.7}
    speaking = request.after(Event.SPEAKING_BEGAN, at=later(at))
    return speaking.after(Event.HEARD, at=later(at), latencies_ms=latencies)


def test_each_step_of_a_help_request_is_counted_once_however_often_it_is_seen(registry: CollectorRegistry) -> None:
    requests = HelpRequests(since=NOW)
    answered = an_answered_request(answer="Yes.")
    for request in (a_request(), a_request(), answered, answered, heard(answered, at=2), heard(answered, at=2)):
        requests.saw(request)
    assert events(registry) == {"asked": 1, "answered": 1, "delivered": 1}


def test_a_corrected_answer_is_answered_and_delivered_again(registry: CollectorRegistry) -> None:
    requests = HelpRequests(since=NOW)
    first = heard(an_answered_request(answer="Yes."), at=2)
    requests.saw(first)
    corrected = first.after(Event.CORRECTED, at=later(5), accepted_answer="No.", answer_version=2)
    requests.saw(corrected)
    requests.saw(heard(corrected, at=6))
    assert events(registry) == {"asked": 1, "answered": 2, "delivered": 2}


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (Event.EXPIRED, Status.EXPIRED),
        (Event.WITHDRAWN, Status.WITHDRAWN),
        (Event.CALLER_LEFT, Status.CALLER_LEFT),
    ],
)
def test_a_request_that_ends_without_an_answer_counts_as_such(
    registry: CollectorRegistry, event: Event, status: Status
) -> None:
    HelpRequests(since=NOW).saw(a_request().after(event, at=later(120)))
    assert events(registry) == {"asked": 1, status.value: 1}


def test_what_another_job_had_measured_is_not_counted_again(registry: CollectorRegistry) -> None:
    HelpRequests(since=later(10)).saw(heard(an_answered_request(answer="Yes."), at=12))
    assert events(registry) == {"delivered": 1}


def test_the_relay_is_measured_from_commit_to_synthesiser_and_to_first_frame(registry: CollectorRegistry) -> None:
    HelpRequests(since=NOW).saw(heard(an_answered_request(answer="Yes."), at=2))

    def measured_s(to: str) -> float | None:
        return registry.get_sample_value("holdline_relay_latency_seconds_sum", {"to": to})

    assert measured_s("synthesiser") == pytest.approx(0.0656)
    assert measured_s("first_frame") == pytest.approx(0.0737)


def test_calls_silences_and_failures_by_part_are_counted(registry: CollectorRegistry) -> None:
    call_answered()
    silence_filled()
    provider_failed("stt")
    assert registry.get_sample_value("holdline_calls_answered_total") == 1
    assert registry.get_sample_value("holdline_silences_filled_total") == 1
    assert failures(registry, "stt") == 1


def failures(registry: CollectorRegistry, part: str) -> float | None:
    return registry.get_sample_value("holdline_provider_failures_total", {"part": part})


class Failure:
    type = "tts_error"


async def test_what_a_session_cannot_get_over_and_what_a_stand_in_takes_over_are_failures(
    registry: CollectorRegistry,
) -> None:
    models = llm.FallbackAdapter([RulesLLM(), RulesLLM()])
    session: AgentSession[None] = AgentSession(llm=models)
    watch_providers(session)
    session.emit("error", ErrorEvent(error=Failure(), source=None))
    for available in (False, True):
        models.emit("llm_availability_changed", llm.AvailabilityChangedEvent(llm=models, available=available))
    assert (failures(registry, "tts"), failures(registry, "llm")) == (1, 1)


class Kept(logging.Handler):
    """What reaches the root, by the way that log lines take."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = Kept()
    monkeypatch.setattr(logging.getLogger(), "handlers", [kept])
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    return kept


@pytest.mark.usefixtures("registry")
def test_a_measurement_reaches_no_log(at_the_root: Kept) -> None:
    call_answered()
    assert at_the_root.records == []


def test_where_nobody_counts_nothing_is_told(at_the_root: Kept) -> None:
    call_answered()
    assert at_the_root.records == []


def test_the_page_says_how_full_the_worker_is(registry: CollectorRegistry) -> None:
    standing: dict[str, Any] = {"is_registered": True, "is_draining": False, "calls": 3, "capacity": 8, "deaf_calls": 1}
    page = Counting(CollectorRegistry()).page(Standing(**standing, storage_problem=None, storage_age_s=1.0)).decode()
    assert "holdline_worker_ready 1.0" in page
    assert "holdline_active_calls 3.0" in page
    assert "holdline_worker_capacity 8.0" in page
    assert "holdline_deaf_calls 1.0" in page


def test_a_job_whose_call_is_deaf_is_known_until_it_hears_again() -> None:
    before = (measured.level, measured.propagate, list(measured.handlers))
    counting = Counting(CollectorRegistry())
    counting.begin()
    try:
        for job, is_deaf in (("AJ_1", True), ("AJ_2", True), ("AJ_2", True), ("AJ_1", False)):
            hearing_changed(job, is_deaf=is_deaf)
    finally:
        level, measured.propagate, measured.handlers[:] = before
        measured.setLevel(level)
    assert counting.deaf == {"AJ_2"}
