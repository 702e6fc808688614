"""The doors that speak JSON: method and media type, then who asks, then what; and one shape for every refusal.

{"error": {"code": "not_found", "message": "There is no such call."}}
"""

import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from functions.context import Context
from functions.identity import IdentityUnavailable, NotSignedIn, Visitor
from functions.rooms import RoomNotOpened
from holdline.errors import InvalidDocument, StoreError

log = logging.getLogger(__name__)

BODY_LIMIT = 4096

STATUS = {
    "bad_request": 400,
    "not_signed_in": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "unsupported_media_type": 415,
    "too_many_calls": 429,
    "internal": 500,
    "unavailable": 503,
}


class Refused(Exception):
    """The request is not granted; code and message are what the asker is told."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class Body(BaseModel):
    """What a request asks for: exactly these fields, of exactly these types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


B = TypeVar("B", bound=Body)


def respond(
    request: Request,
    context: Context,
    kind: type[B],
    compute: Callable[[B, Visitor, Context], dict[str, Any]],
) -> Response:
    try:
        _guard(request)
        visitor = _verify(request, context)
        return _json(compute(_body(request, kind), visitor, context), 200)
    except Refused as refusal:
        return refused(refusal)
    except (StoreError, RoomNotOpened, IdentityUnavailable) as error:
        log.error("a request failed: %s", type(error).__name__)
        return refused(Refused("unavailable", "Something that we need does not answer. Please try again soon."))
    except InvalidDocument as error:
        log.error("a request met a broken document in %s", error.path.split("/")[0])
        return refused(Refused("internal", "A document of ours is broken. It has to be repaired first."))


def refused(refusal: Refused) -> Response:
    response = _json({"error": {"code": refusal.code, "message": refusal.message}}, STATUS[refusal.code])
    if refusal.code == "method_not_allowed":
        response.headers["Allow"] = "POST"
    if refusal.code == "not_signed_in":
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _guard(request: Request) -> None:
    if request.method != "POST":
        raise Refused("method_not_allowed", "Use POST.")
    if request.mimetype != "application/json":
        raise Refused("unsupported_media_type", "Send application/json.")


def _verify(request: Request, context: Context) -> Visitor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("not_signed_in", "Send a Firebase ID token as a Bearer token.")
    try:
        return context.identity.verify(token.strip())
    except NotSignedIn:
        raise Refused("not_signed_in", "The token is not valid, or no longer. Sign in again.") from None


def _body(request: Request, kind: type[B]) -> B:
    if (request.content_length or 0) > BODY_LIMIT or len(request.get_data()) > BODY_LIMIT:
        raise Refused("bad_request", f"The body is longer than {BODY_LIMIT} bytes.")
    try:
        return kind.model_validate_json(request.get_data())
    except ValidationError as error:
        problems = (f"{'.'.join(str(part) for part in e['loc']) or 'body'}: {e['msg']}" for e in error.errors())
        raise Refused("bad_request", "; ".join(problems)) from None


def _json(document: dict[str, Any], status: int) -> Response:
    return Response(
        json.dumps(document), status=status, mimetype="application/json", headers={"Cache-Control": "no-store"}
    )
