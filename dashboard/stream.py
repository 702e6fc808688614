"""The live queue as server-sent events: the whole board at once and after every change, and a beat in between."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import Blueprint, Response, g, render_template, request, stream_with_context

from dashboard.access import COOKIE, current_person
from dashboard.attendance import AtTheDesk
from dashboard.board import Board
from dashboard.identity import IdentityUnavailable, NotSignedIn, SignedIn
from dashboard.services import services
from holdline.people import Organisation

BEAT = timedelta(seconds=15)
LOOK_S = 3.0
"""How soon a viewer is told that the watch, or the job of a call, is not live, which nothing announces."""
RETRY_MS = 2000

blueprint = Blueprint("stream", __name__)


@blueprint.get("/live")
def live() -> Response:
    """EventSource cannot follow a redirect to a sign-in page, so the end of a session is an event, too."""
    try:
        person = current_person()
    except IdentityUnavailable:
        return Response(status=503)
    events = _end() if person is None else _events(person, request.cookies[COOKIE])
    return Response(
        stream_with_context(events),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _events(person: SignedIn, cookie: str) -> Iterator[str]:
    s = services()
    g.person = person
    shown: tuple[Board, bool, Organisation, AtTheDesk | None] | None = None
    seen, number = -1, 0
    with s.hub.following(person.org) as feed:
        yield f"retry: {RETRY_MS}\n\n"
        next_beat = s.clock()
        while not (feed.is_closed or s.hub.is_stopping):
            now = s.clock()
            if now >= next_beat:
                if not _still_signed_in(cookie, at=now, person=person):
                    yield from _end()
                    return
                s.attendance.beat(person.org, person.ref, at=now)
                yield _event("beat", now.isoformat())
                next_beat = now + BEAT
            board = feed.board(at=now)
            organisation = s.organisations.of(person.org, at=now)
            is_live = board is not None and s.hub.is_line_live(person.org, feed, board, at=now)
            desk = s.attendance.of(person.org, at=now)
            if board is not None and (board, is_live, organisation, desk) != shown:
                shown = (board, is_live, organisation, desk)
                number += 1
                view = {"board": board, "organisation": organisation, "desk": desk, "now": now, "is_live": is_live}
                html = render_template("_board.html", **view, drafts={}, notes={})
                yield _event("board", html, number=number)
            seen = feed.wait(seen, timeout_s=_until(next_beat, board, at=now))


def _until(next_beat: datetime, board: Board | None, *, at: datetime) -> float:
    change = board.next_change_at if board is not None and board.next_change_at is not None else next_beat
    return min(LOOK_S, max(0.05, (min(next_beat, change) - at).total_seconds()))


def _still_signed_in(cookie: str, *, at: datetime, person: SignedIn) -> bool:
    if person.expires_at <= at:
        return False
    try:
        services().identity.signed_in(cookie, current=True)
    except NotSignedIn:
        return False
    except IdentityUnavailable:
        return True  # a live queue must not go dark because Firebase Auth hiccups; the session's own end still counts
    return True


def _event(name: str, data: str, *, number: int | None = None) -> str:
    lines = [f"id: {number}"] if number is not None else []
    lines += [f"event: {name}", *(f"data: {line}" for line in data.splitlines())]
    return "\n".join(lines) + "\n\n"


def _end() -> Iterator[str]:
    yield _event("ended", "The session is over.")
