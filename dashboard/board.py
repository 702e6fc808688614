"""What the live queue shows at one moment: who waits, whose answer is on its way, and what ended just now. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdline.help_request import LIVE, OPEN, HelpRequest, Status

LINGER = timedelta(seconds=60)
"""How long an ended request stays, so that one sees how it ended."""
LINGER_UNANSWERED = timedelta(minutes=2)
"""Longer where a person may still be typing: a late answer is kept for a follow-up."""
UNANSWERED = (Status.EXPIRED, Status.CALLER_LEFT)
SETTLED = (Status.FOLLOWED_UP, Status.CLOSED)
"""Of interest where the question was on the board until then, and no news for it otherwise."""


@dataclass(frozen=True)
class Board:
    waiting: tuple[HelpRequest, ...]
    answered: tuple[HelpRequest, ...]
    ended: tuple[HelpRequest, ...]
    next_change_at: datetime | None
    """When the board changes by the clock alone."""

    def shows(self, request_id: str) -> bool:
        return any(request.id == request_id for request in (*self.waiting, *self.answered, *self.ended))


def board_of(requests: Iterable[HelpRequest], *, at: datetime) -> Board:
    """The longest wait first; answers on their way by the order they were asked; the latest end first."""
    held = [request.with_claim_in_force(at) for request in requests]
    shown = [request for request in held if request.status in LIVE or gone_at(request) > at]
    waiting = sorted((r for r in shown if r.status in OPEN), key=lambda r: (r.asked_at, r.id))
    answered = sorted((r for r in shown if r.status in LIVE and r.status not in OPEN), key=lambda r: (r.asked_at, r.id))
    ended = sorted((r for r in shown if r.status not in LIVE), key=ended_at, reverse=True)
    changes = [r.claimed_until for r in waiting if r.status is Status.CLAIMED and r.claimed_until]
    changes += [gone_at(r) for r in ended]
    return Board(tuple(waiting), tuple(answered), tuple(ended), min(changes, default=None))


def ended_at(request: HelpRequest) -> datetime:
    """When a request that is not live stopped being so."""
    if request.status is Status.DELIVERED:
        return request.delivered_at or request.asked_at
    if request.status is Status.FOLLOW_UP:
        return max(request.answered_at or request.asked_at, request.closed_at or request.asked_at)
    return request.closed_at or request.answered_at or request.asked_at


def gone_at(request: HelpRequest) -> datetime:
    """When an ended request leaves the board."""
    return ended_at(request) + (LINGER_UNANSWERED if request.status in UNANSWERED else LINGER)
