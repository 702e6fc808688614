"""What callers who left are owed: to call them back, to answer what nobody answered, or to let it be."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, flash, g, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import require_person
from dashboard.acts import Origin, Typed, do, shown_version, written
from dashboard.organisation import organisation_of
from dashboard.services import services
from holdline import desk
from holdline.help_request import HelpRequest

blueprint = Blueprint("follow_ups", __name__, url_prefix="/follow-ups")
blueprint.before_request(require_person)


@blueprint.app_context_processor
def navigation() -> dict[str, Callable[[], int | None]]:
    """Asked only by pages that have a navigation."""
    return {"owed_count": lambda: services().ledger.count(g.person.org, at=services().clock())}


@blueprint.get("")
def index() -> str:
    return page()


@blueprint.post("/<request_id>/called-back")
def called_back(request_id: str) -> AnyResponse:
    version = shown_version()

    def act(at: datetime) -> HelpRequest:
        return desk.follow_up(g.store, request_id, of_version=version, by=g.person.ref, at=at)

    return _do("follow_up", request_id, act, noted="Noted: the caller was called back.")


@blueprint.post("/<request_id>/close")
def close(request_id: str) -> AnyResponse:
    version = shown_version()

    def act(at: datetime) -> HelpRequest:
        return desk.close(g.store, request_id, of_version=version, by=g.person.ref, at=at)

    return _do("close", request_id, act, noted="Noted: there is nothing to do.")


@blueprint.post("/<request_id>/answer")
def answer(request_id: str) -> AnyResponse:
    words = request.form.get("answer", "")

    def act(at: datetime) -> HelpRequest:
        return desk.answer(g.store, request_id, words, by=g.person.ref, at=at)

    return _do("answer", request_id, act, noted="Your answer is kept.", typed=Typed(request_id, words))


def page(typed: Typed | None = None) -> str:
    s = services()
    at = s.clock()
    owed, is_cut = s.ledger.of(g.person.org, at=at)
    view = {"owed": owed, "is_cut": is_cut, "organisation": organisation_of(g.store, at=at), "now": at}
    return render_template("follow_ups.html", **view, **written(typed))


def _do(
    verb: str, request_id: str, act: Callable[[datetime], HelpRequest], *, noted: str, typed: Typed | None = None
) -> AnyResponse:
    def again(typed: Typed) -> str | None:
        at = services().clock()
        owed, _ = services().ledger.of(g.person.org, at=at)
        return page(typed) if any(one.request.id == request_id for one in owed) else None

    done = do(verb, request_id, act, on=Origin(url_for("follow_ups.index"), again), typed=typed)
    services().ledger.forget(g.person.org)
    services().hub.look_again(g.person.org)
    if done.status_code == HTTPStatus.SEE_OTHER:
        flash(noted, request_id)
    return done
