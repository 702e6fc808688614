"""Can documents be read and written, does every query have its index, and are strangers refused?"""

import asyncio
import json
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx

from cli.checks.asking import no_answer
from cli.checks.blocking import blocking
from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject
from holdline.call import Call
from holdline.errors import InvalidDocument, NoCredentials, NotFound, StoreError
from holdline.help_request import HelpRequest
from holdline.people import PhoneNumber
from holdline.records import Record
from holdline.store import Query, Remark, Store
from local.checkout import ROOT

NO_NUMBER = "+10000000"
"""Nobody can have it, so there is no document of that name."""
NO_ORG = "holdline-doctor"
GOOGLE = "https://firestore.googleapis.com"
DEPLOY_RULES = "`firebase deploy --only firestore:rules`"
DEPLOY_INDEXES = "`firebase deploy --only firestore:indexes`"

QUERIED: tuple[type[Record], ...] = (Call, HelpRequest)
"""The kinds that have composite indexes."""


async def answers(subject: Subject) -> Answer:
    try:
        await blocking(lambda: subject.database().platform.get(PhoneNumber, NO_NUMBER))
    except InvalidDocument:
        pass
    except StoreError as error:
        return _why_not(error, subject)
    return Fine(f"project {subject['GOOGLE_CLOUD_PROJECT']} is read")


async def writes(subject: Subject) -> Answer:
    """A write that is permitted and then finds nothing to write to: it leaves nothing behind."""
    try:
        store = subject.database().platform
        await blocking(lambda: store.commit(Remark(PhoneNumber, NO_NUMBER, None)))
    except NotFound:
        return Fine("writes are permitted")
    except StoreError as error:
        return _why_not(error, subject)
    return Fault(f"there is a document phone_numbers/{NO_NUMBER}", "Delete it: no such number can be called.")


async def indexes(subject: Subject) -> Answer:
    """Asks Firestore one query for each index that is to be deployed; it refuses those that have none."""
    if subject.is_local:
        return NotChecked("the emulator needs none")
    try:
        wanted = json.loads((ROOT / "firestore.indexes.json").read_text())["indexes"]
    except FileNotFoundError:
        return NotChecked("firestore.indexes.json is not here: run it from a checkout")
    store = subject.database().for_org(NO_ORG)
    queries = [query_for(index) for index in wanted]
    refused = await asyncio.gather(*(blocking(partial(_refusal, store, query)) for query in queries))
    lacking = [
        f"{query.kind.collection} by {', '.join([*query.where, str(query.order_by)])}"
        for query, refusal in zip(queries, refused, strict=True)
        if refusal and "index" in refusal.lower()
    ]
    if lacking:
        building = "; one that is being built is ready in some minutes" if _is_building(refused) else ""
        return Fault(f"no index for {'; '.join(lacking)}", f"Deploy them: {DEPLOY_INDEXES}{building}.")
    if any(refused):
        return Fault("a query was not answered", "Run it again; if it stays, see the status of Firestore.")
    return Fine(f"{len(queries)} composite indexes serve their queries")


async def strangers(subject: Subject) -> Answer:
    """As a browser would knock that nobody signed in to; a write that could succeed would find nothing to write to."""
    emulator = subject.settings.get("FIRESTORE_EMULATOR_HOST")
    base = f"http://{emulator}" if emulator else GOOGLE
    documents = f"{base}/v1/projects/{quote(subject['GOOGLE_CLOUD_PROJECT'])}/databases/(default)/documents"
    of_org = f"{documents}/orgs/{NO_ORG}/help_requests"
    knocks = {
        "read": subject.http.get(f"{documents}/phone_numbers/{quote(NO_NUMBER)}"),
        "list": subject.http.get(of_org, params={"pageSize": "1"}),
        "write": subject.http.patch(f"{of_org}/none", params={"currentDocument.exists": "true"}, json={"fields": {}}),
    }
    try:
        replies = dict(zip(knocks, await asyncio.gather(*knocks.values()), strict=True))
    except httpx.HTTPError as error:
        return no_answer(error, whom="Firestore", setting="its REST address", remedy="Try again in a minute.")
    admitted = [verb for verb, reply in replies.items() if reply.status_code not in (401, 403)]
    if admitted:
        return Fault(
            f"whoever is not signed in may {', '.join(admitted)}", f"Deploy the rules at once: {DEPLOY_RULES}."
        )
    return Fine("the rules refuse whoever is not signed in")


def query_for(index: dict[str, Any]) -> Query[Any]:
    """A query that only this index serves, and that no document meets; raises KeyError for a collection not known here.

    Equality alone would be served by the indexes of single fields, so the last field is what it is ordered by.
    """
    kind = {kind.collection: kind for kind in QUERIED}[index["collectionGroup"]]
    *equal, last = index["fields"]
    return Query(
        kind,
        dict.fromkeys([field["fieldPath"] for field in equal], NO_ORG),
        order_by=last["fieldPath"],
        descending=last["order"] == "DESCENDING",
        limit=1,
    )


def _refusal(store: Store, query: Query[Any]) -> str | None:
    try:
        store.find(query)
    except StoreError as error:
        return str(error)
    return None


def _is_building(refusals: list[str | None]) -> bool:
    return any(refusal and "currently building" in refusal for refusal in refusals)


def _why_not(error: Exception, subject: Subject) -> Fault:
    text = str(error)
    project = subject["GOOGLE_CLOUD_PROJECT"]
    if isinstance(error, NoCredentials):
        return Fault(
            "there are no Google credentials here",
            "Run `gcloud auth application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS.",
        )
    if "metadata from plugin" in text:  # gRPC asked the credentials for a token, and they had none
        return Fault(
            "Google accepts these credentials no longer",
            "Run `gcloud auth application-default login` again, or name a valid key in GOOGLE_APPLICATION_CREDENTIALS.",
        )
    if "has not been used in project" in text or "it is disabled" in text:
        return Fault(
            f"Firestore is switched off in {project}",
            f"Run `gcloud services enable firestore.googleapis.com --project {project}`.",
        )
    if "403" in text or "permission" in text.lower():
        return Fault(
            f"these credentials may not use the documents of {project}",
            "Grant their account roles/datastore.user in that project.",
        )
    if "404" in text or "does not exist" in text:
        return Fault(
            f"project {project} has no Firestore database",
            f"Correct GOOGLE_CLOUD_PROJECT, or run `gcloud firestore databases create --project {project}`.",
        )
    if subject.is_local:
        return Fault(
            "the emulator does not answer at FIRESTORE_EMULATOR_HOST",
            "Start the stack (`make demo`), or take FIRESTORE_EMULATOR_HOST out of the settings to use Google's.",
        )
    return Fault("Firestore does not answer", "See https://status.cloud.google.com and the network of this machine.")


CHECKS = (
    Check(
        "firestore.reads",
        "documents can be read",
        answers,
        needs=("network.names",),
        settings=("GOOGLE_CLOUD_PROJECT",),
    ),
    Check("firestore.writes", "documents can be written", writes, needs=("firestore.reads",)),
    Check("firestore.rules", "security rules", strangers, needs=("firestore.reads",)),
    Check("firestore.indexes", "composite indexes", indexes, needs=("firestore.reads",)),
)
