"""What was said: the calls of late, and one call's transcript with the questions that people answered."""

from datetime import datetime

from flask import Blueprint, abort, g, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import require_person
from dashboard.acts import Origin, Typed, correct_words, written
from dashboard.organisation import organisation_of
from dashboard.services import services
from holdline.call import Call, Turn
from holdline.errors import InvalidDocument
from holdline.help_request import HelpRequest
from holdline.records import checked_id
from holdline.store import Query, must_get

CALLS_SHOWN = 50

blueprint = Blueprint("history", __name__)
blueprint.before_request(require_person)


@blueprint.get("/calls")
def calls() -> str:
    at = services().clock()
    found = g.store.find(Query(Call, order_by="started_at", descending=True, limit=CALLS_SHOWN))
    kept = [call for call in found.records if call.is_kept(at)]
    return render_template("calls.html", calls=kept, organisation=organisation_of(g.store, at=at), now=at)


@blueprint.get("/calls/<call_id>")
def call(call_id: str) -> str:
    return _page(call_id)


@blueprint.post("/calls/<call_id>/questions/<request_id>/correct")
def correct(call_id: str, request_id: str) -> AnyResponse:
    """An answer that the queue shows no more is still a caller's, and the line's."""
    address = url_for("history.call", call_id=call_id, _anchor=f"request-{request_id}")

    def of_this_call(at: datetime) -> None:
        _load(call_id, at=at)
        if must_get(g.store, HelpRequest, request_id).record.call != call_id:
            abort(404)

    return correct_words(request_id, on=Origin(address, lambda typed: _page(call_id, typed)), first=of_this_call)


def _page(call_id: str, typed: Typed | None = None) -> str:
    at = services().clock()
    held = _load(call_id, at=at)
    turns = sorted(g.store.find(Query(Turn, {"call": call_id})).records, key=lambda turn: turn.n)
    asked = sorted(g.store.find(Query(HelpRequest, {"call": call_id})).records, key=lambda r: r.asked_at)
    organisation = organisation_of(g.store, at=at)
    view = {"call": held, "turns": turns, "requests": asked, "organisation": organisation, "now": at}
    return render_template("call.html", **view, **written(typed))


def _load(call_id: str, *, at: datetime) -> Call:
    try:
        stored = g.store.get(Call, checked_id(call_id))
    except (ValueError, InvalidDocument):
        abort(404)
    if stored is None or not stored.record.is_kept(at):
        abort(404)
    held: Call = stored.record
    return held
