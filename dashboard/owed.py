"""What callers who left are still owed: an answer that they have not heard, or a call. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdline.callback import Callback
from holdline.help_request import HelpRequest, Status
from holdline.texting import number_of

UNHEARD = (Status.FOLLOW_UP, Status.EXPIRED, Status.CALLER_LEFT)


class Due(StrEnum):
    WHENEVER = "whenever"
    """Nothing was said of a time, or nothing that could be understood."""
    LATER = "later"
    NOW = "now"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Owed:
    request: HelpRequest
    number: str | None
    """Where the caller is to be reached, whole."""
    due: Due


def is_owed(request: HelpRequest, *, at: datetime) -> bool:
    """Who can neither be called nor has left a message is owed nothing that can be done."""
    is_due = request.status in UNHEARD or (request.status is Status.DELIVERED and request.asks_for_a_call)
    return is_due and request.is_kept(at) and bool(number_of(request) or request.message)


def owed_of(requests: Iterable[HelpRequest], *, at: datetime) -> tuple[Owed, ...]:
    """The oldest promise first."""
    listed = [
        Owed(request, number_of(request), due_of(request.callback, at=at))
        for request in requests
        if is_owed(request, at=at)
    ]
    return tuple(sorted(listed, key=lambda one: (_promised_at(one.request), one.request.id)))


def due_of(wish: Callback | None, *, at: datetime) -> Due:
    if wish is None or (wish.not_before is None and wish.not_after is None):
        return Due.WHENEVER
    if wish.not_after is not None and at > wish.not_after:
        return Due.OVERDUE
    return Due.LATER if wish.not_before is not None and at < wish.not_before else Due.NOW


def _promised_at(request: HelpRequest) -> datetime:
    wish = request.callback
    return (wish.not_before or wish.not_after if wish is not None else None) or request.asked_at
