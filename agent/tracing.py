"""The traces of calls: livekit-agents' own spans, freed of words, and the life of each help request among them."""

import multiprocessing.util
from datetime import datetime

from livekit.agents.telemetry import set_tracer_provider
from opentelemetry import trace
from opentelemetry.context import Context

from holdline import telemetry
from holdline.help_request import HelpRequest
from holdline.settings import WorkerSettings


def trace_calls(settings: WorkerSettings) -> None:
    """In the process of a call, once, and only where the settings name a collector."""
    started = telemetry.start("worker", settings)
    if started is None:
        return
    set_tracer_provider(started.tracer_provider, allow_pii=False)
    # The process ends by `multiprocessing`, which runs these and no `atexit`.
    multiprocessing.util.Finalize(None, started.close, exitpriority=100)


def trace_help_request(request: HelpRequest, *, until: datetime, within: Context) -> None:
    """One span from the question to its end, with the wait for a person and the relay of the answer below it."""
    tracer = trace.get_tracer("holdline")
    whole = tracer.start_span(
        "help request",
        context=within,
        start_time=_ns(request.asked_at),
        attributes={
            "holdline.call": request.call,
            "holdline.help_request": request.id,
            "holdline.status": request.status.value,
            "holdline.answer_version": request.answer_version,
            "holdline.cuts": request.cuts,
        },
    )
    below = trace.set_span_in_context(whole, within)
    answered_at = request.answered_at
    waiting = tracer.start_span("wait for a person", context=below, start_time=_ns(request.asked_at))
    if request.claimed_at is not None:
        waiting.add_event("claimed", timestamp=_ns(request.claimed_at))
    waiting.end(_ns(answered_at or until))
    if answered_at is not None:
        relay = tracer.start_span("relay the answer", context=below, start_time=_ns(answered_at))
        for step, at in (("received", request.received_at), ("first frame", request.speaking_at)):
            if at is not None:
                relay.add_event(step, timestamp=_ns(at))
        relay.end(_ns(until))
    whole.end(_ns(until))


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1e9)
