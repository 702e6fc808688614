"""The way of an answer to the caller's ear, as the steps that a card shows. Pure."""

from dataclasses import dataclass
from datetime import datetime

from holdline.help_request import HelpRequest, Status


@dataclass(frozen=True)
class Step:
    """`state` is done, now, cut or ahead; `after_s` counts from the moment of sending."""

    name: str
    state: str
    at: datetime | None
    after_s: float | None = None


def steps_of(request: HelpRequest) -> tuple[Step, ...]:
    """Sent, received, speaking, heard; times of an earlier version or of a relay that was cut do not count."""
    sent = request.answered_at
    if sent is None:
        return ()
    is_cut = request.status is Status.ANSWERED and request.cuts > 0
    is_heard = request.status is Status.DELIVERED
    is_speaking = request.status is Status.SPEAKING
    return (
        _step("Sent", "done", sent, since=sent),
        _step("Received", "done" if request.received_at else "ahead", request.received_at, since=sent),
        _step(
            "Speaking",
            "cut" if is_cut else "now" if is_speaking else "done" if is_heard else "ahead",
            request.speaking_at if is_cut or is_speaking or is_heard else None,
            since=sent,
        ),
        _step("Heard", "done" if is_heard else "ahead", request.delivered_at if is_heard else None, since=sent),
    )


def _step(name: str, state: str, at: datetime | None, *, since: datetime) -> Step:
    return Step(name, state, at, None if at is None else max(0.0, (at - since).total_seconds()))
