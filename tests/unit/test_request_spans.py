"""Each request of a function and of the dashboard is a span, which names the door and not who went through it."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dashboard.tracing import trace_requests
from functions.tracing import trace_this_request
from holdline.telemetry import Telemetry


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(kept: InMemorySpanExporter) -> Iterator[Telemetry]:
    telemetry = Telemetry(TracerProvider(), MeterProvider())
    telemetry.tracer_provider.add_span_processor(SimpleSpanProcessor(kept))
    yield telemetry
    telemetry.close()


def told(kept: InMemorySpanExporter) -> tuple[str, dict[str, object]]:
    (span,) = kept.get_finished_spans()
    assert isinstance(span, ReadableSpan)
    return span.name, dict(span.attributes or {})


@pytest.mark.parametrize("status", [204, 500])
def test_a_functions_span_has_its_name_and_how_it_answered(
    kept: InMemorySpanExporter, telemetry: Telemetry, status: int
) -> None:
    app = Flask("twilio_voice")

    @app.post("/")
    def serve() -> Response:
        trace_this_request(telemetry)
        if status == 500:
            raise RuntimeError("it broke")
        return Response(status=status)

    assert app.test_client().post("/?From=%2B15555550142").status_code == status
    expected = {"http.request.method": "POST", "http.response.status_code": status}
    assert told(kept) == ("twilio_voice", expected)


def test_a_pages_span_has_its_route_and_not_what_fills_it_in(kept: InMemorySpanExporter, telemetry: Telemetry) -> None:
    app = Flask("dashboard")
    trace_requests(app, telemetry)

    @app.get("/call/<number>")
    def page(number: str) -> str:
        return number

    assert app.test_client().get("/call/+15555550142").status_code == 200
    name, attributes = told(kept)
    assert (name, attributes["http.response.status_code"]) == ("GET /call/<number>", 200)
    assert "0142" not in str(attributes)


def test_without_a_collector_a_request_is_served_as_ever(kept: InMemorySpanExporter) -> None:
    app = Flask("dashboard")
    trace_requests(app, None)

    @app.get("/")
    def page() -> str:
        trace_this_request(None)
        return "here"

    assert app.test_client().get("/").text == "here"
    assert kept.get_finished_spans() == ()
