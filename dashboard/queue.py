"""The live queue: who waits for an answer right now, and what a person can do about it."""

from datetime import datetime

from flask import Blueprint, Response, abort, g, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import require_person
from dashboard.acts import Origin, Typed, check, correct_words, do, refused, written
from dashboard.board import Board
from dashboard.feed import board_now
from dashboard.organisation import organisation_of
from dashboard.presence import is_away
from dashboard.services import services
from holdline import desk
from holdline.errors import HoldlineError
from holdline.help_request import HelpRequest, speakable

blueprint = Blueprint("queue", __name__)
blueprint.before_request(require_person)


@blueprint.get("/")
def index() -> str:
    return page()


@blueprint.post("/help/<request_id>/claim")
def claim(request_id: str) -> AnyResponse:
    return do(
        "claim", request_id, lambda at: desk.claim(g.store, request_id, by=g.person.ref, at=at), on=_on(request_id)
    )


@blueprint.post("/help/<request_id>/release")
def release(request_id: str) -> AnyResponse:
    return do(
        "release", request_id, lambda at: desk.release(g.store, request_id, by=g.person.ref, at=at), on=_on(request_id)
    )


@blueprint.post("/help/<request_id>/answer")
def answer(request_id: str) -> AnyResponse:
    words = request.form.get("answer", "")
    return do(
        "answer",
        request_id,
        lambda at: desk.answer(g.store, request_id, words, by=g.person.ref, at=at),
        on=_on(request_id),
        typed=Typed(request_id, words),
    )


@blueprint.post("/help/<request_id>/correct")
def correct(request_id: str) -> AnyResponse:
    return correct_words(request_id, on=_on(request_id))


@blueprint.post("/help/<request_id>/preview")
def preview(request_id: str) -> AnyResponse:
    """The answer as sound; it need not be a live request's, but it must be one of this organisation's."""
    words = request.form.get("answer", "")
    try:
        check(request_id)
        if g.store.get(HelpRequest, request_id) is None:
            abort(404)
        sound = services().synthesise(speakable(words))
    except HoldlineError as refusal:
        return refused(refusal, on=_on(request_id), typed=Typed(request_id, words))
    return Response(sound, mimetype="audio/wav")


def page(typed: Typed | None = None) -> str:
    """The whole page, with what was typed and what is to be said about it."""
    s = services()
    at = s.clock()
    s.attendance.beat(g.person.org, g.person.ref, at=at)
    return _rendered(board_now(g.store, at=at), typed, at=at)


def _on(request_id: str) -> Origin:
    def again(typed: Typed) -> str | None:
        at = services().clock()
        board = board_now(g.store, at=at)
        return _rendered(board, typed, at=at) if board.shows(request_id) else None

    return Origin(url_for("queue.index", _anchor=f"request-{request_id}"), again)


def _rendered(board: Board, typed: Typed | None, *, at: datetime) -> str:
    return render_template(
        "queue.html",
        board=board,
        organisation=organisation_of(g.store, at=at),
        desk=services().attendance.of(g.person.org, at=at),
        owing=services().ledger.count(g.person.org, at=at),
        now=at,
        is_live=True,
        is_away=is_away(at),
        viewer=g.person.uid,
        **written(typed),
    )
