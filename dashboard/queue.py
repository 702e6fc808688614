"""The live queue: who waits for an answer right now, and what a person can do about it."""

import json
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import require_person
from dashboard.feed import board_now
from dashboard.organisation import organisation_of
from dashboard.presence import is_away
from dashboard.preview import VoiceUnavailable
from dashboard.services import services
from holdline import desk
from holdline.errors import HoldlineError, IllegalTransition, InvalidAnswer, NotFound, Unavailable
from holdline.help_request import HelpRequest, speakable
from holdline.records import checked_id

blueprint = Blueprint("queue", __name__)
blueprint.before_request(require_person)

DONE = "Holdline-Done"
"""What a script is told. Not as an htmx event: its form may be gone by then, since the stream can be faster."""
STORAGE_IS_AWAY = "Our storage does not answer. Your words are still here: send them again in a moment."


@blueprint.get("/")
def index() -> str:
    return page()


@blueprint.post("/help/<request_id>/claim")
def claim(request_id: str) -> AnyResponse:
    return _do("claim", request_id, lambda at: desk.claim(g.store, request_id, by=g.person.ref, at=at))


@blueprint.post("/help/<request_id>/release")
def release(request_id: str) -> AnyResponse:
    return _do("release", request_id, lambda at: desk.release(g.store, request_id, by=g.person.ref, at=at))


@blueprint.post("/help/<request_id>/answer")
def answer(request_id: str) -> AnyResponse:
    words = request.form.get("answer", "")
    return _do(
        "answer", request_id, lambda at: desk.answer(g.store, request_id, words, by=g.person.ref, at=at), draft=words
    )


@blueprint.post("/help/<request_id>/preview")
def preview(request_id: str) -> AnyResponse:
    """The answer as sound; it need not be a live request's, but it must be one of this organisation's."""
    words = request.form.get("answer", "")
    try:
        _check(request_id)
        if g.store.get(HelpRequest, request_id) is None:
            abort(404)
        sound = services().synthesise(speakable(words))
    except HoldlineError as refusal:
        return _refused(refusal, request_id, draft=words)
    return Response(sound, mimetype="audio/wav")


def page(*, drafts: dict[str, str] | None = None, notes: dict[str, str] | None = None) -> str:
    """The whole page, with what was typed and what is to be said about it, by request."""
    s = services()
    at = s.clock()
    s.attendance.beat(g.person.org, g.person.ref, at=at)
    return render_template(
        "queue.html",
        board=board_now(g.store, at=at),
        organisation=organisation_of(g.store, at=at),
        desk=s.attendance.of(g.person.org, at=at),
        now=at,
        is_live=True,
        is_away=is_away(at),
        drafts=drafts or {},
        notes=notes or {},
    )


def _do(verb: str, request_id: str, act: Callable[..., HelpRequest], *, draft: str | None = None) -> AnyResponse:
    try:
        _check(request_id)
        done = act(services().clock())
    except HoldlineError as refusal:
        return _refused(refusal, request_id, draft=draft)
    services().hub.note(g.person.org, done)
    if "HX-Request" not in request.headers:
        return redirect(url_for("queue.index", _anchor=f"request-{request_id}"), code=303)
    # The card itself comes by the stream, which alone knows what is newest.
    told = {"request": request_id, "verb": verb, "status": done.status.value}
    return Response(status=HTTPStatus.NO_CONTENT, headers={DONE: json.dumps(told)})


def _refused(refusal: HoldlineError, request_id: str, *, draft: str | None) -> AnyResponse:
    """Said at the field, with the words that were typed kept there."""
    match refusal:
        case NotFound():
            abort(HTTPStatus.NOT_FOUND)
        case InvalidAnswer():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        case IllegalTransition():
            status = HTTPStatus.CONFLICT
        case VoiceUnavailable():
            status = HTTPStatus.BAD_GATEWAY
        case Unavailable():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            raise refusal
    words = STORAGE_IS_AWAY if isinstance(refusal, Unavailable) else str(refusal)
    if "HX-Request" in request.headers:
        # Only the note: the box with the draft stays as it is.
        headers = {"HX-Retarget": f"[data-note={json.dumps(request_id)}]", "HX-Reswap": "textContent"}
        return Response(words, status=status, mimetype="text/plain", headers=headers)
    drafts = {} if draft is None else {request_id: draft}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return Response(render_template("away.html", drafts=drafts), status=status)
    return Response(page(drafts=drafts, notes={request_id: words}), status=status)


def _check(request_id: str) -> None:
    try:
        checked_id(request_id)
    except ValueError:
        raise NotFound(f"{HelpRequest.collection}/{request_id}") from None
