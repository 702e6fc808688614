"""Every Cloud Function behind one port, each as its own functions-framework app, called as production would call it.

Each answers at /<name>. The Firestore emulator delivers its events at /functions/projects/<project>/triggers/<name>
instead, and encodes their bodies in base64, which production does not: that is undone before they are handed on.
"""

import base64
import binascii
import json
import urllib.request
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

import functions_framework
from werkzeug.wrappers import Response

from local.checkout import ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HTTP_FUNCTIONS = (
    "twilio_voice",
    "twilio_status",
    "twilio_message",
    "livekit_webhook",
    "create_room",
    "join_token",
    "sweep",
)
# Functions that a written document calls, and the documents that do.
EVENT_FUNCTIONS = {"learn": "orgs/{org}/help_requests/{id}", "send_texts": "orgs/{org}/help_requests/{id}"}

SOURCE = str(ROOT / "functions" / "main.py")
_DELIVERIES = "/functions/projects/"
_LARGEST_EVENT = 2 * 1024 * 1024


def create_app(source: str = SOURCE) -> "WSGIApplication":
    """What gunicorn serves. The root answers 200, which says that all functions could be loaded."""
    functions = {name: _function(name, source) for name in (*HTTP_FUNCTIONS, *EVENT_FUNCTIONS)}

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/":
            return Response("Holdline's functions\n")(environ, start_response)
        delivered = path.startswith(_DELIVERIES)
        name, _, rest = path.rpartition("/triggers/")[2].partition("/") if delivered else path[1:].partition("/")
        function = functions.get(name)
        if function is None:
            return Response(status=404)(environ, start_response)
        as_production = {**environ, "PATH_INFO": f"/{rest}"}
        if delivered:
            try:
                as_production |= _decoded_body(environ)
            except (ValueError, binascii.Error):
                return Response("The body is not base64.\n", status=400)(environ, start_response)
        return function(as_production, start_response)

    return serve


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


def _function(name: str, source: str) -> "WSGIApplication":
    app: WSGIApplication = functions_framework.create_app(target=name, source=source)  # type: ignore[no-untyped-call]
    return app


def _decoded_body(environ: "WSGIEnvironment") -> dict[str, object]:
    length = min(int(environ.get("CONTENT_LENGTH") or 0), _LARGEST_EVENT)
    body = base64.b64decode(environ["wsgi.input"].read(length), validate=True)
    return {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
