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
    """One organisation's broken watch is on its own page; here it counts when none is left that lives."""
    s = services()
    watching = s.hub.watching(at=s.clock())
    reasons = ["no watch is live"] if watching.is_deaf else []
    try:
        s.database.platform.get(PhoneNumber, "+10000000")
    except Unavailable:
        reasons.append("storage does not answer")
    watches = {"open": watching.open, "live": watching.live}
    reply = {"ready": not reasons, "reasons": reasons, "watches": watches}
    return reply, 503 if reasons else 200, {"Cache-Control": "no-store"}
