"""What the worker measures, for Prometheus: told by the processes of calls, counted in the one that is scraped.

Each call is a process of its own, so counters in shared files, Prometheus' way for many processes, would leave the
files of every call behind. Instead a measurement travels with the log records, which livekit-agents brings to the main
process anyway, and is counted there.
"""

import logging
from datetime import datetime
from functools import partial
from typing import Any, cast

from livekit.agents import AgentSession, ErrorEvent, llm, tts
from livekit.rtc import EventEmitter
from opentelemetry import metrics
from opentelemetry.context import get_current
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from agent.health import Standing
from agent.tracing import trace_help_request
from holdline.help_request import HelpRequest, Status

measured = logging.getLogger("holdline.measured")
"""Has no line of its own in any log; `Counting.begin` opens it, for the processes of calls too."""
measured.setLevel(logging.CRITICAL)

RELAY_BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
CLOSED = {Status.EXPIRED: "expired", Status.WITHDRAWN: "withdrawn", Status.CALLER_LEFT: "caller_left"}


def call_answered() -> None:
    _tell("calls_answered")


def silence_filled() -> None:
    """A caller's words were followed by nothing, until the silence guard spoke."""
    _tell("silences_filled")


def hearing_changed(job: str, *, is_deaf: bool) -> None:
    """Whether what people write reaches the call of this job: `Counting.deaf` keeps it."""
    _tell("hearing", value=float(is_deaf), job=job)


def provider_failed(part: str) -> None:
    """Which part failed: stt, llm, tts or realtime_model. Of what it said, nothing is taken."""
    _tell("provider_failures", part=part)


def watch_providers(session: AgentSession[None]) -> None:
    """Count what the session cannot get over by itself, and each provider whose stand-in has to take over."""

    def broke(event: ErrorEvent) -> None:
        provider_failed(str(getattr(event.error, "type", "other")).removesuffix("_error"))

    def changed(part: str, event: Any) -> None:
        if not event.available:
            provider_failed(part)

    session.on("error", broke)
    for part, adapter in (("llm", session.llm), ("tts", session.tts)):
        if isinstance(adapter, llm.FallbackAdapter | tts.FallbackAdapter):
            cast(EventEmitter[Any], adapter).on(f"{part}_availability_changed", partial(changed, part))


class HelpRequests:
    """Measures what becomes of one call's help requests, each step once, however often a state is seen."""

    def __init__(self, *, since: datetime) -> None:
        """What came to pass before `since` was measured by the job that had the call then."""
        self._since = since
        self._within = get_current()  # the call's own trace; the documents arrive outside it
        self._told: set[tuple[str, str, datetime]] = set()

    def saw(self, request: HelpRequest) -> None:
        self._once(request, "asked", request.asked_at)
        if request.answer_version:
            self._once(request, "answered", request.answered_at)
        if request.status is Status.DELIVERED and self._once(request, "delivered", request.delivered_at):
            trace_help_request(request, until=request.delivered_at or self._since, within=self._within)
            for to, latency_ms in request.latencies_ms.items():
                _tell("relay_latency_seconds", value=latency_ms / 1000, to=to.removeprefix("to_"))
        if request.status in CLOSED and self._once(request, CLOSED[request.status], request.closed_at):
            trace_help_request(request, until=request.closed_at or self._since, within=self._within)

    def _once(self, request: HelpRequest, event: str, at: datetime | None) -> bool:
        step = (request.id, event, at or self._since)
        if step in self._told or step[2] < self._since:
            return False
        self._told.add(step)
        _tell("help_requests", event=event)
        return True


class Counting(logging.Handler):
    """Counts in this process what is measured in it and in the processes of its calls."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        super().__init__()
        self._counters = {
            "calls_answered": Counter("holdline_calls_answered", "Calls that the agent greeted.", registry=registry),
            "silences_filled": Counter(
                "holdline_silences_filled", "Silences that a recorded sentence had to fill.", registry=registry
            ),
            "provider_failures": Counter(
                "holdline_provider_failures", "Failures of providers, by part.", ["part"], registry=registry
            ),
            "help_requests": Counter(
                "holdline_help_requests", "Steps in the life of help requests.", ["event"], registry=registry
            ),
        }
        self._relay = Histogram(
            "holdline_relay_latency_seconds",
            "From the commit of a person's answer to the synthesiser, and to the first frame published.",
            ["to"],
            buckets=RELAY_BUCKETS_S,
            registry=registry,
        )

        meter = metrics.get_meter("holdline")  # goes nowhere unless the settings name a collector
        self._sent = {name: meter.create_counter(f"holdline.{name}") for name in self._counters}
        self._relay_sent = meter.create_histogram("holdline.relay_latency", unit="s")
        self.deaf: set[str] = set()
        """The jobs whose call hears nothing of what people write, those that have ended meanwhile included."""
        self._deaf = Gauge("holdline_deaf_calls", "Calls that hear nothing of what people write.", registry=registry)
        self._registry = registry
        self._ready = Gauge("holdline_worker_ready", "1 while /ready says 200.", registry=registry)
        self._calls = Gauge("holdline_active_calls", "Calls that this worker has now.", registry=registry)
        self._capacity = Gauge("holdline_worker_capacity", "Calls that it can have.", registry=registry)

    def begin(self) -> None:
        """Count from here on, in this process alone."""
        measured.setLevel(logging.INFO)  # whatever LOG_LEVEL says; the processes of calls start with our levels
        measured.propagate = False
        measured.handlers[:] = [self]

    def emit(self, record: logging.LogRecord) -> None:
        name, value, labels = record.__dict__["measured"]
        if name == "hearing":
            (self.deaf.add if value else self.deaf.discard)(labels["job"])
        elif name == "relay_latency_seconds":
            self._relay.labels(**labels).observe(value)
            self._relay_sent.record(value, labels)
        else:
            counter = self._counters[name]
            (counter.labels(**labels) if labels else counter).inc(value)
            self._sent[name].add(value, labels)

    def page(self, standing: Standing) -> bytes:
        """Everything counted, livekit-agents' own figures too, as Prometheus reads it."""
        self._ready.set(not standing.reasons)
        self._calls.set(standing.calls)
        self._deaf.set(standing.deaf_calls)
        self._capacity.set(standing.capacity)
        return generate_latest(self._registry)


def _tell(name: str, *, value: float = 1.0, **labels: str) -> None:
    measured.info(name, extra={"measured": (name, value, labels)})
