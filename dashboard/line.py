"""The page on which a visitor with a microphone calls the line. Public: nobody signs in here."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify, render_template, request, session
from flask.typing import ResponseReturnValue

from dashboard.identity import IdentityUnavailable
from dashboard.services import services
from dashboard.switchboard import CallRefused

RENEW_BEFORE = timedelta(minutes=5)
_STATUS = {"no_such_line": 404, "not_signed_in": 401, "line_busy": 409}

blueprint = Blueprint("line", __name__)


@blueprint.get("/call")
@blueprint.get("/call/<number>")
def page(number: str | None = None) -> str:
    return render_template("line.html", number=number or services().settings.call_page_number or "")


@blueprint.post("/call")
def ring() -> ResponseReturnValue:
    """A pass into a new call, as JSON for the page's script."""
    s = services()
    number = "".join(request.form.get("number", "").split())
    # Before anything else: each call of a stranger costs an anonymous account and a room.
    if not s.web_calls.admits(str(request.remote_addr), at=s.clock()):
        words = "There were many calls from your address just now. Wait a minute, then call again."
        return jsonify(reason="too_many", words=words), 429
    try:
        passed = s.switchboard.ring(number, token=_visitor_token())
    except CallRefused as refusal:
        if refusal.reason == "not_signed_in":
            session.pop("visitor", None)
        return jsonify(reason=refusal.reason, words=str(refusal)), _STATUS.get(refusal.reason, 503)
    except IdentityUnavailable:
        words = "Calls cannot be placed from here right now. Please try again in a moment."
        return jsonify(reason="out_of_order", words=words), 503
    return Response(passed.model_dump_json(), mimetype="application/json")


def _visitor_token() -> str:
    """The visitor's anonymous ID token, kept in their signed cookie for as long as it is good."""
    now = services().clock()
    kept = session.get("visitor")
    if kept is None or datetime.fromisoformat(kept["expires_at"]) <= now + RENEW_BEFORE:
        fresh = services().identity.visitor()
        kept = session["visitor"] = {"token": fresh.token, "expires_at": fresh.expires_at.isoformat()}
    return str(kept["token"])
