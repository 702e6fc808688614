"""Traces and metrics reach the collector that the settings name, without a word that anybody said."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import pytest
from livekit.agents.telemetry import set_tracer_provider, tracer
from opentelemetry import metrics, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from agent.measurements import HelpRequests
from holdline.help_request import Event
from holdline.settings import FirestoreSettings
from holdline.telemetry import Telemetry, cleaned, start
from tests.builders import NOW, a_request, an_answered_request, later
from tests.collector import Collector, attributes_of, running_collector

SAID = "my name is Eve"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def telemetry(collector: Collector) -> Iterator[Telemetry]:
    """Started once, as in a process of ours: OpenTelemetry's providers cannot be replaced."""
    settings = FirestoreSettings(
        google_cloud_project="demo-holdline",
        otel_exporter_otlp_endpoint=f"{collector.url}/",
        otel_exporter_otlp_headers="authorization=Bearer%20let-me-in,x-team=salon",
    )
    started = start("worker", settings)
    assert started is not None
    set_tracer_provider(started.tracer_provider, allow_pii=False)
    yield started
    started.close()


def sent(telemetry: Telemetry) -> None:
    telemetry.tracer_provider.force_flush()
    telemetry.meter_provider.force_flush()


def ns(at: datetime) -> int:
    return int(at.timestamp() * 1e9)


def test_spans_and_metrics_arrive_with_the_programs_name_and_the_collectors_headers(
    collector: Collector, telemetry: Telemetry
) -> None:
    with trace.get_tracer("test").start_as_current_span("turn", attributes={"lk.speech_id": "s1", "attempt": 2}):
        metrics.get_meter("test").create_counter("calls").add(1)
    sent(telemetry)
    assert attributes_of(collector.named("turn")) == {"lk.speech_id": "s1", "attempt": 2}
    assert "calls" in collector.metric_names
    assert collector.programs == {"holdline-worker"}
    assert {(one["authorization"], one["x-team"]) for one in collector.headers} == {("Bearer let-me-in", "salon")}


def test_nothing_that_was_said_leaves_with_a_span_of_the_library(collector: Collector, telemetry: Telemetry) -> None:
    said = {"lk.pii.user_input": SAID, "gen_ai.input.messages": SAID, "lk.response.text": SAID, "lk.label": SAID * 20}
    with pytest.raises(RuntimeError), tracer.start_as_current_span("llm_node", attributes=said) as span:
        span.add_event("gen_ai.user.message", {"content": SAID})
        span.set_attribute("lk.participant", "sip_+15555550142")
        span.set_status(Status(StatusCode.ERROR, SAID))
        raise RuntimeError(SAID)
    sent(telemetry)
    arrived = collector.named("llm_node")
    assert attributes_of(arrived)["lk.participant"] == "sip_+1555***0142"
    assert "Eve" not in str(arrived)
    assert arrived.status.code == StatusCode.ERROR.value


def test_a_help_requests_life_is_a_span_in_its_calls_trace(collector: Collector, telemetry: Telemetry) -> None:
    with trace.get_tracer("test").start_as_current_span("job_entrypoint"):
        requests = HelpRequests(since=NOW)
    asked = a_request(question="Is it far from Eve's house?")
    answered = asked.after(
        Event.ANSWERED, at=later(5), answer="Yes.", accepted_answer="Yes.", answer_version=1, received_at=later(5.1)
    )
    heard = answered.after(Event.SPEAKING_BEGAN, at=later(5.2)).after(Event.HEARD, at=later(7))
    for state in (asked, answered, heard, heard):
        requests.saw(state)  # outside the call's trace, where documents arrive
    sent(telemetry)
    root, whole = collector.named("job_entrypoint"), collector.named("help request")
    waiting, relay = collector.named("wait for a person"), collector.named("relay the answer")
    assert (whole.trace_id, whole.parent_span_id) == (root.trace_id, root.span_id)
    assert {waiting.parent_span_id, relay.parent_span_id} == {whole.span_id}
    assert (whole.start_time_unix_nano, whole.end_time_unix_nano) == (ns(NOW), ns(later(7)))
    assert (waiting.end_time_unix_nano, relay.start_time_unix_nano) == (ns(later(5)), ns(later(5)))
    assert [event.name for event in relay.events] == ["received", "first frame"]
    assert attributes_of(whole)["holdline.status"] == "delivered"
    assert "Eve" not in collector.everything()


def test_a_span_is_cleaned_even_where_the_library_forgets_to() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with provider.get_tracer("test").start_as_current_span("to +15555550142") as span:
        span.set_attributes({"pii.said": SAID, "tool_names": ["ask_supervisor"], "llm.output": SAID})
    (raw,) = kept.get_finished_spans()
    clean = cleaned(raw, lambda text: text.replace("+15555550142", "***"))
    assert (clean.name, dict(clean.attributes or {})) == ("to ***", {"tool_names": ["ask_supervisor"]})


def test_a_dead_collector_holds_no_process_up(telemetry: Telemetry) -> None:
    program = (
        "from holdline.settings import FirestoreSettings as S; from holdline.telemetry import start\n"
        "t = start('worker', S(google_cloud_project='demo', otel_exporter_otlp_endpoint='http://127.0.0.1:9'))\n"
        "t.tracer_provider.get_tracer('x').start_span('y').end(); t.close()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20, capture_output=True)


def test_without_a_collector_nothing_is_imported_and_nothing_runs() -> None:
    program = (
        "import sys, threading; from holdline.settings import FirestoreSettings as S\n"
        "from holdline.telemetry import start; assert start('worker', S(google_cloud_project='demo')) is None\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')], threading.active_count())"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[] 1"


def test_an_answered_request_that_nobody_heard_has_no_span_yet(telemetry: Telemetry, collector: Collector) -> None:
    before = len(collector.spans)
    HelpRequests(since=NOW).saw(an_answered_request(answer="Yes."))
    sent(telemetry)
    assert len(collector.spans) == before
