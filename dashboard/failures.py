"""The pages for what went wrong, each with a way on."""

from http import HTTPStatus

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from dashboard.identity import IdentityUnavailable
from holdline.errors import Unavailable

SAYS = "Holdline-Says"
"""Marks words of ours, which a script shows; a proxy's are for nobody who answers callers."""
_WORDS = {
    400: ("That did not arrive whole", "Go back, load the page again and try once more."),
    404: ("There is no such page", "It may have moved, or it belongs to another organisation."),
    405: ("There is no such page", "It may have moved, or it belongs to another organisation."),
    413: ("That is too much at once", "The text is longer than we can take."),
    500: ("Something broke on our side", "It was noted. Your callers are not affected by this page."),
}


def explain(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(Unavailable, _storage_is_away)
    app.register_error_handler(IdentityUnavailable, _identity_is_away)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    title, words = _WORDS.get(status, (HTTPStatus(status).phrase, "Go back and try once more."))
    return _page(title, words, status)


def _form_too_old(error: CSRFError) -> ResponseReturnValue:
    return _page("This page was open for too long", "Load it again, then repeat what you did.", 400)


def _storage_is_away(error: Unavailable) -> ResponseReturnValue:
    words = "Our storage does not answer. Calls that are on go on; load the page again in a moment."
    return _page("We cannot look right now", words, 503)


def _identity_is_away(error: IdentityUnavailable) -> ResponseReturnValue:
    return _page("Signing in does not work right now", "Nothing was done: try again in a moment.", 503)


def _page(title: str, words: str, status: int) -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        return f"{title}. {words}", status, {"Content-Type": "text/plain; charset=utf-8", SAYS: "yes"}
    return render_template("failure.html", title=title, words=words), status
