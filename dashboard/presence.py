"""The switch between "At the desk" and "Away", which callers hear of: where nobody is there, they are told so."""

from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.access import require_person
from dashboard.services import services
from holdline.errors import Unavailable

blueprint = Blueprint("presence", __name__)
blueprint.before_request(require_person)

SIDES = {"yes": True, "no": False}


@blueprint.post("/presence")
def switch() -> ResponseReturnValue:
    goes = SIDES.get(request.form.get("is_away", ""))
    if goes is None:
        abort(HTTPStatus.BAD_REQUEST)
    s, has_script = services(), "HX-Request" in request.headers
    try:
        s.attendance.say(g.person.org, g.person.ref, is_away=goes, at=s.clock())
        s.hub.look_again(g.person.org)
    except Unavailable:
        if not has_script:
            raise
        problem = "Our storage does not answer: nothing was changed."
        shown = render_template("_presence.html", is_away=is_away(s.clock()), problem=problem)
        return shown, HTTPStatus.SERVICE_UNAVAILABLE, {"HX-Retarget": "#presence"}
    if not has_script:
        return redirect(url_for("queue.index"), code=HTTPStatus.SEE_OTHER)
    return render_template("_presence.html", is_away=goes)


def is_away(at: datetime) -> bool:
    """Whether the person who is signed in has said so, as far as is known."""
    seen = services().attendance.of(g.person.org, at=at)
    return seen is not None and any(one.uid == g.person.uid for one in seen.away)
