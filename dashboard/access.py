"""Signing in and out, and the check that stands before every page of an organisation."""

import logging
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.failures import SAYS
from dashboard.identity import (
    SESSION_LASTS,
    IdentityUnavailable,
    NoAccess,
    NotSignedIn,
    SignedIn,
    TooManyTries,
    WrongCredentials,
)
from dashboard.services import services
from holdline.logs import about

log = logging.getLogger(__name__)

COOKIE = "holdline_session"

blueprint = Blueprint("access", __name__)


@blueprint.get("/sign-in")
def sign_in() -> str | AnyResponse:
    next_page = _local(request.args.get("next"))
    if current_person() is not None:
        return redirect(next_page)
    return render_template("sign_in.html", next_page=next_page)


@blueprint.post("/sign-in")
def do_sign_in() -> AnyResponse | tuple[str, int]:
    s = services()
    email = request.form.get("email", "").strip()
    password = request.form.get("password", "")
    next_page = _local(request.form.get("next"))
    key = f"{request.remote_addr} {email.casefold()}"
    try:
        if not email or not password:
            raise WrongCredentials
        if not s.sign_ins.admits(key, at=s.clock()):
            raise TooManyTries
        cookie = s.identity.sign_in(email, password)
    except (WrongCredentials, NoAccess, TooManyTries, IdentityUnavailable) as refusal:
        status = {WrongCredentials: 401, NoAccess: 403, TooManyTries: 429}.get(type(refusal), 503)
        return render_template("sign_in.html", problem=str(refusal), email=email, next_page=next_page), status
    s.sign_ins.forgive(key)
    response = redirect(next_page, code=303)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=SESSION_LASTS,
        httponly=True,
        samesite="Lax",
        secure=s.settings.dashboard_url.startswith("https:"),
    )
    return response


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """Ends every session of the account, on every device."""
    try:
        services().identity.sign_out(request.cookies.get(COOKIE, ""))
    except IdentityUnavailable:
        log.warning("a sign-out could not be told to the identity provider; it holds in that browser alone")
    session.clear()
    response = redirect(url_for("access.sign_in"), code=303)
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response


def current_person(*, is_reading: bool | None = None) -> SignedIn | None:
    """Who the request comes from, as the identity provider knows them now; raises IdentityUnavailable.

    What only reads, which its method tells unless it is said, goes on while the provider does not answer; what changes
    something does not.
    """
    if is_reading is None:
        is_reading = request.method in ("GET", "HEAD")
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    identity = services().identity
    try:
        try:
            return identity.signed_in(cookie, current=True)
        except IdentityUnavailable:
            if not is_reading:
                raise
            return identity.signed_in(cookie, current=False)
    except NotSignedIn:
        return None


def require_person() -> AnyResponse | None:
    """Put the person and their organisation's store into `g`, or send the browser to the sign-in page."""
    person = current_person()
    if person is None:
        return _to_sign_in(request.full_path.rstrip("?") if request.method == "GET" else url_for("queue.index"))
    g.person = person
    g.store = services().database.for_org(person.org)
    about(call=(request.view_args or {}).get("call_id"), org=person.org)
    return None


def _to_sign_in(next_page: str) -> AnyResponse:
    address = url_for("access.sign_in", next=next_page)
    if "HX-Request" in request.headers:
        words = "Your session is over. Sign in again: what you typed is still here."
        return Response(words, status=401, mimetype="text/plain", headers={"HX-Redirect": address, SAYS: "yes"})
    return redirect(address, code=303)


def _local(address: str | None) -> str:
    """A page of ours, or the queue: nobody is sent elsewhere by a link to the sign-in page."""
    parts = urlsplit(address or "")
    if not address or parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\")):
        return url_for("queue.index")
    return address
