"""What the line knows: every entry, and who taught it. To be read; entries are edited elsewhere."""

from flask import Blueprint, g, render_template, request

from dashboard.access import require_person
from dashboard.organisation import organisation_of
from dashboard.services import services
from holdline.knowledge.entry import KnowledgeEntry
from holdline.store import Query

ENTRIES_SHOWN = 1000

blueprint = Blueprint("library", __name__)
blueprint.before_request(require_person)


@blueprint.get("/knowledge")
def knowledge() -> str:
    at = services().clock()
    found = g.store.find(Query(KnowledgeEntry, order_by="updated_at", descending=True, limit=ENTRIES_SHOWN))
    wanted = request.args.get("q", "").strip()
    entries = [entry for entry in found.records if wanted.casefold() in f"{entry.question} {entry.answer}".casefold()]
    organisation = organisation_of(g.store, at=at)
    return render_template(
        "knowledge.html", entries=entries, invalid=found.invalid, wanted=wanted, organisation=organisation, now=at
    )
