"""The live queue as server-sent events: the whole board at once and after every change, and a beat in between."""

import random
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Blueprint, Flask, Response, render_template, request, stream_with_context
from flask_wtf.csrf import generate_csrf

from dashboard.access import COOKIE, current_person
from dashboard.identity import IdentityUnavailable, SignedIn
from dashboard.screen import Picture, Scene
from dashboard.services import services
from dashboard.standing import Standing

BEAT = timedelta(seconds=15)
RETRY_MS = 2000
FORM_TOKEN = secrets.token_hex(16)
"""Stands in a picture for each viewer's own token. Nobody can know it, and so have it stand in what they say."""

blueprint = Blueprint("stream", __name__)


@blueprint.get("/live")
def live() -> Response:
    """EventSource cannot follow a redirect to a sign-in page, so the end of a session is an event, too."""
    try:
        person = current_person()
    except IdentityUnavailable:
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    events = _end() if person is None else _events(person, request.cookies[COOKIE], form_token=generate_csrf())
    return Response(
        stream_with_context(events),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@blueprint.post("/live/looking")
def looking() -> Response:
    """The page's answer to a beat. That one was sent proves nothing: a dead connection takes them for minutes."""
    person = current_person(is_reading=True)
    if person is None:
        return Response(status=HTTPStatus.UNAUTHORIZED)
    s = services()
    s.attendance.beat(person.org, person.ref, at=s.clock())
    return Response(status=HTTPStatus.NO_CONTENT)


def draw(app: Flask, scene: Scene, viewer: str, at: datetime) -> str:
    """The event that shows the scene to a person, but for their form token; on any thread."""
    with app.test_request_context():
        html = render_template(
            "_board.html",
            board=scene.board,
            organisation=scene.around.organisation,
            desk=scene.around.desk,
            owing=scene.around.owing,
            now=at,
            is_live=scene.is_live,
            viewer=viewer,
            csrf_token=lambda: FORM_TOKEN,
            drafts={},
            notes={},
        )
    return _event("board", html)


def _events(person: SignedIn, cookie: str, *, form_token: str) -> Iterator[str]:
    s = services()
    standing = Standing(s.identity, cookie, until=person.expires_at)
    shown: Picture | None = None
    s.attendance.beat(person.org, person.ref, at=s.clock())  # first, lest the first picture miss who looks at it
    with s.hub.looking_at(person.org) as screen:
        yield f"retry: {RETRY_MS}\n\n"
        next_beat = s.clock()
        earlier = BEAT * random.random()  # noqa: S311 - pages that come together, as after a restart, beat apart
        while not (screen.is_closed or s.hub.is_stopping):
            now = s.clock()
            if now >= next_beat:
                if not standing.holds(at=now):
                    yield from _end()
                    return
                yield _event("beat", now.isoformat())
                next_beat, earlier = now + BEAT - earlier, timedelta()
            picture = screen.wait(shown, timeout_s=max(0.05, (next_beat - now).total_seconds()))
            if picture is not None and picture is not shown:
                shown = picture
                yield picture.for_eyes_of(person.uid).replace(FORM_TOKEN, form_token)


def _event(name: str, data: str) -> str:
    lines = [f"event: {name}", *(f"data: {line}" for line in data.splitlines())]
    return "\n".join(lines) + "\n\n"


def _end() -> Iterator[str]:
    yield _event("ended", "The session is over.")
