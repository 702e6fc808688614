"""OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector; without it nothing is imported and nothing runs.

Traces and metrics go out over OTLP/HTTP. A span is held to what a log line is held to: no number, no key, no address,
and nothing that anybody said, whatever a library writes beside its spans.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import SecretStr

from holdline.redaction import redaction
from holdline.settings import FirestoreSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = logging.getLogger(__name__)

SEND_WITHIN_S = 3
SEND_SPANS_EVERY_MS = 2_000
SEND_METRICS_EVERY_MS = 15_000
LONGEST_TEXT = 200
"""What is longer identifies nothing."""
_SAID = {"pii", "prompt", "message", "messages", "instructions", "transcript", "content", "text"} | {
    *("arguments", "args", "result", "output", "stacktrace", "description"),
}
"""A text attribute with one of these words in its name holds what somebody said, or may, and is left out whole."""


@dataclass(frozen=True)
class Telemetry:
    tracer_provider: "TracerProvider"
    meter_provider: "MeterProvider"

    def close(self) -> None:
        """Send what is left, for as long as a dead collector may hold a process up, and no longer."""
        closing = [
            threading.Thread(target=provider.shutdown, daemon=True)
            for provider in (self.tracer_provider, self.meter_provider)
        ]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(SEND_WITHIN_S + 1)


def start(program: str, settings: FirestoreSettings) -> Telemetry | None:
    """Begin to send, once a process and after its fork; None where the settings name no collector."""
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    try:
        from opentelemetry import metrics, trace
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        log.warning("nothing is sent to OTEL_EXPORTER_OTLP_ENDPOINT: %s is not installed here", error.name)
        return None

    base = settings.otel_exporter_otlp_endpoint.rstrip("/")
    to: dict[str, Any] = {"headers": _headers(settings.otel_exporter_otlp_headers), "timeout": SEND_WITHIN_S}
    resource = Resource.create(
        {
            "service.namespace": "holdline",
            "service.name": f"holdline-{program}",
            "service.instance.id": uuid.uuid4().hex,
        }
    )
    tracers = TracerProvider(resource=resource)
    spans = BatchSpanProcessor(
        _cleaning(OTLPSpanExporter(endpoint=f"{base}/v1/traces", **to), settings),
        schedule_delay_millis=SEND_SPANS_EVERY_MS,
    )
    tracers.add_span_processor(spans)
    reader = PeriodicExportingMetricReader(
        OTLPMetricExporter(endpoint=f"{base}/v1/metrics", **to), export_interval_millis=SEND_METRICS_EVERY_MS
    )
    meters = MeterProvider(resource=resource, metric_readers=[reader])
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(meters)
    return Telemetry(tracers, meters)


def cleaned(span: "ReadableSpan", clean: Callable[[str], str]) -> "ReadableSpan":
    """The span as it may leave us: its names, times and figures; of texts, those that identify."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import Status

    return ReadableSpan(
        name=clean(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_fit(span.attributes, clean),
        events=[Event(event.name, _fit(event.attributes, clean), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _cleaning(exporter: "SpanExporter", settings: FirestoreSettings) -> "SpanExporter":
    from opentelemetry.sdk.trace import export as exporting

    clean = redaction(value.get_secret_value() for _, value in settings if isinstance(value, SecretStr))

    class Clean(exporting.SpanExporter):
        """Lets no span through as it is."""

        def export(self, spans: "Sequence[ReadableSpan]") -> exporting.SpanExportResult:
            return exporter.export([cleaned(span, clean) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

    return Clean()


def _fit(attributes: "Mapping[str, Any] | None", clean: Callable[[str], str]) -> dict[str, Any]:
    fit: dict[str, Any] = {}
    for name, value in (attributes or {}).items():
        if isinstance(value, bool | int | float):
            fit[name] = value
        elif _SAID.isdisjoint(name.replace("_", ".").split(".")):
            texts = [value] if isinstance(value, str) else list(value)
            if all(len(str(text)) <= LONGEST_TEXT for text in texts):
                texts = [clean(text) if isinstance(text, str) else text for text in texts]
                fit[name] = texts[0] if isinstance(value, str) else texts
    return fit


def _headers(given: SecretStr | None) -> dict[str, str]:
    pairs = given.get_secret_value().split(",") if given is not None else []
    return {name.strip(): unquote(value.strip()) for name, _, value in (pair.partition("=") for pair in pairs)}
