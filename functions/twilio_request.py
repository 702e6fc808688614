"""Is it Twilio who asks? Every webhook of Twilio's passes here before anything else is looked at."""

from flask import Request
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import Forbidden, MethodNotAllowed

from holdline.settings import FunctionsSettings


def verified_form(request: Request, settings: FunctionsSettings, *, target: str) -> MultiDict[str, str]:
    """The form that Twilio signed; raises MethodNotAllowed, and Forbidden for whoever else it was.

    Twilio signs over the address that it was given, which is ours to know: a Host or forwarding header is the
    sender's to choose.
    """
    if request.method != "POST":
        raise MethodNotAllowed(["POST"])
    signature = request.headers.get(SIGNATURE_HEADER)
    # A body that is no form would not be covered by the signature.
    if not signature or request.mimetype != "application/x-www-form-urlencoded":
        raise Forbidden
    query = request.query_string.decode("latin-1")
    url = f"{settings.functions_url.rstrip('/')}/{target}" + (f"?{query}" if query else "")
    # One name may come with several values, and the signature is over all of them.
    if not RequestValidator(settings.twilio_auth_token.get_secret_value()).validate(url, request.form, signature):
        raise Forbidden
    return request.form
