"""Every Cloud Function behind one port, each as its own functions-framework app, called as production would call it.

HTTP functions answer below /<name>. The Firestore emulator delivers its events below /functions/projects/ and encodes
their bodies in base64, which production does not: the bridge undoes that and hands them on.
"""

import base64
import binascii
import json
import urllib.request
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

import functions_framework
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from local.checkout import ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HTTP_FUNCTIONS = ("twilio_voice", "twilio_status", "livekit_webhook", "create_room", "join_token")
# Functions that a written document calls, and the documents that do.
EVENT_FUNCTIONS = {"learn": "orgs/{org}/help_requests/{id}"}

_SOURCE = str(ROOT / "functions" / "main.py")
_LARGEST_EVENT = 2 * 1024 * 1024


def create_app() -> "WSGIApplication":
    """What gunicorn serves. Functions without a name in the address are not found."""
    functions = {f"/{name}": _function(name) for name in HTTP_FUNCTIONS}
    return DispatcherMiddleware(healthy, {**functions, "/functions/projects": _bridge()})


def healthy(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """200 at the root, which says that all functions could be loaded, and 404 elsewhere."""
    at_root = environ.get("PATH_INFO", "/") in ("", "/")
    return Response("Holdline's functions\n" if at_root else "", status=200 if at_root else 404)(
        environ, start_response
    )


def register_triggers(*, project: str, firestore_host: str) -> None:
    """Tell the Firestore emulator which documents call which function."""
    for name, document in EVENT_FUNCTIONS.items():
        trigger = {
            "eventType": "google.cloud.firestore.document.v1.written",
            "database": "(default)",
            "namespace": "(default)",
            "document": {"value": document, "matchType": "PATH_PATTERN"},
        }
        request = urllib.request.Request(
            f"http://{firestore_host}/emulator/v1/projects/{project}/eventarcTrigger?eventarcTriggerId={name}",
            data=json.dumps(trigger).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - our own emulator
            pass


def _function(name: str) -> "WSGIApplication":
    app: WSGIApplication = functions_framework.create_app(target=name, source=_SOURCE)  # type: ignore[no-untyped-call]
    return app


def _bridge() -> "WSGIApplication":
    """The emulator posts to <project>/triggers/<function>."""
    functions = {name: _function(name) for name in EVENT_FUNCTIONS}

    def deliver(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        function = functions.get(environ["PATH_INFO"].rpartition("/triggers/")[2])
        if function is None:
            return Response(status=404)(environ, start_response)
        try:
            length = min(int(environ.get("CONTENT_LENGTH") or 0), _LARGEST_EVENT)
            body = base64.b64decode(environ["wsgi.input"].read(length), validate=True)
        except (ValueError, binascii.Error):
            return Response("The body is not base64.\n", status=400)(environ, start_response)
        as_production = {"PATH_INFO": "/", "SCRIPT_NAME": "", "CONTENT_LENGTH": str(len(body))}
        return function({**environ, **as_production, "wsgi.input": BytesIO(body)}, start_response)

    return deliver
