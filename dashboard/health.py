"""Whether the process is up, and whether it can do its work."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from dashboard.services import services
from holdline.errors import Unavailable
from holdline.people import PhoneNumber

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def up() -> ResponseReturnValue:
    return "up\n", 200, {"Content-Type": "text/plain"}


@blueprint.get("/ready")
def ready() -> ResponseReturnValue:
    try:
        services().database.platform.get(PhoneNumber, "+10000000")
    except Unavailable:
        return "storage does not answer\n", 503, {"Content-Type": "text/plain"}
    return "ready\n", 200, {"Content-Type": "text/plain"}
